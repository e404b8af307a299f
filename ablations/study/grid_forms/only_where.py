"""Conditions: axes that exist only where others have certain values."""

from collections.abc import Mapping
from typing import Any

from ablations.study.axes import Conditions, value_text
from ablations.study.grid_forms.points import mapping
from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from ablations.types.wording import did_you_mean, quoted


def parse_conditions(entry: Any, axes: Mapping[str, list[str]], source: Source, keys: Keys) -> Conditions:
    """``only_where`` of a grid whose ``axes`` have these values, as text.

    Raises ``StudyError`` for an axis or a value that the grid does not have, and for axes that depend on themselves.
    """
    conditions: Conditions = {}
    for name, others in mapping(entry, source, keys).items():
        _check_axis(name, axes, source.locate((*keys, name)))
        for other, values in mapping(others, source, (*keys, name)).items():
            here = (*keys, name, other)
            _check_axis(other, axes, source.locate(here))
            conditions.setdefault(name, {})[other] = _values(other, values, axes[other], source, here)
    for name in conditions:
        _check_no_circle(name, conditions, source.locate((*keys, name)))
    return conditions


def _values(axis: str, entry: Any, known: list[str], source: Source, keys: Keys) -> list[str]:
    listed = entry if isinstance(entry, list) else [entry]
    if not listed:
        raise StudyError(f"{source.locate(keys)}: name a value of {axis}; {did_you_mean('', known)}")
    for number, value in enumerate(listed):
        if value_text(value) not in known:
            place = source.locate((*keys, number) if isinstance(entry, list) else keys)
            raise StudyError(f"{place}: {axis} has no value {quoted(value)}; {did_you_mean(value_text(value), known)}")
    return [value_text(value) for value in listed]


def _check_axis(name: str, axes: Mapping[str, list[str]], place: str) -> None:
    if name not in axes:
        raise StudyError(f"{place}: {quoted(name)} is no axis of this grid; {did_you_mean(name, axes)}")


def _check_no_circle(name: str, conditions: Conditions, place: str) -> None:
    reached = list(conditions[name])
    for other in reached:  # grows while it is gone through
        if other == name:
            raise StudyError(f"{place}: {name} exists only where {name} itself does; leave one of the conditions out")
        reached += [further for further in conditions.get(other, {}) if further not in reached]
