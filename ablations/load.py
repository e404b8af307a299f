"""From a study file, a scale and a command line to one study with everything laid over each other."""

import hashlib
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from ablations.claims import check_claims
from ablations.errors import StudyError
from ablations.explain import explain
from ablations.library import find_scale, find_study, scale_names
from ablations.settings import Layer, Setting, SettingPath, flatten, overlay
from ablations.study import Axes, HeatmapReport, PointsReport, Report, Resources, Scale, Seeds, Study
from ablations.yaml_source import Keys, Source, parse_scalar, read_yaml

DEFAULT_SCALE = "quick"
SCALE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")

M = TypeVar("M", Study, Scale)


@dataclass(frozen=True)
class ScaledStudy:
    """A study at one scale, before its trials are enumerated."""

    study: Study
    source: Source
    scale: str
    scale_description: str
    scale_source: Source
    """The common scale's file."""
    base: Layer
    """Of every trial: the common scale, the study's base, then what the study changes at this scale."""
    axes: dict[SettingPath, list[Setting]]
    baselines: dict[str, Layer]
    overrides: Layer
    """``--set``. An axis that it names has its values replaced; what defines a baseline stays."""
    seeds: list[int]
    resources: Resources
    report: Report

    overridden: str
    """Six hex digits of ``--set``; empty without it. Seeds are no override: they extend a study."""

    @property
    def label(self) -> str:
        """What runs of one study are told apart by: the scale, and the overrides where there are any."""
        return f"{self.scale}-{self.overridden}" if self.overridden else self.scale

    @property
    def settings(self) -> Layer:
        """Of every trial, whatever its cell."""
        return overlay([self.base, self.overrides])


def load_study(
    reference: str, scale: str | None = None, assignments: Sequence[str] = (), seeds: int | None = None
) -> ScaledStudy:
    """Read and check everything but the trials' configurations. Raises ``StudyError``.

    ``assignments`` are ``path=value``; one that names an axis replaces the axis' values.
    """
    path = find_study(reference)
    source = read_yaml(path)
    study = _validate(Study, source)
    check_claims(study, source)
    scale = scale or DEFAULT_SCALE
    if not SCALE_NAME.fullmatch(scale):
        raise StudyError(f"--scale {scale}: a scale is a name, such as {DEFAULT_SCALE}")
    common, common_source = _common_scale(scale, path, study)
    own = study.scales.get(scale, Scale())
    base = overlay(
        [
            flatten(common.base, common_source, ("base",)),
            flatten(study.base, source, ("base",)),
            flatten(own.base, source, ("scales", scale, "base")),
        ]
    )
    axes = _axes(own.grid, source, ("scales", scale, "grid")) if own.grid else _axes(study.grid, source, ("grid",))
    overrides = _assignments(assignments)
    for axis in axes.keys() & overrides.keys():
        axes[axis] = _axis_values(overrides.pop(axis))
    return ScaledStudy(
        study=study,
        source=source,
        scale=scale,
        scale_description=own.description or common.description,
        scale_source=common_source,
        base=base,
        axes=axes,
        baselines={name: flatten(settings, source, ("baselines", name)) for name, settings in study.baselines.items()},
        overrides=overrides,
        overridden=_digest(assignments),
        seeds=_seed_list(seeds or own.seeds or study.seeds or common.seeds or 1),
        resources=own.resources or study.resources or common.resources or Resources(),
        report=_report(study, axes, source),
    )


def _validate(model: type[M], source: Source) -> M:
    values = source.values
    if not isinstance(values, dict):
        raise StudyError(f"{source.place(())}: a {model.__name__.lower()} file is a mapping, such as 'name: my_study'")
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise StudyError(explain(error, model, values, source.locate)) from error


def _common_scale(name: str, study_path: Path, study: Study) -> tuple[Scale, Source]:
    path = find_scale(name, study_path)
    if path is None:
        if name in study.scales:
            return Scale(), Source(str(study_path))
        known = ", ".join(sorted({*scale_names(study_path), *study.scales}))
        raise StudyError(f"--scale {name}: there is no such scale; known are {known}")
    source = read_yaml(path)
    return _validate(Scale, source), source


def _axes(grid: Axes, source: Source, keys: Keys) -> dict[SettingPath, list[Setting]]:
    axes: dict[SettingPath, list[Setting]] = {}
    for name, values in grid.items():
        settings = [Setting(value, source, (*keys, name, number)) for number, value in enumerate(values)]
        for earlier, later in itertools.combinations(settings, 2):
            if _same(earlier.value, later.value):
                raise StudyError(f"{later.place()}: {later.value!r} is there already; each value of an axis once")
        axes[tuple(name.split("."))] = settings
    return axes


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


def _assignments(assignments: Sequence[str]) -> Layer:
    layers = []
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals or not path:
            raise StudyError(f"--set {assignment}: write --set path=value, such as --set epochs=20")
        try:
            value = parse_scalar(text)
        except StudyError as error:
            raise StudyError(f"--set {assignment}: {error}") from error
        layers.append(flatten({path: value}, Source(f"--set {assignment}"), ()))
    return overlay(layers)


def _digest(assignments: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(assignments)).encode()).hexdigest()[:6] if assignments else ""


def _axis_values(setting: Setting) -> list[Setting]:
    values = setting.value if isinstance(setting.value, list) else [setting.value]
    if not values:
        raise StudyError(f"{setting.source.name}: an axis has at least one value")
    return [Setting(value, setting.source, setting.keys) for value in values]


def _seed_list(seeds: Seeds) -> list[int]:
    return list(range(seeds)) if isinstance(seeds, int) else list(seeds)


def _report(study: Study, axes: dict[SettingPath, list[Setting]], source: Source) -> Report:
    names = [".".join(axis) for axis in axes]
    if study.report is None:
        return HeatmapReport(rows=names[0], columns=names[1]) if len(names) == 2 else PointsReport(x=names[0])
    for field in ("rows", "columns", "x"):
        axis = getattr(study.report, field, names[0])
        if axis not in names:
            place = source.locate(("report", field))
            raise StudyError(f"{place}: {axis!r} is no axis of the grid; the axes are {', '.join(names)}")
    if isinstance(study.report, HeatmapReport) and study.report.rows == study.report.columns:
        raise StudyError(f"{source.locate(('report', 'columns'))}: rows and columns are the same axis")
    return study.report
