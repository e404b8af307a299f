"""From a study file, a scale and a command line to one study with everything laid over each other."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from ablations.study.axes import Grid
from ablations.study.checks.claim_names import check_claim_names
from ablations.study.checks.report_names import check_report, default_report
from ablations.study.checks.setting_paths import check_paths
from ablations.study.claims import check_claims, claim_as_text
from ablations.study.explain import validate
from ablations.study.extends import Lineage, read_lineage
from ablations.study.grid_forms.parse import parse_grid
from ablations.study.grid_forms.points import checked_label
from ablations.study.library import find_scale, scale_names
from ablations.study.overrides import assigned, assigned_resources, of_trials, with_axes_replaced
from ablations.study.scaled_study import ScaledStudy
from ablations.study.settings import Layer, flatten, overlay
from ablations.study.study import Resources, Scale, Seeds
from ablations.study.yaml_source import Source, read_yaml
from ablations.types.errors import StudyError
from ablations.types.wording import closest, did_you_mean, shortened
from reports.specs import Report

DEFAULT_SCALE = "quick"
SCALE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")


def load_study(
    reference: str, scale: str | None = None, assignments: Sequence[str] = (), seeds: int | None = None
) -> ScaledStudy:
    """Read a study and check everything but the trials' configurations. Raises ``StudyError``.

    ``assignments`` are ``path=value``. One that names an axis replaces the axis' values, and ``resources.gpu=0.25``
    changes the study's resources.
    """
    lineage = read_lineage(reference)
    study = lineage.merged()
    scale = scale or DEFAULT_SCALE
    common, common_source = _common_scale(scale, lineage)
    own_grids = parse_grid(study.grid, lineage.says("grid").source, ("grid",))
    grids, overrides = with_axes_replaced(parse_grid(*lineage.at_scale(scale, "grid")), assigned(assignments))
    _check_claims(lineage, own_grids)
    _check_other_scales(lineage)
    resources = lineage.at_scale(scale, "resources")[0] or common.resources or Resources()
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
        claims=[claim_as_text(claim, own_grids, grids, scale) for claim in study.claims],
        baselines=_baselines(lineage),
        overrides=overrides,
        label=run_label(scale, assignments),
        options=command_options(scale, assignments, seeds),
        seeds=_seed_list(seeds or lineage.at_scale(scale, "seeds")[0] or common.seeds or 1),
        resources=assigned_resources(resources, assignments),
        stop_early=lineage.at_scale(scale, "stop_early")[0] or common.stop_early,
        report=_report(lineage, grids, own_grids),
        metrics=dict(_named_metrics(lineage)),
        notes=tuple(_notes(lineage)),
    )


def run_label(scale: str, assignments: Sequence[str]) -> str:
    """A name that tells runs of one study apart: the scale, and a digest of the overrides of trials if there are
    any."""
    digest = _digest(of_trials(assignments))
    return f"{scale}-{digest}" if digest else scale


def command_options(scale: str, assignments: Sequence[str], seeds: int | None) -> tuple[str, ...]:
    """The options as they are written on the command line; the default scale is left out."""
    given = ["--scale", scale] if scale != DEFAULT_SCALE else []
    given += [word for assignment in assignments for word in ("--set", assignment)]
    return (*given, *(["--seeds", str(seeds)] if seeds else []))


def _common_scale(name: str, lineage: Lineage) -> tuple[Scale, Source]:
    """The common scale and its file; an empty one for a scale that only the study has."""
    if not SCALE_NAME.fullmatch(name):
        raise StudyError(f"--scale {shortened(name)}: a scale is a name, such as {DEFAULT_SCALE}")
    path = find_scale(name, lineage.path)
    if path:
        return _read_scale(path.resolve(), path.stat().st_mtime_ns)
    if name in lineage.own_scales:
        return Scale(), Source(str(lineage.path))
    known = all_scale_names(lineage)
    raise StudyError(f"--scale {shortened(name)}: there is no such scale; {did_you_mean(name, known)}")


def all_scale_names(lineage: Lineage) -> list[str]:
    """Names of the common scales and of the study's own."""
    return sorted({*scale_names(lineage.path), *lineage.own_scales})


@lru_cache
def _read_scale(path: Path, changed: int) -> tuple[Scale, Source]:
    """Read once for many studies, and again once the file has ``changed``."""
    source = read_yaml(path)
    return validate(Scale, source), source


def _check_other_scales(lineage: Lineage) -> None:
    """Raises ``StudyError`` for a name that no field has at any scale: a mistake at another scale is found now."""
    for part in lineage.parts:
        for name, own in part.study.scales.items():
            check_paths([flatten(own.base, part.source, ("scales", name, "base"))])
            if own.grid is not None:
                grids = parse_grid(own.grid, part.source, ("scales", name, "grid"))
                check_paths(point.settings for grid in grids for axis in grid.axes for point in axis)


def _check_claims(lineage: Lineage, own_grids: list[Grid]) -> None:
    claims, part = lineage.merged().claims, lineage.says("claims")
    try:
        check_claims(claims, own_grids, part.source)
        check_claim_names(claims, all_scale_names(lineage), part.source)
    except StudyError as error:
        hint = _inherited(lineage, "claims", "'claims: []' for none")
        raise StudyError(f"{error}{hint}") from error


def _report(lineage: Lineage, grids: list[Grid], own_grids: list[Grid]) -> Report:
    report = lineage.merged().report
    if report is None:
        return default_report(grids)
    try:
        check_report(report, grids, own_grids, lineage.says("report").source)
    except StudyError as error:
        hint = _inherited(lineage, "report", "'report:' for the default figure")
        raise StudyError(f"{error}{hint}") from error
    return report


def _inherited(lineage: Lineage, field: str, remedy: str) -> str:
    """A remedy for a field that does not fit because it comes from an extended study; empty for the study's own."""
    if lineage.says(field) is lineage.parts[0]:
        return ""
    return f". This comes from a study that {lineage.path} extends: write {remedy} there, or {field} of its own"


def _named_metrics(lineage: Lineage) -> Iterator[tuple[str, str]]:
    """Metrics that the file names, and the place of each; those that a report has by default are not among them."""
    study = lineage.merged()
    for number, claim in enumerate(study.claims):
        if claim.metric:
            yield claim.metric, lineage.says("claims").source.locate(("claims", number, "metric"))
    if study.report:
        for keys, name in study.report.named("metric"):
            if keys[0] in study.report.model_fields_set:
                yield name, lineage.says("report").source.locate(("report", *keys))


def _notes(lineage: Lineage) -> Iterator[str]:
    """Scales of the study whose names look like a mistake."""
    common = scale_names(lineage.path)
    for part in lineage.parts:
        for name in part.study.scales:
            close = closest(name, common)
            if name not in common and close and close not in name:
                place = part.source.locate(("scales", name))
                yield f"{place}: a scale of this study alone; did you mean {close!r}?"


def _baselines(lineage: Lineage) -> dict[str, Layer]:
    source = lineage.says("baselines").source
    return {
        checked_label(name, source.locate(("baselines", name))): flatten(settings, source, ("baselines", name))
        for name, settings in lineage.merged().baselines.items()
    }


def _digest(assignments: Sequence[str]) -> str:
    """Six hex digits; empty without any."""
    return hashlib.sha256("\n".join(sorted(assignments)).encode()).hexdigest()[:6] if assignments else ""


def _seed_list(seeds: Seeds) -> list[int]:
    return list(range(seeds)) if isinstance(seeds, int) else list(seeds)
