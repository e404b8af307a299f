"""The configuration of one cell: its settings laid over each other, then validated."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ablations.planning.configuration.cells import Cell
from ablations.planning.configuration.origin import origin_of, rank_of
from ablations.planning.configuration.varied import following
from ablations.study.checks.setting_paths import EVALUATE
from ablations.study.explain import explain, unknown_elsewhere
from ablations.study.scaled_study import ScaledStudy
from ablations.study.schema.settings_schema import TAGS
from ablations.study.settings import Layer, Setting, SettingPath, nest, overlay
from ablations.study.yaml_source import Keys, Source
from ablations.types.choices import SeedPath, with_seeds
from ablations.types.errors import StudyError
from ablations.types.wording import quoted
from core.config import PretrainConfig, TrainConfig

SEED: SettingPath = ("seed",)
KIND = "kind"


@dataclass(frozen=True)
class Configured:
    """A cell's configuration for one seed, and the settings that it is made from."""

    config: TrainConfig
    settings: Layer
    following: tuple[SeedPath, ...] = ()
    """Paths of the seeds that are the trial's."""


def configure(scaled: ScaledStudy, cell: Cell, seed: int) -> Configured:
    """The cell's configuration for a seed.

    Raises ``StudyError`` that names the place of everything that is wrong in it.
    """
    its_seed = Setting(seed, Source("seeds"), ())
    tuned = overlay(point.settings for point in cell.tuned)
    layers = [scaled.base, scaled.overrides, {SEED: its_seed}, tuned, cell.layer]
    fixed = _validated(_of_its_kind(overlay(layers), scaled), scaled, cell)
    paths = following(fixed.config, fixed.settings, scaled.vary)
    settings = fixed.settings | dict.fromkeys(paths, its_seed)
    return Configured(with_seeds(fixed.config, seed, paths), settings, paths)


def place_of(path: SettingPath, configured: Configured) -> str | None:
    """The place where the value of a path was written, alone or in its group; None if it was not."""
    return _locate(configured.settings, path if path[0] == EVALUATE else ("pretrain", *path))


def _validated(layer: Layer, scaled: ScaledStudy, cell: Cell) -> Configured:
    """The configuration of the settings, without those that the cell has no use for."""
    try:
        return Configured(TrainConfig.model_validate(_values(layer)), layer)
    except ValidationError as error:
        spare = [path for path in _of_another_kind(error, layer) if _is_hidden(path, layer, scaled, cell)]
        if not spare:
            raise StudyError(_explained(error, layer, scaled, cell)) from error
    return _validated({path: setting for path, setting in layer.items() if path not in spare}, scaled, cell)


def kind_beside(path: SettingPath, layer: Layer) -> SettingPath | None:
    """The path of the setting that chooses the kind of the group that a path is in."""
    return next((kind for tag in TAGS if (kind := (*path[:-1], tag)) in layer), None)


def _of_its_kind(layer: Layer, scaled: ScaledStudy) -> Layer:
    """The settings without those of a common scale for another kind than the chosen one, such as the learning rate of
    LARS if the study takes SGD."""
    spare = [
        path
        for kind, chosen in layer.items()
        if kind[-1] == KIND and chosen.source is not scaled.scale_source and chosen.value != _default(kind)
        for path, setting in layer.items()
        if path[:-1] == kind[:-1] and setting.source is scaled.scale_source
    ]
    return {path: setting for path, setting in layer.items() if path not in spare}


def _of_another_kind(error: ValidationError, layer: Layer) -> list[SettingPath]:
    """Paths of settings that the chosen kind does not have, but another kind has."""
    paths = (_path(keys) for keys in unknown_elsewhere(error, TrainConfig, _values(layer)))
    return [path for path in paths if path in layer]


def _is_hidden(path: SettingPath, layer: Layer, scaled: ScaledStudy, cell: Cell) -> bool:
    """Whether the setting is for other cells: it is tuned, or the kind is chosen above it, as by a baseline."""
    is_tuned = any(point.settings.get(path) is layer[path] for point in cell.tuned)
    if is_tuned or layer[path].source is scaled.scale_source:
        return True
    kind = kind_beside(path, layer)
    return kind is not None and rank_of(layer[kind], scaled) > rank_of(layer[path], scaled)


def _default(path: SettingPath) -> Any:
    """The default of a field of ``PretrainConfig``; None if it has no such field."""
    value: Any = PretrainConfig()
    for name in path:
        value = getattr(value, name, None)
    return value


def _values(layer: Layer) -> dict[str, Any]:
    pretrain = nest({path: setting for path, setting in layer.items() if path[0] != EVALUATE})
    whole = layer.get((EVALUATE,))  # a plain value in place of a mapping: the configuration will say so
    inner = nest({path[1:]: setting for path, setting in layer.items() if path[0] == EVALUATE and path[1:]})
    return {"pretrain": pretrain, "evaluate": whole.value if whole else inner}


def _explained(error: ValidationError, layer: Layer, scaled: ScaledStudy, cell: Cell) -> str:
    elsewhere = f"{scaled.source.name}: trial {cell.name}"
    others = {keys: _path(keys) for keys in unknown_elsewhere(error, TrainConfig, _values(layer))}

    def other_kind(keys: Keys) -> str:
        kind = kind_beside(others[keys], layer) if keys in others else None
        if kind is None:
            return ""
        chosen = layer[kind]
        told = f"{'.'.join(kind)} {quoted(chosen.value)} has no {others[keys][-1]}; it is chosen at {chosen.place()}"
        both_axes = origin_of(chosen, scaled) == origin_of(layer[others[keys]], scaled) == "cell"
        return f"{told}; with 'only_where' an axis exists where it fits" if both_axes else told

    return explain(error, TrainConfig, _values(layer), lambda keys: _locate(layer, keys) or elsewhere, other_kind)


def _path(keys: Keys) -> SettingPath:
    """The path of a setting for a place in the configuration: settings leave ``pretrain`` out."""
    return tuple(map(str, keys if keys[:1] == (EVALUATE,) else keys[1:]))


def _locate(layer: Layer, keys: Keys) -> str | None:
    """The place where a value was set, or one that contains it, or one that it contains."""
    path = _path(keys)
    for length in range(len(path), 0, -1):
        if setting := layer.get(path[:length]):
            return setting.place(keys[len(keys) - len(path) + length :])
    inside = [setting for other, setting in layer.items() if path and other[: len(path)] == path]
    return inside[-1].place() if inside else None  # the last was laid over the others
