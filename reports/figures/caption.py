"""The caption of a figure: what is drawn, over how many seeds, and how the paper's setting differs."""

from collections.abc import Iterable

import pandas as pd

from reports.cells.metric_names import label_of
from reports.cells.names import axis_name
from reports.cells.search import search_sentence
from reports.cells.summary import HERE, PAPER, of
from reports.paper.numbers import PaperNumbers, beginning
from reports.study_report import StudyReport

SETTING = {
    "data.name": "data {}",
    "data.subset": "subset {}",
    "data.image_size": "{} pixels a side",
    "encoder.name": "encoder {}",
    "encoder.width": "of width {}",
    "epochs": "{} epochs",
    "batch_size": "batches of {}",
}
"""The words for each setting that a caption names, in this order."""
MOST_NAMED = 12
"""The most cells stopped early that a caption names; of the others it gives the number."""
OTHER_DATA = "A number on other data is another quantity: what is compared is order, sign and shape, not height."


def caption(report: StudyReport, data: pd.DataFrame, axes: list[str], drawn: str, spread: str, notes: list[str]) -> str:
    """The caption, one paragraph of plain text.

    ``axes`` are the axes of ``data``. ``drawn`` begins the first sentence, such as "Bars are". ``spread`` names what
    shows a standard deviation, such as "error bars". ``notes`` are sentences on how to read this kind of figure.
    """
    averaged = [axis for axis in report.axes if axis not in axes]
    sentences = [f"{drawn} {_metrics(data)} by {_joined(map(axis_name, axes))}.", _seeds_told(of(data, HERE), spread)]
    if averaged:
        sentences.append(f"Averaged over {_joined(map(axis_name, averaged))} within each seed.")
    sentences += _stopped_told(of(data, HERE), axes)
    if report.search:
        sentences.append(search_sentence(report.search))
    sentences += [*notes, *_beside_the_paper(report, len(of(data, PAPER)) > 0), report.circumstances]
    return " ".join(filter(None, sentences))


def _metrics(data: pd.DataFrame) -> str:
    """The labels of the metrics in the figure."""
    return _joined(map(label_of, dict.fromkeys(data["metric"])))


def _seeds_told(cells: pd.DataFrame, spread: str) -> str:
    seeds = cells.loc[cells["seeds"] > 0, "seeds"]
    if seeds.empty:
        return "No cell has a result yet."
    fewest, most = int(seeds.min()), int(seeds.max())
    if most == 1:
        return "One seed a cell, so its spread is not known."
    n = f"n = {most}" if fewest == most else f"n = {fewest} to {most}"
    return f"Means over seeds, {n}; {spread}: standard deviation over seeds."


def _stopped_told(cells: pd.DataFrame, axes: list[str]) -> list[str]:
    """A sentence with the cells that were stopped early, and their epochs."""
    stopped = cells[cells["state"] == "stopped"].drop_duplicates(axes)
    names = [", ".join(filter(None, map(str, cell))) for cell in stopped[axes].itertuples(index=False, name=None)]
    told = [f"{name} (epoch {epoch:.0f})" for name, epoch in zip(names, stopped["stopped_at"], strict=True)]
    more = [f"{len(told) - MOST_NAMED} more"] if len(told) > MOST_NAMED else []
    return [f"Stopped early, and so without a number: {'; '.join([*told[:MOST_NAMED], *more])}."] if told else []


def _beside_the_paper(report: StudyReport, drawn: bool) -> list[str]:
    """Sentences on the source of the paper's numbers and on how the settings differ."""
    numbers = report.paper
    if numbers is None or not drawn:
        return []
    return [
        f"{beginning(numbers.whose)} numbers: {numbers.title}, {numbers.published_as}; {_closed(numbers.setting)}",
        *map(_closed, numbers.notes),
        *_differences(report, numbers),
    ]


def _differences(report: StudyReport, numbers: PaperNumbers) -> list[str]:
    """Sentences on the settings here, and on other data than the paper's. The axes of the grid are left out: the figure
    shows them."""
    settings = {path: value for path, value in report.settings.items() if path not in report.axes}
    told = [words.format(settings[path]) for path, words in SETTING.items() if path in settings]
    scale = f" ({report.scale} scale)" if report.scale else ""
    papers = "cifar10" if "CIFAR-10" in numbers.setting else "imagenet"
    return [
        *([f"Here{scale}: {', '.join(told)}."] if told else []),
        *([OTHER_DATA] if report.settings.get("data.name", papers) != papers else []),
    ]


def _closed(sentence: str) -> str:
    return sentence if sentence.endswith(".") else f"{sentence}."


def _joined(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
