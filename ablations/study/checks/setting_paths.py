"""Checks that settings name fields of the configuration, also those of a scale that is not run now."""

from collections.abc import Iterable

from ablations.study.explain import fields_at
from ablations.study.settings import Layer, SettingPath, name_today
from ablations.types.errors import StudyError
from ablations.types.wording import did_you_mean, shortened
from core.config import TrainConfig

EVALUATE = "evaluate"


def check_paths(layers: Iterable[Layer]) -> None:
    """Raises ``StudyError`` for the first setting whose path leads to no field of any kind."""
    for layer in layers:
        for path, setting in layer.items():
            if problem := unknown_path(path):
                raise StudyError(f"{setting.place()}: {problem}")


def unknown_path(path: SettingPath, others: Iterable[str] = ()) -> str | None:
    """The problem with a path; None if it leads to a field. ``others`` may stand in place of its first name."""
    location = tuple(map(name_today, path if path[0] == EVALUATE else ("pretrain", *path)))
    for number, name in enumerate(location):
        known = fields_at(TrainConfig, location[:number])
        if number and not known:
            return f"there is no such field: {shortened(location[number - 1])} has a plain value"
        if location[:number] == ("pretrain",):
            known = [*known, EVALUATE, *others]
        if name not in known:
            return f"there is no such field; {did_you_mean(name, known)}"
    return None
