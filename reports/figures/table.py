"""Tables as figures: Tables 1 and 3 to 8, and those of appendix B."""

import math
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from reports.cells.baselines import baselines_of, placed, unplaced_notes
from reports.cells.metric_names import label_of
from reports.cells.names import axis_name
from reports.cells.summary import OTHERS, PAPER, beside, on_axes, other_methods
from reports.figures.caption import caption
from reports.figures.drawn import Drawn
from reports.figures.findings import cell_findings
from reports.paper.numbers import PaperNumbers
from reports.specs import TableReport
from reports.statistics.best import best_cells
from reports.study_report import StudyReport
from reports.style import WIDTH
from reports.tables.blocks import BELOW_RULE
from reports.tables.body import blocks, table_texts
from reports.tables.typeset import Sheet

LAYOUTS = ((False, False), (True, False), (True, True))
"""The layouts that are tried until one is narrow enough: whether a spread is under its mean, and whether headings are
rotated."""
ENTROPY = "pretrain/entropy"
PAPERS_BATCH = 4096
"""The paper's batch size (section 2.3)."""


def draw_table(report: StudyReport, spec: TableReport) -> Drawn:
    """Draws one's own numbers, each above the paper's number of the same cell in grey, then the baselines, then the
    paper's other rows."""
    numbers = report.paper
    axes = [*spec.rows, *([spec.columns] if spec.columns else [])]
    data = pd.concat(
        [beside(report.table, numbers, axes, spec.metrics), other_methods(numbers, axes, spec.metrics)],
        ignore_index=True,
    )
    data = data.assign(best=best_cells(report.judged, data, axes, _rivals(spec)))
    texts, bold = table_texts(data, spec)
    cells = on_axes(data)
    return Drawn(
        figure=table_figure(report, spec, data),
        texts=texts,
        corner=", ".join(spec.labels.get(axis, axis_name(axis)) for axis in spec.rows),
        data=data,
        findings=_findings(report, spec, cells, axes),
        caption=caption(report, cells, axes, "Numbers are", "±", _notes(report, spec, data)),
        rows=spec.rows,
        columns=spec.columns,
        bold=bold,
        blocks=partial(blocks, data, spec, _source(numbers)),
    )


def table_figure(report: StudyReport, spec: TableReport, data: pd.DataFrame) -> Figure:
    """The figure, drawn from ``data`` alone."""
    numbers = report.paper
    notes = [BELOW_RULE] if len(placed(data, spec.columns)) else []
    notes += unplaced_notes(data)
    notes += [f"Grey: {_source(numbers)}."] if numbers and data["source"].isin([PAPER, OTHERS]).any() else []
    notes += ["… no result yet."] if (data["state"] == "waiting").any() else []
    notes += ["stopped: early, without a result."] if (data["state"] == "stopped").any() else []
    for stacked, rotated in LAYOUTS:
        sheet = Sheet(blocks(data, spec, _source(numbers), stacked), rotated)
        if sheet.width <= 72 * WIDTH:
            break
    return sheet.draw(report.heading, notes)


def _source(numbers: PaperNumbers | None) -> str:
    return numbers.cited if numbers else ""


def _rivals(spec: TableReport) -> list[str]:
    """The axes that group the cells: the best of each group is set bold."""
    across = [spec.columns] if spec.columns else []
    return {"column": across, "row": spec.rows}[spec.best]


def _findings(report: StudyReport, spec: TableReport, cells: pd.DataFrame, axes: list[str]) -> list[str]:
    found = {
        metric: cell_findings(cells[cells["metric"] == metric], axes, baselines_of(report.table, metric), report.paper)
        for metric in spec.metrics
    }
    if len(found) == 1:
        return found[spec.metric]
    return [
        f"{spec.labels.get(metric, label_of(metric))}: {finding}"
        for metric, findings in found.items()
        for finding in findings
    ]


def _notes(report: StudyReport, spec: TableReport, data: pd.DataFrame) -> list[str]:
    notes = []
    if data["best"].any():
        notes.append(
            f"Bold: the best of a {spec.best}, and what the 95 % interval of the difference does not tell from it."
        )
    if ENTROPY in spec.metrics and "batch_size" not in report.axes:
        batch = int(str(report.settings.get("batch_size", PAPERS_BATCH)))
        notes.append(f"Entropy is at most ln {batch} = {math.log(batch):.1f} nats here.")
    return notes
