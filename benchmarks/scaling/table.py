"""Measurements as Markdown."""

from collections.abc import Iterable, Sequence
from typing import Any

Measured = dict[str, Any]
"""The values that ``driver.py`` or ``bare_tune.py`` has left, and those that ``scale.py`` has added."""

CALLS = ("search_runs", "get_run", "create_run", "log_batch", "log_artifact", "set_terminated")


def overhead(measured: Measured, slots: int, seconds: float) -> float:
    """Milliseconds of a slot that a trial takes beyond its sleep, from the first trial's start to the last one's
    end."""
    return float(1000 * (measured["steady"] * slots / measured["trials"] - seconds))


def overheads(found: Sequence[Measured], slots: int, seconds: float) -> str:
    """One row for each number of trials, one column for each way to run them."""
    ways = list(dict.fromkeys(one["way"] for one in found))
    cells = {(one["way"], one["trials"]): f"{overhead(one, slots, seconds):,.0f}" for one in found}
    numbers = sorted({one["trials"] for one in found})
    return table(["trials", *ways], ([f"{n:,}", *(cells.get((way, n), "") for way in ways)] for n in numbers))


def startups(found: Sequence[Measured]) -> str:
    """Seconds from the command to the first trial's start, and to its end."""
    heads = ["", "trials", "to the first trial, s", "from the command to its end, s"]
    rows = ([one["way"], f"{one['trials']:,}", f"{one['started']:.1f}", f"{one['wall']:,.0f}"] for one in found)
    return table(heads, rows)


def driver(found: Iterable[Measured]) -> str:
    """The driver's costs in the first tenth of the trials and in the last."""
    heads = ["trials", "processor, ms a trial", "of it MLflow", "all processes", "a redraw, ms", "memory, MiB"]
    return table(heads, (_driver_row(one) for one in found))


def _driver_row(one: Measured) -> list[str]:
    first, last = one["marks"][:2], one["marks"][-3:-1]
    each = [
        [f"{1000 * _rise(pair, what) / _rise(pair, 'ended'):,.0f}" for pair in (first, last)]
        for what in ("cpu", "mlflow cpu", "all")
    ]
    redraw = [f"{1000 * _rise(pair, 'redraw cpu') / max(1, _rise(pair, 'redraws')):.1f}" for pair in (first, last)]
    memory = [f"{pair[1]['memory']:,.0f}" for pair in (first, last)]
    return [f"{one['trials']:,}", *(" → ".join(pair) for pair in (*each, redraw, memory))]


def written(found: Iterable[Measured]) -> str:
    """The table of the calls, database rows and files that a trial takes."""
    heads = ["trials", "calls to MLflow, a trial", "rows in its database, a trial", "KiB of it", "files in the store"]
    return table(heads, (_written_row(one) for one in found))


def _written_row(one: Measured) -> list[str]:
    trials, first, last = one["trials"], one["marks"][0], one["marks"][-2]
    calls = sum(last.get(name, 0) - first.get(name, 0) for name in CALLS) / trials
    kept = [one["rows"] / trials, 1024 * one["database"] / trials, one["files"] / trials]
    return [f"{trials:,}", f"{calls:.2f}", *(f"{value:,.1f}" for value in kept)]


def again(found: Iterable[Measured]) -> str:
    """The same command on the finished study."""
    heads = ["trials", "s", "of processor", "memory, MiB"]
    ended = ((one["trials"], one["again"], one["again"]["marks"][-1]) for one in found)
    return table(heads, ([f"{n:,}", f"{a['wall']:.1f}", f"{m['cpu']:.1f}", f"{m['peak']:,.0f}"] for n, a, m in ended))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _rise(pair: Sequence[dict[str, float]], what: str) -> float:
    before, after = pair
    return after.get(what, 0.0) - before.get(what, 0.0)
