"""The table of cells that every figure and table is drawn from: a row for each cell of the study, each baseline and
each cell of the paper.

A cell is a combination of values, as text, of some axes. The columns are

- the axes;
- ``source``: ``here``, ``baselines`` (with their name as ``label``, and no value on the axes), ``paper``, or ``other
  methods`` (the paper's numbers that no study here reproduces, with a ``label``);
- ``metric``, and ``scored_by`` (see ``reports.cells.scoring``);
- ``mean``, ``spread`` (standard deviation over seeds, n - 1) and ``seeds``, their number;
- ``state``: ``done``, ``failed``, ``stopped`` or ``waiting``;
- ``stopped_at``: the first epoch at which a trial of the cell was stopped early;
- ``by_seed``: the values of its seeds, as text;
- ``low`` and ``high``: the ends of the paper's error bars, if it draws any.

``data.csv`` has this form, so that it is enough to draw a figure again.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reports.cells.names import is_number
from reports.cells.scoring import SCORED_BY, joined, scored_as, with_scoring
from reports.paper.numbers import PaperNumbers

HERE, BASELINES, PAPER, OTHERS = "here", "baselines", "paper", "other methods"
LABEL = "label"
"""The column with the names of baselines and of other methods, which have no place on the axes."""
STATES = ("done", "failed", "stopped", "waiting")
WORDS = {"done": "done", "failed": "failed", "stopped": "stopped early", "waiting": "no result yet"}
"""The states in words, for people."""
BY_SEED = "by_seed"
"""Column: the values of a cell in the order of all seeds of the study, as ``38.1 nan 37.9``; empty in the paper's."""
COLUMNS = ["source", "metric", SCORED_BY, "mean", "spread", "seeds", "state", "stopped_at", BY_SEED]
"""The columns beside the axes."""
PRINTED: dict[str, Any] = {
    SCORED_BY: "",
    "spread": float("nan"),
    "seeds": 1,
    "state": "done",
    "stopped_at": float("nan"),
    BY_SEED: "",
}
"""The other columns of a cell of the paper, which has only a mean."""
PARAMETERS = "parameters"
"""The column with an encoder's parameters, in millions."""


def summarise(table: pd.DataFrame, axes: list[str], metric: str) -> pd.DataFrame:
    """The cells of a metric over some axes, in the order of the table.

    ``table`` has one row a trial, with ``seed``, ``baseline``, ``state``, the axes and, once a trial is done,
    ``metric``. Baselines have no place on the axes: see ``summarise_baselines``.

    Other axes are averaged within each seed, so that the spread is that of seeds alone. A seed counts once all its
    trials in a cell are done, so that the cells of an unfinished study are averages over the same settings. A cell
    with a trial that was stopped early has no mean: its other trials are the better ones.
    """
    return _summarised(table[table["baseline"] == ""], axes, metric).assign(source=HERE, metric=metric)[
        [*axes, *COLUMNS]
    ]


def summarise_baselines(table: pd.DataFrame, axes: list[str], metric: str) -> pd.DataFrame:
    """The cells of a metric for the baselines, in the order of the table: as those of ``summarise``, with the name of
    the baseline as ``label`` and no value on the axes."""
    rows = table[table["baseline"] != ""]
    if rows.empty:
        return pd.DataFrame(columns=[*axes, *COLUMNS, LABEL])
    cells = _summarised(rows, ["baseline"], metric).rename(columns={"baseline": LABEL})
    nowhere = dict.fromkeys(axes, "")
    return cells.assign(source=BASELINES, metric=metric, **nowhere)[[*axes, *COLUMNS, LABEL]]


def _summarised(rows: pd.DataFrame, axes: list[str], metric: str) -> pd.DataFrame:
    """The cells of some trials by some columns of theirs, without ``source`` and ``metric``."""
    seeds = _seeds(rows, axes, metric)
    cells = seeds.groupby(axes, sort=False).agg(
        scored_by=("scored_by", "first"),
        mean=("value", "mean"),
        spread=("value", "std"),
        seeds=("value", "count"),
        state=("state", _first_state),
        stopped_at=("stop", "min"),
    )
    by_seed = seeds["value"].unstack("seed").sort_index(axis=1).reindex(cells.index)
    cells[BY_SEED] = [" ".join(f"{value:.6g}" for value in row) for row in by_seed.to_numpy(dtype=float)]
    return cells.reset_index()


def _seeds(rows: pd.DataFrame, axes: list[str], metric: str) -> pd.DataFrame:
    """The seeds of the cells, by ``axes`` and ``seed``: ``value``, ``done``, ``state``, ``stop`` and ``scored_by``. The
    value is NaN for a seed that is not done, and for all seeds of a cell that was stopped early."""
    rows = with_scoring(rows)
    values = pd.to_numeric(rows[metric]) if metric in rows else float("nan")
    kept = {"seed": rows["seed"], "state": rows["state"], SCORED_BY: rows[SCORED_BY]}
    trials = rows[axes].astype(str).assign(**kept, value=values, stop=stop_epochs(rows))
    trials["done"] = trials["state"] == "done"
    seeds = trials.groupby([*axes, "seed"], sort=False).agg(
        value=("value", "mean"),
        done=("done", "all"),
        state=("state", _last_state),
        stop=("stop", "min"),
        scored_by=(SCORED_BY, joined),
    )
    stopped = (seeds["state"] == "stopped").groupby(axes, sort=False).transform("any")
    seeds.loc[~seeds["done"] | stopped, "value"] = float("nan")
    return seeds


def _last_state(states: "pd.Series[str]") -> str:
    """The state of a seed, from its trials: stopped if any was, else failed, else waiting, else done."""
    return next(state for state in ("stopped", "failed", "waiting", "done") if state in set(states))


def _first_state(states: "pd.Series[str]") -> str:
    """The state of a cell, from its seeds: stopped if any was, else done if any is, else failed, else waiting."""
    return next(state for state in ("stopped", *STATES) if state in set(states))


def stop_epochs(table: pd.DataFrame) -> "pd.Series[float]":
    """The epoch at which each trial was stopped early; NaN if it was not."""
    return table["stopped_at"] if "stopped_at" in table else pd.Series(float("nan"), table.index)


def why_empty(state: str, stopped_at: float) -> str:
    """Why a cell has no mean: ``failed``, ``stopped at epoch 10``, or an empty text for any other state."""
    return {"failed": "failed", "stopped": f"stopped at epoch {stopped_at:.0f}"}.get(state, "")


def published(numbers: PaperNumbers | None, axes: list[str], metric: str) -> pd.DataFrame:
    """The paper's cells over some axes; no row if its numbers lack the metric or one of the axes. Its other axes are
    averaged."""
    if numbers is None or metric not in numbers.metrics or not set(axes) <= set(numbers.axes):
        return pd.DataFrame(columns=[*axes, *COLUMNS])
    means = numbers.table.groupby(axes, sort=False)[metric].mean().dropna().reset_index(name="mean")
    cells = means.assign(source=PAPER, metric=metric, **PRINTED)[[*axes, *COLUMNS]]
    if numbers.ends.empty or set(axes) != set(numbers.axes):
        return cells
    return cells.merge(numbers.table[axes].join(numbers.ends), on=axes)


def seed_values(cell: Mapping[Any, Any]) -> list[float]:
    """The values of a cell's seeds, in the order of all seeds of the study; NaN for a seed without one."""
    text = cell.get(BY_SEED, "")
    return list(map(float, text.split())) if isinstance(text, str) else []


def known_spread(cells: pd.DataFrame) -> "pd.Series[float] | None":
    """The spread of each cell; None if no spread is known, so that no legend shows an error bar."""
    return cells["spread"] if cells["spread"].notna().any() else None


def error_ends(cells: pd.DataFrame) -> tuple["pd.Series[float]", "pd.Series[float]"]:
    """The lower and upper ends of the cells' error bars: the paper's if it draws one, else mean ± spread. Without a
    spread both ends are the mean."""
    spread = cells["spread"].fillna(0)
    low, high = cells["mean"] - spread, cells["mean"] + spread
    return (cells["low"].fillna(low), cells["high"].fillna(high)) if "low" in cells else (low, high)


def beside(
    table: pd.DataFrame, numbers: PaperNumbers | None, axes: list[str], metrics: list[str], sized: bool = False
) -> pd.DataFrame:
    """The study's cells, then its baselines, then the paper's cells. If ``sized``, with the millions of parameters of
    each cell's encoder; cells without are left out."""
    ours = [summarise(table, axes, metric) for metric in metrics]
    baselines = [summarise_baselines(table, axes, metric) for metric in metrics]
    theirs = [
        scored_as(published(numbers, axes, metric), cells, axes) for metric, cells in zip(metrics, ours, strict=True)
    ]
    data = pd.concat([part for part in (*ours, *baselines, *theirs) if len(part)], ignore_index=True)
    if not sized:
        return data
    sizes = [_sizes(table[table["baseline"] == ""], HERE, axes)]
    if numbers is not None and PARAMETERS in numbers.metrics and set(axes) <= set(numbers.axes):
        sizes.append(_sizes(numbers.table, PAPER, axes))
    found = data.merge(pd.concat(sizes), on=[*axes, "source"], how="left")
    return found[found[PARAMETERS].notna() | (found["source"] == BASELINES)]


def other_methods(numbers: PaperNumbers | None, axes: list[str], metrics: list[str]) -> pd.DataFrame:
    """The paper's rows of other methods, with ``label`` and the further columns of the paper's file. Axes that mean
    nothing to them are empty."""
    known = [metric for metric in metrics if numbers is not None and metric in numbers.others]
    if numbers is None or not known:
        return pd.DataFrame(columns=[*axes, *COLUMNS, LABEL])
    columns = list(dict.fromkeys([*numbers.others.columns, *axes]))
    rows = numbers.others.reindex(columns=columns).astype(dict.fromkeys(axes, object))
    rows[axes] = rows[axes].fillna("")
    parts = [rows.assign(metric=metric, mean=rows[metric].astype(float)).drop(columns=known) for metric in known]
    data = pd.concat(parts, ignore_index=True).dropna(subset="mean")
    return data.assign(source=OTHERS, **PRINTED)


def _sizes(table: pd.DataFrame, source: str, axes: list[str]) -> pd.DataFrame:
    return table.groupby(axes, sort=False)[PARAMETERS].mean().reset_index().assign(source=source)


def spearman(one: pd.Series, other: pd.Series) -> float:
    """Spearman's rank correlation; ties share their mean rank."""
    return float(one.rank().corr(other.rank()))


def of(data: pd.DataFrame, source: str) -> pd.DataFrame:
    """The cells of one source: ``here``, ``baselines``, ``paper`` or ``other methods``."""
    return data[data["source"] == source].reset_index(drop=True)


def on_axes(data: pd.DataFrame) -> pd.DataFrame:
    """The cells that have a place on the axes: those of the study and of the paper."""
    return data[data["source"].isin([HERE, PAPER])]


def values_of(cells: pd.DataFrame, axis: str | None) -> list[str]:
    """The values of an axis, in their order; one empty value if there is no axis."""
    return [""] if axis is None else list(dict.fromkeys(map(str, cells[axis])))


def ordered(cells: pd.DataFrame, axis: str | None) -> list[str]:
    """The values of an axis, numbers in ascending order: grids that are put together have them in another order."""
    values = values_of(cells, axis)
    return sorted(values, key=float) if all(map(is_number, values)) else values


def at(cells: pd.DataFrame, axis: str | None, value: str) -> pd.DataFrame:
    """The cells at one value of an axis; all cells if there is no axis."""
    return cells if axis is None else cells[cells[axis] == value]


def in_common(data: pd.DataFrame, axes: list[str]) -> pd.DataFrame:
    """The cells that have a value here and in the paper, with the axes, ``metric``, ``scored_by``, ``mean`` and
    ``mean_paper``."""
    known = data.dropna(subset="mean")
    ours, theirs = (of(known, source)[[*axes, "metric", SCORED_BY, "mean"]] for source in (HERE, PAPER))
    return ours.merge(theirs.drop(columns=SCORED_BY), on=[*axes, "metric"], suffixes=("", "_paper"))
