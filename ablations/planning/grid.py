"""From a study to its trials, in order, every configuration validated."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ablations.study.axes import Point
from ablations.study.explain import explain, unknown_elsewhere
from ablations.study.load import ScaledStudy
from ablations.study.settings import Layer, Setting, SettingPath, nest, overlap, overlay
from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from ablations.types.trial import Trial
from core.config import PretrainConfig, TrainConfig

MAX_TRIALS = 20_000
SEED: SettingPath = ("seed",)
EVALUATE = "evaluate"
KIND = "kind"


def enumerate_trials(scaled: ScaledStudy) -> list[Trial]:
    """The cells of the grids in the order they are written, the last axis fastest; then the baselines; each
    with every seed. Raises ``StudyError`` for the first configuration that is not valid."""
    _check_size(scaled)
    _check_seed(scaled)
    _check_overrides(scaled)
    trials = [
        Trial(_configure(scaled, cell, seed), cell.coordinates, seed, cell.baseline)
        for cell in _cells(scaled)
        for seed in scaled.seeds
    ]
    _check_distinct(scaled, trials)
    return trials


@dataclass(frozen=True)
class _Cell:
    """A point of the grid, or a baseline, before the seeds."""

    coordinates: dict[str, Any]
    baseline: str | None
    layer: Layer


def _cells(scaled: ScaledStudy) -> Iterator[_Cell]:
    for grid in scaled.grids:
        for coordinates, layer in grid.cells():
            yield _Cell(coordinates, None, layer)
    for name, layer in scaled.baselines.items():
        yield _Cell({}, name, layer)


def _points(scaled: ScaledStudy) -> Iterator[Point]:
    return (point for grid in scaled.grids for axis in grid.axes for point in axis)


def _check_size(scaled: ScaledStudy) -> None:
    cells = sum(grid.size for grid in scaled.grids) + len(scaled.baselines)
    trials = cells * len(scaled.seeds)
    if trials > MAX_TRIALS:
        raise StudyError(
            f"{scaled.source.locate(('grid',))}: {trials:,} trials; at most {MAX_TRIALS:,} are run as one study"
        )


def _check_seed(scaled: ScaledStudy) -> None:
    layers = [scaled.base, scaled.overrides, *scaled.baselines.values(), *(p.settings for p in _points(scaled))]
    settings = [layer[SEED] for layer in layers if SEED in layer]
    if settings:
        raise StudyError(f"{settings[0].place()}: seeds are given by 'seeds: 3' in the study, or by --seeds")


def _check_overrides(scaled: ScaledStudy) -> None:
    """A point that sets several fields would silently win over an override of one of them."""
    for point in _points(scaled):
        for override, setting in scaled.overrides.items():
            if any(overlap(override, inner) for inner in point.settings):
                axis = ", ".join(point.coordinates)
                raise StudyError(f"{setting.source.name}: the axis {axis} sets it, in a way that would win")


def _check_distinct(scaled: ScaledStudy, trials: list[Trial]) -> None:
    """One experiment counted as two would make a spread of nothing. A baseline may repeat a cell."""
    seen: dict[str, Trial] = {}
    for trial in trials:
        if trial.baseline is None and (other := seen.setdefault(trial.id, trial)) is not trial:
            raise StudyError(
                f"{scaled.source.locate(('grid',))}: '{other.name}' and '{trial.name}' are the same experiment"
            )


def _configure(scaled: ScaledStudy, cell: _Cell, seed: int) -> TrainConfig:
    seeded = {SEED: Setting(seed, Source("seeds"), ())}
    layer = overlay([scaled.base, scaled.overrides, seeded, cell.layer])
    try:
        return _validated(layer, scaled)
    except ValidationError as error:
        name = cell.baseline or ", ".join(f"{axis} = {value}" for axis, value in cell.coordinates.items())
        elsewhere = f"{scaled.source.name}: trial {name}"
        message = explain(error, TrainConfig, _values(layer), lambda keys: _locate(layer, keys) or elsewhere)
        raise StudyError(message) from error


def _validated(layer: Layer, scaled: ScaledStudy) -> TrainConfig:
    """Settings of a common scale that the chosen policy does not have are left out, and so are those for another
    kind than the chosen one, such as the learning rate of LARS where the study takes SGD."""
    layer = _of_its_kind(layer, scaled)
    try:
        return TrainConfig.model_validate(_values(layer))
    except ValidationError as error:
        paths = [_path(keys) for keys in unknown_elsewhere(error, TrainConfig, _values(layer))]
        spare = [path for path in paths if path in layer and layer[path].source is scaled.scale_source]
        if not spare:
            raise
        return TrainConfig.model_validate(_values({p: s for p, s in layer.items() if p not in spare}))


def _of_its_kind(layer: Layer, scaled: ScaledStudy) -> Layer:
    spare = [
        path
        for kind, chosen in layer.items()
        if kind[-1] == KIND and chosen.source is not scaled.scale_source and chosen.value != _default(kind)
        for path, setting in layer.items()
        if path[:-1] == kind[:-1] and setting.source is scaled.scale_source
    ]
    return {path: setting for path, setting in layer.items() if path not in spare}


def _default(path: SettingPath) -> Any:
    """Of a field of ``PretrainConfig``; None where there is none such."""
    value: Any = PretrainConfig()
    for name in path:
        value = getattr(value, name, None)
    return value


def _values(layer: Layer) -> dict[str, Any]:
    pretrain = nest({path: setting for path, setting in layer.items() if path[0] != EVALUATE})
    whole = layer.get((EVALUATE,))  # a plain value where a mapping belongs: the configuration will say so
    inner = nest({path[1:]: setting for path, setting in layer.items() if path[0] == EVALUATE and path[1:]})
    return {"pretrain": pretrain, "evaluate": whole.value if whole else inner}


def _path(keys: Keys) -> SettingPath:
    """From a place in the configuration to one in the settings, which leave ``pretrain`` out."""
    return tuple(map(str, keys if keys[:1] == (EVALUATE,) else keys[1:]))


def _locate(layer: Layer, keys: Keys) -> str | None:
    """Where the value was set, or one that contains it, or one that it contains."""
    path = _path(keys)
    for length in range(len(path), 0, -1):
        if setting := layer.get(path[:length]):
            return setting.place(keys[len(keys) - len(path) + length :])
    inside = [setting for other, setting in layer.items() if path and other[: len(path)] == path]
    return inside[-1].place() if inside else None  # the last was laid over the others
