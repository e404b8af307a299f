"""From a study file, a scale and a command line to one study with everything laid over each other."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ablations.axes import LABELLED, Grid, parse_grid, plain_axis
from ablations.claims import check_claims, resolved
from ablations.errors import StudyError
from ablations.library import find_scale, scale_names
from ablations.lineage import Lineage, read_lineage
from ablations.overrides import assigned, assigned_resources, of_trials
from ablations.report_choice import chosen_report
from ablations.settings import Layer, Setting, SettingPath, flatten, overlay
from ablations.study import Resources, Scale, Seeds, StopEarly, Study
from ablations.validate import validate
from ablations.yaml_source import Source, read_yaml
from reports.specs import Report
from reports.statistics.claims import Claim

DEFAULT_SCALE = "quick"
SCALE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")


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
    grids: list[Grid]
    own_grids: list[Grid]
    """The study's, whatever its scale has in place of them."""
    claims: list[Claim]
    """As plain values; see ``claim_as_text``."""
    baselines: dict[str, Layer]
    overrides: Layer
    """``--set``. An axis that it names has its values replaced; what defines a baseline stays."""
    seeds: list[int]
    resources: Resources
    stop_early: StopEarly | None
    report: Report

    label: str
    """See ``run_label``. Seeds are no override: they extend a study."""
    options: tuple[str, ...]
    """Of the command line: ``--scale``, ``--set`` and ``--seeds`` as they were given."""

    @property
    def axis_names(self) -> list[str]:
        """Of all grids, in order."""
        return list(dict.fromkeys(name for grid in self.grids for name in grid.names))

    @property
    def settings(self) -> Layer:
        """Of every trial, whatever its cell."""
        return overlay([self.base, self.overrides])


def load_study(
    reference: str, scale: str | None = None, assignments: Sequence[str] = (), seeds: int | None = None
) -> ScaledStudy:
    """Read and check everything but the trials' configurations. Raises ``StudyError``.

    ``assignments`` are ``path=value``; one that names an axis replaces the axis' values, and ``resources.gpu=0.25`` is
    of the study's resources.
    """
    lineage = read_lineage(reference)
    study = lineage.merged()
    scale = scale or DEFAULT_SCALE
    if not SCALE_NAME.fullmatch(scale):
        raise StudyError(f"--scale {scale}: a scale is a name, such as {DEFAULT_SCALE}")
    common, common_source = _common_scale(scale, lineage)
    own_grids = parse_grid(study.grid, lineage.says("grid").source, ("grid",))
    check_claims(study.claims, own_grids, lineage.says("claims").source)
    grids = parse_grid(*lineage.at_scale(scale, "grid"))
    overrides = assigned(assignments)
    replaced = {path: overrides.pop(path) for path in _plain_paths(grids) & overrides.keys()}
    grids = [_replace_axes(grid, replaced) for grid in grids]
    names = list(dict.fromkeys(name for grid in grids for name in grid.names))
    baselines = lineage.says("baselines")
    descriptions = [part.study.scales[scale].description for part in lineage.parts if scale in part.study.scales]
    return ScaledStudy(
        study=study,
        source=lineage.parts[0].source,
        scale=scale,
        scale_description=next(filter(None, [*descriptions, common.description]), ""),
        scale_source=common_source,
        base=overlay([flatten(common.base, common_source, ("base",)), lineage.base(scale)]),
        grids=grids,
        own_grids=own_grids,
        claims=[resolved(claim, own_grids, grids, scale) for claim in study.claims],
        baselines={
            name: flatten(settings, baselines.source, ("baselines", name)) for name, settings in study.baselines.items()
        },
        overrides=overrides,
        label=run_label(scale, assignments),
        options=command_options(scale, assignments, seeds),
        seeds=_seed_list(seeds or lineage.at_scale(scale, "seeds")[0] or common.seeds or 1),
        resources=assigned_resources(
            lineage.at_scale(scale, "resources")[0] or common.resources or Resources(), assignments
        ),
        stop_early=lineage.at_scale(scale, "stop_early")[0] or common.stop_early,
        report=chosen_report(study.report, names, lineage.says("report").source),
    )


def command_options(scale: str, assignments: Sequence[str], seeds: int | None) -> tuple[str, ...]:
    """As they are written on the command line; the default scale is left out."""
    given = ["--scale", scale] if scale != DEFAULT_SCALE else []
    given += [word for assignment in assignments for word in ("--set", assignment)]
    return (*given, *(["--seeds", str(seeds)] if seeds else []))


def _common_scale(name: str, lineage: Lineage) -> tuple[Scale, Source]:
    path = find_scale(name, lineage.path)
    if path is None:
        own = {scale for part in lineage.parts for scale in part.study.scales}
        if name in own:
            return Scale(), Source(str(lineage.path))
        known = ", ".join(sorted({*scale_names(lineage.path), *own}))
        raise StudyError(f"--scale {name}: there is no such scale; known are {known}")
    return _read_scale(path.resolve(), path.stat().st_mtime_ns)


@lru_cache
def _read_scale(path: Path, changed: int) -> tuple[Scale, Source]:
    """Read once for many studies, and again once the file has ``changed``."""
    source = read_yaml(path)
    return validate(Scale, source), source


def _plain_paths(grids: list[Grid]) -> set[SettingPath]:
    """Of the axes that ``--set`` may give other values."""
    names = {next(iter(axis[0].coordinates)) for grid in grids for axis in grid.axes if len(axis[0].coordinates) == 1}
    return {tuple(name.split(".")) for name in names - set(LABELLED)}


def _replace_axes(grid: Grid, values: Layer) -> Grid:
    by_name = {".".join(path): plain_axis(".".join(path), _axis_values(setting)) for path, setting in values.items()}
    return replace(grid, axes=tuple(by_name.get(next(iter(axis[0].coordinates)), axis) for axis in grid.axes))


def run_label(scale: str, assignments: Sequence[str]) -> str:
    """What runs of one study are told apart by: the scale, and the overrides of trials where there are any."""
    digest = _digest(of_trials(assignments))
    return f"{scale}-{digest}" if digest else scale


def _digest(assignments: Sequence[str]) -> str:
    """Six hex digits; empty without any."""
    return hashlib.sha256("\n".join(sorted(assignments)).encode()).hexdigest()[:6] if assignments else ""


def _axis_values(setting: Setting) -> list[Setting]:
    values = setting.value if isinstance(setting.value, list) else [setting.value]
    if not values:
        raise StudyError(f"{setting.source.name}: an axis has at least one value")
    return [Setting(value, setting.source, setting.keys) for value in values]


def _seed_list(seeds: Seeds) -> list[int]:
    return list(range(seeds)) if isinstance(seeds, int) else list(seeds)
