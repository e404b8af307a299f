"""The result of drawing a study, and the function that draws any kind of figure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd
from matplotlib.figure import Figure

from reports.figures.labels.short_names import with_short_names
from reports.kinds import drawing_function
from reports.study_report import StudyReport
from reports.tables.blocks import Block

SHORTENED = "Names with … are shortened; the table has them whole."


@dataclass(frozen=True)
class Drawn:
    """A figure with its numbers and its texts."""

    figure: Figure
    texts: pd.DataFrame
    """The numbers as a table of texts."""
    corner: str
    """The heading above the names of the table's rows."""
    data: pd.DataFrame
    """The numbers as data: enough to draw the figure again."""
    findings: list[str]
    """Sentences on what the figure shows."""
    caption: str = ""
    """The caption, a paragraph of plain text: what is drawn, and how it differs from the paper's setting."""
    rows: list[str] = field(default_factory=list)
    """The axes that name the table's rows; see ``trials_by_cell``."""
    columns: str | None = None
    """The axis whose values are the table's columns."""
    bold: pd.DataFrame | None = None
    """Whether each cell of ``texts`` is one of the best; None if none is marked."""
    blocks: Callable[[bool], Sequence[Block]] | None = None
    """The function that returns the blocks of a table; its argument says whether a spread is under its mean. None if
    ``texts`` are the table."""


def draw(report: StudyReport) -> Drawn:
    """The figure of a study with its numbers, drawn by the kind in its spec. Long names are shortened in the figure
    only."""
    function = drawing_function(report.spec.kind)
    drawn: Drawn = function(report, report.spec)
    short = with_short_names(report)
    if short is report:
        return drawn
    return replace(drawn, figure=function(short, short.spec).figure, caption=f"{drawn.caption} {SHORTENED}")
