"""Axes that are written value by value: plain, labelled, and of labelled settings."""

from typing import Any

from ablations.study.axes import Axis, Point
from ablations.study.settings import Layer, Setting, coordinate, flatten, today
from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from ablations.types.wording import quoted

LONGEST_LABEL = 100
"""Characters of a label, which stands in figures, tables and MLflow."""


def plain_axis(path: str, settings: list[Setting]) -> Axis:
    """One path and its values. Raises ``StudyError`` if a value is there twice."""
    return distinct(
        tuple(Point({path: coordinate(one.value)}, point_settings(path, one), one.place()) for one in settings)
    )


def labelled_axis(path: str, values: dict[str, Any], source: Source, keys: Keys) -> Axis:
    """One path and the value for each label. Raises ``StudyError`` for a label that cannot be shown."""
    settings = {label: Setting(value, source, (*keys, label)) for label, value in values.items()}
    return tuple(
        Point({path: checked_label(label, one.place())}, point_settings(path, one), one.place())
        for label, one in settings.items()
    )


def settings_axis(name: str, values: dict[str, Any], source: Source, keys: Keys) -> Axis:
    """Labelled settings, as ``points`` has them. Raises ``StudyError`` for a label that cannot be shown."""

    def point(label: str, settings: Any) -> Point:
        here = (*keys, label)
        place = source.locate(here)
        return Point({name: checked_label(label, place)}, flatten(mapping(settings, source, here), source, here), place)

    return tuple(point(label, settings) for label, settings in values.items())


def point_settings(path: str, setting: Setting) -> Layer:
    """A value of an axis as settings; a mapping sets several."""
    names = tuple(path.split("."))
    inner = flatten(setting.value, setting.source, setting.keys) if isinstance(setting.value, dict) else {}
    return dict(today((*names, *rest), value) for rest, value in (inner or {(): setting}).items())


def checked_label(label: str, place: str) -> str:
    """The label itself. Raises ``StudyError`` if it is empty, of several lines, or too long to be shown."""
    if not label.strip():
        raise StudyError(f"{place}: a label must not be empty")
    if len(label.splitlines()) > 1 or "\t" in label:
        raise StudyError(f"{place}: a label is one line without tabs; figures fold long ones by themselves")
    if len(label) > LONGEST_LABEL:
        raise StudyError(f"{place}: a label has at most {LONGEST_LABEL} characters, and this one {len(label):,}")
    return label


def mapping(value: Any, source: Source, keys: Keys) -> dict[str, Any]:
    """The value itself. Raises ``StudyError`` if it is no mapping."""
    if not isinstance(value, dict):
        raise StudyError(f"{source.locate(keys)}: should be a mapping, not {quoted(value)}")
    return value


def distinct(axis: Axis) -> Axis:
    """The axis itself. Raises ``StudyError`` if a value is there twice."""
    seen = set()
    for point in axis:
        values = tuple((type(value), value) for value in point.coordinates.values())  # 1, 1.0 and true are three
        if values in seen:
            told = ", ".join(quoted(value) for value in point.coordinates.values())
            raise StudyError(f"{point.place}: {told} is given twice; name each value of an axis once")
        seen.add(values)
    return axis
