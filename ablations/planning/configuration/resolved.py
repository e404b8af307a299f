"""The whole configuration of a trial, and where each value comes from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ablations.planning.configuration.candidates import all_candidates
from ablations.planning.configuration.cells import Cell
from ablations.planning.configuration.configure import configure
from ablations.planning.configuration.origin import Origin, origin_of
from ablations.study.checks.setting_paths import EVALUATE
from ablations.study.scaled_study import ScaledStudy
from ablations.study.settings import Layer, Setting, SettingPath, dotted_values
from ablations.types.own_images import FINGERPRINT
from ablations.types.trial import Trial, tuned_key
from core.config import TrainConfig
from core.config.base import whole


@dataclass(frozen=True)
class ResolvedSetting:
    """One value of a trial's configuration."""

    path: str
    """Dotted path, as a study file has it."""
    value: Any
    origin: Origin
    place: str
    """``file:line:column`` where it was written; empty for a default."""


class Resolver:
    """Resolves the trials of one study."""

    def __init__(self, scaled: ScaledStudy) -> None:
        self._scaled = scaled

    @cached_property
    def _cells(self) -> dict[tuple[str, ...], Cell]:
        return {(*cell.key, *tuned_key(cell.tuned_values)): cell for cell in all_candidates(self._scaled)}

    def settings(self, trial: Trial) -> list[ResolvedSetting]:
        """Every value of a trial's configuration, in the order of the configuration's fields."""
        layer = configure(self._scaled, self._cells[trial.candidate], trial.seed).settings
        return [self._resolved(path, value, layer) for path, value in by_path(trial.config).items()]

    def _resolved(self, path: str, value: Any, layer: Layer) -> ResolvedSetting:
        setting = _setting_of(tuple(path.split(".")), layer)
        if setting is None:
            is_taken = path.endswith(f".{FINGERPRINT}") and value is not None
            return ResolvedSetting(path, value, "images" if is_taken else "default", "")
        place = setting.source.place(setting.keys) if setting.keys else ""
        return ResolvedSetting(path, value, origin_of(setting, self._scaled), place)


def by_path(config: TrainConfig) -> dict[str, Any]:
    """The plain values of a configuration by the dotted paths of a study file."""
    return dotted_values(whole(config.pretrain) | {EVALUATE: whole(config.evaluate)})


def alike(trials: Iterable[Sequence[ResolvedSetting]]) -> list[ResolvedSetting]:
    """The settings that all trials share, with the same value from the same place."""
    first, *others = trials
    kept = [{setting.path: setting for setting in other} for other in others]
    return [setting for setting in first if all(other.get(setting.path) == setting for other in kept)]


def _setting_of(path: SettingPath, layer: Layer) -> Setting | None:
    """The setting of a path, or of a group that contains it."""
    for length in range(len(path), 0, -1):
        setting = layer.get(path[:length])
        if setting and not setting.sets_nothing:
            return setting
    return None
