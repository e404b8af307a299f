"""The use of a study's settings: those that all cells share, and those without effect on some."""

from collections.abc import Iterator, Sequence
from typing import Any

from ablations.planning.configuration.cells import cells_of
from ablations.planning.configuration.configure import kind_beside
from ablations.planning.configuration.origin import origin_of
from ablations.planning.configuration.resolved import by_path
from ablations.study.checks.setting_paths import EVALUATE
from ablations.study.scaled_study import ScaledStudy
from ablations.study.settings import Layer, SettingPath
from ablations.types.trial import Trial
from core.config import TrainConfig

MISSING = object()
MOST_NAMED = 3
"""Cells that a sentence names; the others are counted."""


def shared_settings(scaled: ScaledStudy, trials: Sequence[Trial]) -> dict[str, Any]:
    """Settings of the study, its scale and ``--set`` that every cell of the grid has with the same value.

    The keys are dotted paths in alphabetical order. Not among them: the values of axes, fields that the kinds of some
    cells do not have, and defaults. Baselines are no cells.
    """
    cells = list({trial.candidate: trial.config for trial in trials if trial.baseline is None}.values())
    plain = by_path(cells[0])
    shared = {}
    for path in sorted(scaled.settings):
        name, values = ".".join(path), [value_at(config, path) for config in cells]
        if name in plain and all(value == values[0] for value in values):
            shared[name] = plain[name]
    return shared


def unused(scaled: ScaledStudy, trials: Sequence[Trial]) -> Iterator[str]:
    """A sentence for each setting that some trials do not have, and for each axis that no cell has. Not told is a
    setting of the study where a cell writes its group anew, such as ``augment: {policy: custom, both: [crop]}``."""
    cells = list({trial.candidate: trial for trial in trials}.values())
    layers = {cell.key: cell.layer for cell in cells_of(scaled)}
    for path, setting in scaled.settings.items():
        origin = origin_of(setting, scaled)
        found = (
            cell.cell_name
            for cell in cells
            if value_at(cell.config, path) is MISSING
            and not (origin == "study" and _is_written_anew(path, layers.get(cell.cell, {})))
        )
        without = list(dict.fromkeys(found))
        if without and origin != "scale":
            yield f"{setting.place()}: has no effect on {_named(without)}, whose kind has no such setting"
    there = {name for cell in cells for name in cell.coordinates}
    for name in scaled.axis_names:
        if name not in there:
            yield f"the axis {name} is in no cell: 'only_where' leaves it out of all of them"


def _is_written_anew(path: SettingPath, layer: Layer) -> bool:
    """Whether the settings of a cell choose the kind of the path's group in a mapping of the whole group."""
    kind = kind_beside(path, layer)
    return kind is not None and layer[kind].keys[-1:] == kind[-1:]


def value_at(config: TrainConfig, path: SettingPath) -> Any:
    """The value at a setting's path; ``MISSING`` if the configuration's kinds have no such field."""
    value: Any = config if path[0] == EVALUATE else config.pretrain
    for name in path:
        value = getattr(value, name, MISSING)
    return value


def _named(cells: list[str]) -> str:
    more = f" and {len(cells) - MOST_NAMED} more" if len(cells) > MOST_NAMED else ""
    return f"{'; '.join(cells[:MOST_NAMED])}{more}"
