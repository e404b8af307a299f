"""Loads a study: its file, a scale and the command line, laid over each other."""

import hashlib
from collections.abc import Sequence
from typing import Any

from ablations.study.checks.inherited import check_claims_of, checked_report, named_metrics
from ablations.study.claims import resolved
from ablations.study.extends import Lineage, read_lineage
from ablations.study.grid_forms.parse import parse_grid
from ablations.study.grid_forms.points import checked_label
from ablations.study.grid_forms.tune import parse_tune
from ablations.study.overrides import assigned, assigned_resources, of_trials, with_axes_replaced
from ablations.study.own_code.uses import WITH_CODE, CodeOptions
from ablations.study.scaled_study import ScaledStudy
from ablations.study.scales import DEFAULT_SCALE, check_own_scales, common_scale, misspelt_scales
from ablations.study.settings import Layer, flatten, overlay
from ablations.study.study import Resources, Scale, Seeds
from ablations.study.yaml_source import Keys, Source


def load_study(
    reference: str,
    scale: str | None = None,
    assignments: Sequence[str] = (),
    seeds: int | None = None,
    code: CodeOptions = WITH_CODE,
) -> ScaledStudy:
    """Read a study and check everything but the trials' configurations. Raises ``StudyError``.

    ``assignments`` are ``path=value``. One that names an axis replaces the axis' values, and ``resources.gpu=0.25``
    changes the study's resources. ``code`` says which files of the user's own are run.
    """
    lineage = read_lineage(reference, code)
    study = lineage.merged()
    scale = scale or DEFAULT_SCALE
    common, common_source = common_scale(scale, lineage)
    own_grids = parse_grid(study.grid, lineage.says("grid").source, ("grid",))
    grids = parse_grid(*lineage.at_scale(scale, "grid"))
    tune = parse_tune(*_tuned(lineage, scale, common, common_source), grids)
    (grids, tuned), overrides = with_axes_replaced([grids, [tune] if tune else []], assigned(assignments))
    parse_tune(study.tune, lineage.says("tune").source, ("tune",), own_grids)  # to find its mistakes at every scale
    check_claims_of(lineage, own_grids)
    check_own_scales(lineage)
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
        tune=tuned[0] if tuned else None,
        claims=[resolved(claim, own_grids, grids, scale) for claim in study.claims],
        baselines=_baselines(lineage),
        overrides=overrides,
        label=run_label(scale, assignments),
        options=command_options(scale, assignments, seeds, code.use),
        seeds=_seed_list(seeds or lineage.at_scale(scale, "seeds")[0] or common.seeds or 1),
        vary=tuple(study.vary),
        resources=assigned_resources(resources, assignments),
        stop_early=lineage.at_scale(scale, "stop_early")[0] or common.stop_early,
        report=checked_report(lineage, grids, own_grids),
        metrics=dict(named_metrics(lineage)),
        notes=tuple(misspelt_scales(lineage)),
        own_code=lineage.own_code,
    )


def run_label(scale: str, assignments: Sequence[str]) -> str:
    """A name that tells runs of one study apart: the scale, and a digest of the overrides of trials if there are
    any."""
    digest = _digest(of_trials(assignments))
    return f"{scale}-{digest}" if digest else scale


def command_options(
    scale: str, assignments: Sequence[str], seeds: int | None, use: Sequence[str] = ()
) -> tuple[str, ...]:
    """The options as they are written on the command line; the default scale is left out."""
    given = ["--scale", scale] if scale != DEFAULT_SCALE else []
    given += [word for assignment in assignments for word in ("--set", assignment)]
    given += [word for file in use for word in ("--use", file)]
    return (*given, *(["--seeds", str(seeds)] if seeds else []))


def _tuned(lineage: Lineage, scale: str, common: Scale, common_source: Source) -> tuple[Any, Source, Keys]:
    """The tuned settings at a scale, and their place: those of the study, else of the common scale."""
    own = lineage.at_scale(scale, "tune")
    return own if own[0] is not None else (common.tune, common_source, ("tune",))


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
