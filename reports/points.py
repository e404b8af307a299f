"""A metric along one axis, with a line for each combination of the others."""

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.matrix import stop_epochs

MARKERS = "osD^vP*X"


def summarise(table: pd.DataFrame, axes: list[str], metric: str) -> pd.DataFrame:
    """One row a combination of the axes' values: ``mean``, ``spread`` (standard deviation over seeds, n - 1),
    ``seeds``, ``finished`` of ``trials``, and ``stopped_at``, the first epoch at which a trial was stopped early: then
    there is no mean, since those that were not are the better ones. Baselines are left out; the order is the study's.
    """
    table = table[table["baseline"] == ""].assign(finished=lambda t: t["state"] == "finished")
    table = table.assign(value=table[metric] if metric in table else float("nan"), stop=stop_epochs(table))
    stopped = table.groupby(axes, sort=False, dropna=False)["stop"].transform("count") > 0
    table.loc[stopped, "value"] = float("nan")
    grouped = table.groupby(axes, sort=False, dropna=False)
    return grouped.agg(
        mean=("value", "mean"),
        spread=("value", "std"),
        seeds=("value", "count"),
        finished=("finished", "sum"),
        trials=("finished", "size"),
        stopped_at=("stop", "min"),
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
    stopped = _draw_stopped(ax, summary, places, x)
    ax.set_xticks(list(places.values()), [str(value) for value in places])
    ax.set_xlabel(x)
    ax.set_ylabel(metric_label)
    ax.set_title(title)
    if others or baselines or stopped:
        ax.legend(frameon=False)
    return figure


def _draw_baselines(ax: Axes, baselines: dict[str, float]) -> None:
    for number, (name, value) in enumerate(baselines.items()):
        ax.axhline(value, linestyle=(0, (4, 2 + 2 * number)), color="#555555", label=f"{name} ({value:.1f})")


def _draw_stopped(ax: Axes, summary: pd.DataFrame, places: dict[Any, int], x: str) -> bool:
    """A triangle at the foot of each place where a line has no point for it, with the epochs; whether there is any."""
    stopped = summary.dropna(subset=["stopped_at"])
    if stopped.empty:
        return False
    foot, at = ax.get_xaxis_transform(), stopped[x].map(places)
    ax.plot(at, [0.03] * len(at), "v", color="#777777", transform=foot, label="stopped early, at epoch")
    for value, epochs in stopped.groupby(x, sort=False)["stopped_at"]:
        text = ", ".join(f"{epoch:.0f}" for epoch in epochs)
        beside: Any = (places[value], 0.03)
        ax.annotate(text, beside, (7, 0), foot, "offset points", va="center", fontsize=7, color="#777777")
    return True


def points_texts(summary: pd.DataFrame, axes: list[str]) -> pd.DataFrame:
    """The summary's cells as text, by the values of the axes."""
    texts = pd.DataFrame({"mean": [_cell(row) for row in summary.itertuples(index=False)]})
    texts["seeds"] = summary["seeds"].astype(str)
    texts.index = pd.Index([", ".join(map(str, values)) for values in summary[axes].itertuples(index=False)])
    return texts


def _cell(row: Any) -> str:
    if math.isnan(row.mean):
        return "" if math.isnan(row.stopped_at) else f"stopped at epoch {row.stopped_at:.0f}"
    return f"{row.mean:.1f}" if math.isnan(row.spread) else f"{row.mean:.1f} ± {row.spread:.1f}"
