"""The page of a study: one HTML file that holds everything and needs neither a network nor JavaScript."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from reports.blocks import Block
from reports.cells import metric_of, trials_by_cell
from reports.claims import p_text
from reports.series import WORDS
from reports.study_report import StudyReport
from reports.web import fill, inline_svg

MOST_NAMED = 24
"""Trials without a result that are named; of more, how many they are."""


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


def write_page(path: Path, report: StudyReport, drawn: Drawn, svg: str) -> Path:
    """What held first, then the figure, the numbers, and where they come from."""
    table = report.table
    return fill(
        "report.html.j2",
        path,
        report=report,
        verdicts=report.verdicts,
        drawn=drawn,
        figure=inline_svg(svg),
        rows=_rows(report, drawn),
        trials=table.to_dict("records"),
        failed=table[table["state"] == "failed"].to_dict("records"),
        waiting=table[table["state"] == "missing"].to_dict("records"),
        states=report.states,
        words=WORDS,
        most_named=MOST_NAMED,
        p_text=p_text,
    )


@dataclass(frozen=True)
class Cell:
    """Of the page's table."""

    text: str
    bold: bool
    metric: str
    trials: list[dict[str, Any]]


def _rows(report: StudyReport, drawn: Drawn) -> list[tuple[str, list[Cell]]]:
    """By name, as in the table of texts."""
    trials = trials_by_cell(report.table, drawn.texts, drawn.rows, drawn.columns)
    columns = [(column, metric_of(column, report.spec)) for column in map(str, drawn.texts.columns)]
    rows = []
    for number, (name, *texts) in enumerate(drawn.texts.itertuples(name=None)):
        bold = [False] * len(texts) if drawn.bold is None else drawn.bold.iloc[number].tolist()
        cells = [
            Cell(text, best, metric, trials.get((str(name), column), []))
            for text, best, (column, metric) in zip(texts, bold, columns, strict=True)
        ]
        rows.append((str(name), cells))
    return rows
