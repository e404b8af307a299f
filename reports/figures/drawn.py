"""What the function of a figure kind returns, and the call of that function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd
from matplotlib.figure import Figure

from reports.kinds import drawing_function
from reports.study_report import StudyReport
from reports.tables.blocks import Block


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
    """The figure of a study with its numbers, by the kind that its spec names."""
    drawn: Drawn = drawing_function(report.spec.kind)(report, report.spec)
    return drawn
