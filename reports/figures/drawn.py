"""What the function of a figure kind returns, and the call of that function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd
from matplotlib.figure import Figure

from reports.figures.short_names import with_short_names
from reports.kinds import drawing_function
from reports.study_report import StudyReport
from reports.tables.blocks import Block

SHORTENED = "Names with … are shortened; the table has them whole."


@dataclass(frozen=True)
class Drawn:
    """What was drawn of a study."""

    figure: Figure
    texts: pd.DataFrame
    """The table's cells as text."""
    corner: str
    """Above the names of its rows."""
    data: pd.DataFrame
    """Enough to draw the figure again."""
    findings: list[str]
    """What the figure says, in sentences."""
    caption: str = ""
    """What is drawn and how it differs from the paper's setting; plain text, a paragraph."""
    rows: list[str] = field(default_factory=list)
    """The axes that name the table's rows; see ``trials_by_cell``."""
    columns: str | None = None
    """The axis whose values are the table's columns."""
    bold: pd.DataFrame | None = None
    """Which cells of ``texts`` are the best."""
    blocks: Callable[[bool], Sequence[Block]] | None = None
    """Of a table that is set as one, by whether a spread is under its mean; None where ``texts`` are the table."""


def draw(report: StudyReport) -> Drawn:
    """The figure of a study with its numbers, by the kind that its spec names. Long names are short in the figure
    alone."""
    function = drawing_function(report.spec.kind)
    drawn: Drawn = function(report, report.spec)
    short = with_short_names(report)
    if short is report:
        return drawn
    return replace(drawn, figure=function(short, short.spec).figure, caption=f"{drawn.caption} {SHORTENED}")
