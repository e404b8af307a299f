"""The page of a study: one HTML file that holds everything and needs neither a network nor JavaScript."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.cells.search import search_sentence
from reports.cells.summary import WORDS
from reports.figures.drawn import Drawn
from reports.figures.further.save import Further
from reports.pages.best_cell import best_sentences
from reports.pages.cell_trials import metric_of, trials_by_cell
from reports.pages.web import MOST_CLAIMS, fill, inline_svg, picture
from reports.statistics.verdicts import p_text
from reports.study_report import StudyReport

MOST_NAMED = 24
"""The most trials without a result that are named; of the others the page gives the number."""


def write_page(
    path: Path,
    report: StudyReport,
    drawn: Drawn,
    svg: str,
    forest: Path | None = None,
    further: Sequence[Further] = (),
) -> Path:
    """Write the page, and return its path: first the answer, then the figure, the numbers and their provenance.

    ``forest`` is the picture of all claims, and ``further`` are the figures that were saved beside it.
    """
    table = report.every_trial
    return fill(
        "report.html.j2",
        path,
        report=report,
        verdicts=report.verdicts,
        best=best_sentences(report),
        most_claims=MOST_CLAIMS,
        drawn=drawn,
        forest=picture(forest) if forest else None,
        figure=inline_svg(svg),
        further=[(one, picture(path.parent / f"{one.name}.svg") if one.figure else None) for one in further],
        rows=_rows(report, drawn),
        trials=table.to_dict("records"),
        failed=table[table["state"] == "failed"].to_dict("records"),
        waiting=table[table["state"] == "waiting"].to_dict("records"),
        states=report.states,
        words=WORDS,
        most_named=MOST_NAMED,
        p_text=p_text,
        chosen=_chosen(report),
        search_sentence=search_sentence,
    )


def _chosen(report: StudyReport) -> list[tuple[str, list[str]]]:
    """Pairs of a cell's or baseline's name and its chosen values: a text for each tuned setting, in the order of the
    seeds."""
    return [(str(name), texts) for name, *texts in report.chosen_texts.itertuples(name=None)]


@dataclass(frozen=True)
class Cell:
    """A cell of the page's table, with the trials behind it."""

    text: str
    bold: bool
    metric: str
    trials: list[dict[str, Any]]


def _rows(report: StudyReport, drawn: Drawn) -> list[tuple[str, list[Cell]]]:
    """The rows of the page's table: the name of each, and its cells."""
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
