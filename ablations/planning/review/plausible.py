"""Values that hardly any study means, such as a wrong unit or a digit too many."""

from collections.abc import Iterator

from ablations.study.scaled_study import ScaledStudy
from ablations.study.settings import Setting, SettingPath

HIGHEST = {
    "epochs": 10_000,
    "learning_rate": 1_000,
    "weight_decay": 1,
    "temperature": 100,
    "batch_size": 1_000_000,
    "output": 100_000,
    "neighbors": 100_000,
}
"""Largest plausible value of a field, by its own name."""
LOWEST = {"learning_rate": 1e-8, "temperature": 1e-4}
"""Smallest plausible value of a field that must be above 0."""
HIGHEST_OF_ALL = 1e9
"""Largest plausible value of any other field."""
LOWEST_MINUTES = 0.1


def implausible(scaled: ScaledStudy) -> Iterator[str]:
    """A sentence for each value of the study that is hardly meant."""
    for path, setting in _settings(scaled):
        for value in setting.value if isinstance(setting.value, list) else [setting.value]:
            if problem := _problem(path[-1], value):
                yield f"{setting.place()}: {problem}; is it meant?"
    resources = scaled.resources
    if resources.minutes and resources.minutes < LOWEST_MINUTES:
        yield f"resources.minutes is {resources.minutes:g}: every training would be timed out"


def _settings(scaled: ScaledStudy) -> Iterator[tuple[SettingPath, Setting]]:
    grids = [*scaled.grids, scaled.tune] if scaled.tune else scaled.grids
    points = (point.settings for grid in grids for axis in grid.axes for point in axis)
    for layer in (scaled.settings, *points, *scaled.baselines.values()):
        yield from layer.items()


def _problem(name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    highest, lowest = HIGHEST.get(name, HIGHEST_OF_ALL), LOWEST.get(name, 0)
    if value > highest:
        return f"{name} is {value:g}, and more than {highest:,g} is implausible"
    if 0 < value < lowest:
        return f"{name} is {value:g}, and less than {lowest:g} is implausible"
    return ""
