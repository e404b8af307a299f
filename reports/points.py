"""A metric along one axis, with a line for each combination of the others."""

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MARKERS = "osD^vP*X"


def summarise(table: pd.DataFrame, axes: list[str], metric: str) -> pd.DataFrame:
    """One row a combination of the axes' values: ``mean``, ``spread`` (standard deviation over seeds, n - 1),
    ``seeds``, ``finished`` of ``trials``. Baselines are left out; the order is the study's."""
    table = table[table["baseline"] == ""].assign(finished=lambda t: t["state"] == "finished")
    table = table.assign(value=table[metric] if metric in table else float("nan"))
    grouped = table.groupby(axes, sort=False, dropna=False)
    return grouped.agg(
        mean=("value", "mean"),
        spread=("value", "std"),
        seeds=("value", "count"),
        finished=("finished", "sum"),
        trials=("finished", "size"),
    ).reset_index()


def points_figure(
    summary: pd.DataFrame, x: str, others: list[str], title: str, metric_label: str, baselines: dict[str, float]
) -> Figure:
    """Means with their spread; values of ``x`` stand at equal distances, as in a table."""
    figure = Figure(figsize=(7.5, 5), layout="constrained")
    ax = figure.add_subplot()
    places = {value: place for place, value in enumerate(dict.fromkeys(summary[x]))}
    lines = summary.groupby(others, sort=False, dropna=False) if others else [((), summary)]
    for number, (key, line) in enumerate(lines):
        label = ", ".join(f"{name.rsplit('.', 1)[-1]} {value}" for name, value in zip(others, key, strict=True))
        ax.errorbar(
            line[x].map(places),
            line["mean"],
            yerr=line["spread"].fillna(0),
            marker=MARKERS[number % len(MARKERS)],
            capsize=3,
            label=label or None,
        )
    _draw_baselines(ax, baselines)
    ax.set_xticks(list(places.values()), [str(value) for value in places])
    ax.set_xlabel(x)
    ax.set_ylabel(metric_label)
    ax.set_title(title)
    if others or baselines:
        ax.legend(frameon=False)
    return figure


def _draw_baselines(ax: Axes, baselines: dict[str, float]) -> None:
    for number, (name, value) in enumerate(baselines.items()):
        ax.axhline(value, linestyle=(0, (4, 2 + 2 * number)), color="#555555", label=f"{name} ({value:.1f})")


def points_texts(summary: pd.DataFrame, axes: list[str]) -> pd.DataFrame:
    """The summary's cells as text, by the values of the axes."""
    texts = pd.DataFrame({"mean": [_cell(row) for row in summary.itertuples(index=False)]})
    texts["seeds"] = summary["seeds"].astype(str)
    texts.index = pd.Index([", ".join(map(str, values)) for values in summary[axes].itertuples(index=False)])
    return texts


def _cell(row: Any) -> str:
    if math.isnan(row.mean):
        return ""
    return f"{row.mean:.1f}" if math.isnan(row.spread) else f"{row.mean:.1f} ± {row.spread:.1f}"
