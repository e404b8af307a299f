"""Pictures of the arrays that trials leave: an embedding, eigenvalues, views, histograms, neighbours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from reports.cells.arrays import PANEL, TrialArrays, chosen_trials
from reports.cells.metric_names import label_of
from reports.cells.summary import summarise
from reports.figures.drawn import Drawn
from reports.figures.pictures.embedding import embedding_data, embedding_figure
from reports.figures.pictures.example_views import example_views_data, example_views_figure
from reports.figures.pictures.histograms import histograms_data, histograms_figure
from reports.figures.pictures.panels import SIZE, WIDTH, PicturePanel, draw_missing, make_panel
from reports.figures.pictures.retrieval import retrieval_data, retrieval_figure
from reports.figures.pictures.spectrum import spectrum_data, spectrum_figure
from reports.paper.numbers import PaperNumbers, beginning
from reports.specs import PicturesReport
from reports.study_report import StudyReport
from reports.style import set_heading
from reports.tables.texts import mean_text


@dataclass(frozen=True)
class Picture:
    """The functions that draw the arrays of a protocol. They also take the paper's numbers, if there are any."""

    figure: Callable[[Sequence[PicturePanel], PaperNumbers | None], Figure]
    """The function that draws all panels."""
    data: Callable[[Sequence[PicturePanel], PaperNumbers | None], pd.DataFrame]
    """The function that returns the numbers of the panels that have something to draw."""
    caption: str
    """Sentences on what is drawn."""


PICTURES = {
    "tsne": Picture(
        lambda panels, paper: embedding_figure(panels),
        lambda panels, paper: embedding_data(panels),
        "t-SNE of the representations of test images; colour and marker are an image's class. The silhouettes, from "
        "-1 to 1 and higher where classes lie apart, are ours: the paper publishes no number here.",
    ),
    "spectrum": Picture(
        spectrum_figure,
        spectrum_data,
        "Squares of the real parts of the eigenvalues of the linear projection head, sorted. Where W is not as wide "
        "as the paper's, ranks are from 0 to 1 and eigenvalues are divided by the largest, so that shapes compare.",
    ),
    "example_views": Picture(
        lambda panels, paper: example_views_figure(panels),
        lambda panels, paper: example_views_data(panels),
        "A training image under the augmentations that the paper studies, each with the settings of the policies, "
        "which the paper does not give for its own picture. The pixels are in data.npz.",
    ),
    "colour_histograms": Picture(
        lambda panels, paper: histograms_figure(panels),
        lambda panels, paper: histograms_data(panels),
        "Crops of two images (the rows) and histograms of their pixel values over all channels, on one range. The "
        "paper shows the histograms alone. The crops' pixels are in data.npz.",
    ),
    "retrieval": Picture(
        lambda panels, paper: retrieval_figure(panels),
        lambda panels, paper: retrieval_data(panels),
        "Test images and the training images whose representations are most similar. The pixels are in data.npz.",
    ),
}
"""The pictures, by the protocol that leaves the arrays."""
NOTHING = "Nothing has been left to draw yet."


def draw_pictures(report: StudyReport, spec: PicturesReport) -> Drawn:
    """Draws a panel for each value of ``spec.panels``. A panel without a result says why it has none."""
    chosen = chosen_trials(report.table, spec.panels)
    panels = [
        make_panel(title, row, report.arrays.get(row["trial_id"], TrialArrays({}))) for title, row in chosen.items()
    ]
    protocol = next((panel.left.protocol for panel in panels if not panel.missing), "")
    panels = [_of_protocol(panel, protocol) for panel in panels]
    paper, picture = report.paper, PICTURES.get(protocol)
    figure = picture.figure(panels, paper) if picture else _empty_figure(panels)
    set_heading(figure, report.heading, 11)
    drawable = [panel for panel in panels if not panel.missing]
    data = picture.data(drawable, paper) if picture else pd.DataFrame(columns=[PANEL])
    texts = _texts(report.table, spec.panels, sorted({name for panel in drawable for name in panel.metrics}))
    told = [picture.caption, _seeds(chosen), _setting(report, paper), report.circumstances] if picture else [NOTHING]
    caption = " ".join(filter(None, told))
    findings, rows = _findings(report, spec.panels, panels), [spec.panels] if spec.panels else []
    return Drawn(figure, texts, spec.panels or "", data, findings, caption, rows)


def single_picture(row: Mapping[Any, Any], left: TrialArrays) -> Figure:
    """The picture of a single trial.

    ``row`` is the trial's row in the table of results. The protocol of its arrays must be in ``PICTURES``.
    """
    return PICTURES[left.protocol].figure([make_panel("", row, left)], None)


def _of_protocol(panel: PicturePanel, protocol: str) -> PicturePanel:
    if panel.missing or panel.left.protocol == protocol:
        return panel
    return replace(panel, missing=f"is of {panel.left.protocol}, and the other panels are of {protocol}")


def _empty_figure(panels: Sequence[PicturePanel]) -> Figure:
    figure = Figure(figsize=(WIDTH, 0.4 * WIDTH), layout="constrained")
    for ax, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        ax.set_title(panel.title, loc="center", fontsize=SIZE)
        draw_missing(ax, panel)
    return figure


def _seeds(chosen: Mapping[str, Mapping[str, Any]]) -> str:
    seeds = sorted({str(row["seed"]) for row in chosen.values() if row["state"] == "done"})
    return f"Drawn of seed {' and '.join(seeds)}."


def _setting(report: StudyReport, paper: PaperNumbers | None) -> str:
    """Sentences on the setting here and in the paper."""
    here = f"Here: {report.scale_description or f'{report.scale} scale'}."
    return f"{here} {beginning(paper.whose)} {paper.title}: {paper.setting}." if paper else here


def _texts(table: pd.DataFrame, axis: str | None, metrics: Sequence[str]) -> pd.DataFrame:
    """The mean of each metric over the seeds of a panel, with its spread, as text."""
    table = table.assign(**{PANEL: table[axis] if axis else "all"})
    summaries = {label_of(name): summarise(table, [PANEL], name) for name in metrics}
    index = pd.Index(list(dict.fromkeys(table.loc[table["baseline"] == "", PANEL])))
    return pd.DataFrame({label: _cells(summary) for label, summary in summaries.items()}, index=index)


def _cells(summary: pd.DataFrame) -> dict[str, str]:
    digits = ".1f" if summary["mean"].abs().max() >= 10 else ".3f"
    values = zip(summary[PANEL], summary["mean"], summary["spread"], strict=True)
    return {str(panel): mean_text(mean, spread, digits) for panel, mean, spread in values}


def _findings(report: StudyReport, axis: str | None, panels: Sequence[PicturePanel]) -> list[str]:
    """Sentences on the metric of each panel over all seeds, and on panels without a picture."""
    texts = _texts(report.table, axis, [report.metric])[report.metric_label]
    known = [f"{panel} {text}" for panel, text in texts.items() if text]
    findings = [f"{report.metric_label}: {'; '.join(known)}."] if known else [NOTHING]
    return findings + [f"{panel.title or 'The picture'}: {panel.missing}." for panel in panels if panel.missing]
