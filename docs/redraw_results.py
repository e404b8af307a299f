"""Draws the figures of results/ again, each from the data.csv beside it: python docs/redraw_results.py

A folder is named as its study, with the scale behind it or as the folder around it. Files written before 0.2 call
their states otherwise, and have no single seeds. A test compares what is committed with what is drawn now.
"""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ablations.api import load_study
from reports.cells.matrix import matrix_of
from reports.cells.scoring import SCORED_BY
from reports.cells.summary import BY_SEED, HERE
from reports.figures.bar_charts.bars import bars_figure
from reports.figures.heatmaps.heatmap import heatmap_figure
from reports.figures.table import table_figure
from reports.specs import BarsReport, HeatmapReport, TableReport
from reports.study_report import StudyReport
from reports.style import house_style, save_figure, set_heading

RESULTS = Path(__file__).parent / "results"
NUMBERS = ("mean", "spread", "seeds", "stopped_at", "paper", "low", "high", "parameters")
FORMER_STATES = {"finished": "done", "missing": "waiting"}


def folders() -> list[Path]:
    """Every folder with a ``data.csv``."""
    return sorted(path.parent for path in RESULTS.rglob("data.csv"))


def redrawn(folder: Path) -> Figure:
    """The figure of a folder's data. Raises ``ValueError`` for a kind of figure that no folder had."""
    name, _, scale = folder.name.partition("-")
    study = load_study(name)
    spec = study.report
    data = _read(folder / "data.csv")
    axes = [axis for axis in study.axis_names if axis in data]
    nothing = pd.DataFrame(columns=[*axes, "baseline", "name", "state", "seed"], dtype=str)
    report = StudyReport(
        name=name,
        title=study.study.title,
        spec=spec,
        table=nothing,
        axes=axes,
        reproduces=study.study.reproduces,
        scale=scale or folder.parent.name,
    )
    match spec:
        case HeatmapReport():
            return _heatmap(report, spec, data)
        case BarsReport():
            return bars_figure(report, spec, data)
        case TableReport():
            return table_figure(report, spec, data)
    raise ValueError(f"{folder}: no figure of kind {spec.kind!r} can be drawn again yet")


def _read(path: Path) -> pd.DataFrame:
    data = pd.read_csv(path, dtype=str, keep_default_na=False)
    numbers = {name: pd.to_numeric(data[name], errors="coerce") for name in NUMBERS if name in data}
    former: dict[str, Any] = {name: "" for name in (SCORED_BY, BY_SEED) if name not in data}
    former |= {} if "source" in data else {"source": HERE}
    former |= {} if "stopped_at" in data else {"stopped_at": float("nan")}
    former |= {"best": False}  # which cells cannot be told from the best takes their seeds
    return data.assign(**numbers, **former, state=data["state"].replace(FORMER_STATES))


def _heatmap(report: StudyReport, spec: HeatmapReport, data: pd.DataFrame) -> Figure:
    matrix = matrix_of(data, spec.rows, spec.columns)
    published = report.paper.matrix(spec.rows, spec.columns, spec.metric) if report.paper else None
    over = f"\nmean ± spread over {matrix.seeds_text}" if matrix.seeds > 1 else ""
    labels = spec.row_label or spec.rows, spec.column_label or spec.columns
    paper = published.only(matrix.mean) if published else None
    figure = heatmap_figure(matrix, paper, f"Here: {report.metric_label}{over}", *labels)
    set_heading(figure, report.heading)
    return figure


def main() -> None:
    for folder in folders():
        with house_style():
            save_figure(redrawn(folder), folder, "figure", ("png", "svg"))
        print(folder.relative_to(RESULTS))


if __name__ == "__main__":
    main()
