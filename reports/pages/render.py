"""Write the files of a study's report: figure, table, data and page."""

from functools import partial
from pathlib import Path

import pandas as pd

from reports.cells.arrays import save_arrays
from reports.cells.search import chosen_texts
from reports.cells.summary import HERE
from reports.figures.drawn import Drawn, draw
from reports.figures.forest import save_forest
from reports.figures.further.save import save_further
from reports.pages.study_page import write_page
from reports.paper.numbers import beginning
from reports.specs import PicturesReport, TableReport
from reports.statistics.record import save_record, save_search
from reports.study_report import StudyReport
from reports.style import house_style, save_figure
from reports.tables.latex import latex
from reports.tables.markdown import markdown, plain
from reports.tables.text_blocks import text_blocks


def render(report: StudyReport, folder: Path) -> Path:
    """Write all files of a report to a folder; return the path of the page.

    They are ``figure.{png,svg,pdf,md}``, ``table.{md,tex}``, ``data.csv``, ``trials.csv``, ``verdicts.json`` and
    ``report.html``; also ``forest.{png,svg}`` if there are claims, PNG and SVG files of the further figures of
    ``save_further``, ``right_images.npz`` if the right test images are known, ``data.npz`` for pictures, and
    ``search.csv`` for tuned settings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with house_style(report.texts):
        drawn = draw(report)
        save_figure(drawn.figure, folder, "figure")
        forest = save_forest([("", verdict) for verdict in report.verdicts], report.heading, folder)
        further = save_further(report, folder)
    seeds = f"\n{report.seeds_text}\n" if report.claims else ""
    figure = f"![{plain(report.title)}](figure.png)\n\n{plain(drawn.caption)}\n"
    (folder / "figure.md").write_text(figure + seeds, encoding="utf-8")
    note = f"\n{plain(report.circumstances)}\n" if report.circumstances else ""
    table = markdown(drawn.texts, drawn.corner, drawn.bold) + _chosen_markdown(report)
    (folder / "table.md").write_text(table + note + seeds, encoding="utf-8")
    (folder / "table.tex").write_text(latex_table(report, drawn), encoding="utf-8")
    with_chosen(drawn.data, report).to_csv(folder / "data.csv", index=False, encoding="utf-8")
    save_arrays(report.arrays, folder / "data.npz")
    save_record(report.judged, report.verdicts, folder)
    if report.search:
        save_search(report.search, folder)
    svg = (folder / "figure.svg").read_text(encoding="utf-8")
    return write_page(folder / "report.html", report, drawn, svg, forest, further)


def _chosen_markdown(report: StudyReport) -> str:
    """A Markdown table of the chosen values; empty if nothing is tuned."""
    if report.search is None:
        return ""
    return f"\nChosen values, in the order of the seeds:\n\n{markdown(report.chosen_texts, 'cell')}"


def with_chosen(data: pd.DataFrame, report: StudyReport) -> pd.DataFrame:
    """The cells of a figure, with a column for each tuned setting that has the chosen values; see ``chosen_texts``."""
    axes = [axis for axis in report.axes if axis in data]
    if report.search is None or not axes:
        return data
    grid = report.table[report.table["baseline"] == ""]
    texts = chosen_texts(grid, axes, list(report.search.values)).assign(source=HERE)
    return data.merge(texts, on=["source", *axes], how="left")


def latex_table(report: StudyReport, drawn: Drawn) -> str:
    """The numbers of a figure of any kind as LaTeX, to be ``\\input``."""
    spec, caption = report.spec, report.heading
    if not (isinstance(spec, PicturesReport) or (isinstance(spec, TableReport) and len(spec.metrics) > 1)):
        caption += f": {report.metric_label}"  # several metrics are named in the table itself
    whose = report.paper.whose if report.paper else ""
    blocks = partial(text_blocks, drawn.texts, drawn.corner, drawn.bold, source=f"{beginning(whose)} numbers")
    return latex(drawn.blocks or blocks, f"{caption}.", whose)
