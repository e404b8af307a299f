"""One trial of the store looked at, and two compared."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError
from rich.console import Group, RenderableType
from rich.text import Text

from ablations.cli.fitting import Row, Rows
from ablations.planning.configuration.find_planned import FoundTrial, find_planned
from ablations.planning.own_images.fingerprints import Fingerprints, no_fingerprints
from ablations.store.find_trial import find_trial
from ablations.store.trial_store import StoredTrial, TrialStore
from ablations.study.overrides import OPTION
from ablations.study.own_code.uses import WITH_CODE, CodeOptions
from ablations.study.settings import dotted_values
from ablations.types.errors import StudyError
from ablations.types.failures import next_step
from core.config import TrainConfig
from core.config.base import whole
from core.history import Epoch

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 60
"""Characters of the longest curve."""

Difference = tuple[str, Any, Any]
"""A name, and the values of both trials; None for a trial that has none."""


def stored_or_planned(
    store: TrialStore,
    start: str,
    study: str | None,
    scale: str | None,
    assignments: Sequence[str],
    code: CodeOptions = WITH_CODE,
    fingerprints: Fingerprints = no_fingerprints,
) -> tuple[StoredTrial, FoundTrial | None]:
    """The trial whose id, or whose encoder's, begins so, and the plan that has it, if a plan was asked for or the trial
    never ran.

    Raises ``StudyError`` unless there is exactly one.
    """
    asked = study is not None or scale is not None or assignments
    if not asked and any(known.startswith(start) for known in (*store.trial_ids(), *store.encoder_ids())):
        return find_trial(store, start), None
    if planned := find_planned(start, study, scale, assignments, code, fingerprints, store):
        trial = planned.trial
        config = trial.config.model_dump(mode="json")
        return StoredTrial(trial.id, trial.pretrain_id, config, store.result(trial.id)), planned
    if asked:
        place = study or "any study that has a name"
        raise StudyError(f"{start}: no trial of {place} has such an id at this scale; 'ablate plan' shows ids")
    return find_trial(store, start), None


def show(store: TrialStore, trial: StoredTrial, planned: FoundTrial | None = None) -> RenderableType:
    """Configuration, curve, result, and what went wrong; with a plan, where each value comes from."""
    parts: list[RenderableType] = [Text(f"trial {trial.id}, encoder {trial.pretrain_id or 'unknown'}\n", style="bold")]
    parts += [_settings_table(planned) if planned else _table(dotted_values(whole_config(trial)), "setting"), Text()]
    if trial.pretrain_id and (history := store.history(trial.pretrain_id)):
        parts += [*_curves(history), Text()]
    if trial.result is None:
        return Group(*parts, Text("no result yet"))
    parts.append(_table({**trial.result.metrics, "seconds": trial.result.seconds, **trial.result.facts}, "result"))
    return Group(*parts, *_ending(trial))


def compare(one: StoredTrial, other: StoredTrial) -> RenderableType:
    """The differences of two trials in configuration and in result, as rows."""
    rows = [_difference_row(name, _text(a), _text(b)) for name, a, b in config_differences(one, other)]
    rows += [_difference_row(name, _text(a), _text(b), _gain(a, b)) for name, a, b in result_differences(one, other)]
    if not rows:
        return Text("They do not differ, neither in configuration nor in result.")
    return Rows(("", one.id, other.id, ""), rows)


def config_differences(one: StoredTrial, other: StoredTrial) -> Iterator[Difference]:
    """The differences between two configurations, by dotted path."""
    return _differences(dotted_values(whole_config(one)), dotted_values(whole_config(other)))


def whole_config(trial: StoredTrial) -> dict[str, Any]:
    """The trial's configuration with every field under its name of today; as it is stored, if this version cannot read
    it."""
    try:
        return whole(TrainConfig.model_validate(trial.config))
    except ValidationError:
        return trial.config


def result_differences(one: StoredTrial, other: StoredTrial) -> Iterator[Difference]:
    """The differences between the states, the metrics and the facts."""
    return _differences(_results(one), _results(other))


def _results(trial: StoredTrial) -> dict[str, Any]:
    result = trial.result
    return {"state": result.state, **result.metrics, **result.facts} if result else {"state": "waiting"}


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


def _difference_row(name: str, one: str, other: str, gain: str = "") -> Row:
    return Row((name, one, other, gain), (name, one, other, *([gain] if gain else [])))


def _table(values: dict[str, Any], heading: str) -> Rows:
    return Rows(
        (heading, ""), [Row((name, _text(value)), (f"{name}: {_text(value)}",)) for name, value in values.items()]
    )


def _settings_table(planned: FoundTrial) -> Rows:
    """Every setting with its origin and place; defaults are dim."""
    scaled = planned.scaled
    rows = []
    for setting in planned.settings():
        origin = setting.place if setting.origin == OPTION else f"{setting.origin}  {setting.place}"
        value, style = _text(setting.value), "dim" if setting.origin == "default" else ""
        card = setting.path, value, f"from {origin.strip()}"
        rows.append(Row((setting.path, value, origin.strip()), card, style))
    return Rows(("setting", "", f"from ({scaled.study.name} at scale {scaled.scale})"), rows)


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
    if result and result.state == "stopped":
        yield Text(f"\nstopped early, after epoch {result.stopped_at}; a study without stop_early trains it on")
    if result and result.state == "failed":
        yield Text(f"\n{(result.failure or 'failed').replace('_', ' ')}: {result.error}", style="red")
        if step := next_step(result.failure):
            yield Text(step)
        if result.traceback:
            yield Text(f"\n{result.traceback}")
