"""One trial of the store looked at, and two compared."""

import json
from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ablations.errors import StudyError
from ablations.failures import next_step
from ablations.settings import dotted_values
from ablations.store import StoredTrial, TrialStore
from core.history import Epoch

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 60
"""Characters of a curve."""

Difference = tuple[str, Any, Any]
"""A name and what either trial has there; None where it has nothing."""


def find_trial(store: TrialStore, start: str) -> StoredTrial:
    """The trial whose id begins with ``start``. Raises ``StudyError`` unless there is exactly one."""
    found = [trial_id for trial_id in store.trial_ids() if trial_id.startswith(start)]
    if not found:
        raise StudyError(f"{start}: {store.root} has no trial whose id begins so; 'ablate plan STUDY' shows ids")
    if len(found) > 1:
        raise StudyError(f"{start}: {len(found)} trials begin so, such as {found[0]} and {found[1]}; write more of it")
    return store.stored(found[0])


def show(store: TrialStore, trial: StoredTrial) -> RenderableType:
    """Configuration, curve, result, and what went wrong."""
    parts: list[RenderableType] = [Text(f"trial {trial.id}, encoder {trial.pretrain_id}\n", style="bold")]
    parts += [_table(dotted_values(trial.config), "setting"), Text()]
    if history := store.history(trial.pretrain_id):
        parts += [*_curves(history), Text()]
    if trial.result is None:
        return Group(*parts, Text("no result yet"))
    parts.append(_table({**trial.result.metrics, "seconds": trial.result.seconds, **trial.result.facts}, "result"))
    return Group(*parts, *_ending(trial))


def compare(one: StoredTrial, other: StoredTrial) -> RenderableType:
    """What differs in configuration and in result."""
    table = Table("", one.id, other.id, "", box=None, header_style="bold")
    for name, a, b in config_differences(one, other):
        table.add_row(name, _text(a), _text(b), "")
    for name, a, b in result_differences(one, other):
        table.add_row(name, _text(a), _text(b), _gain(a, b))
    return table if table.row_count else Text("They do not differ, neither in configuration nor in result.")


def config_differences(one: StoredTrial, other: StoredTrial) -> Iterator[Difference]:
    """By dotted path."""
    return _differences(dotted_values(one.config), dotted_values(other.config))


def result_differences(one: StoredTrial, other: StoredTrial) -> Iterator[Difference]:
    """Of the states, the metrics and the facts."""
    return _differences(_results(one), _results(other))


def _results(trial: StoredTrial) -> dict[str, Any]:
    result = trial.result
    return {"status": result.status, **result.metrics, **result.facts} if result else {"status": "waiting"}


def _differences(one: dict[str, Any], other: dict[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys([*one, *other]):
        a, b = one.get(name), other.get(name)
        if a != b:
            yield name, a, b


def _gain(a: Any, b: Any) -> str:
    return f"{b - a:+.4g}" if isinstance(a, int | float) and isinstance(b, int | float) else ""


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.6g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def _table(values: dict[str, Any], heading: str) -> Table:
    table = Table(heading, "", box=None, header_style="bold")
    for name, value in values.items():
        table.add_row(name, _text(value))
    return table


def _curves(history: tuple[Epoch, ...]) -> Iterator[Text]:
    for name in ("loss", *(name for name in history[0].metrics if name.endswith("_top1"))):
        values = [epoch.metrics[name] for epoch in history if name in epoch.metrics]
        yield Text(f"{name:18}{_curve(values)}  {values[0]:.4g} to {values[-1]:.4g} in {len(values)} epochs")


def _curve(values: list[float]) -> str:
    """One character for each of at most ``WIDTH`` epochs, evenly spaced."""
    count = min(len(values), WIDTH)
    shown = [values[number * len(values) // count] for number in range(count)]
    low, high = min(shown), max(shown)
    share = [(value - low) / (high - low) if high > low else 0.0 for value in shown]
    return "".join(BARS[round(part * (len(BARS) - 1))] for part in share)


def _ending(trial: StoredTrial) -> Iterator[Text]:
    result = trial.result
    if result and result.status == "stopped":
        yield Text(f"\nstopped early, after epoch {result.stopped_at}; a study without stop_early trains it on")
    if result and result.status == "failed":
        yield Text(f"\n{result.failure.replace('_', ' ') or 'failed'}: {result.error}", style="red")
        if step := next_step(result.failure):
            yield Text(step)
        if result.traceback:
            yield Text(f"\n{result.traceback}")
