"""Scales: the common ones, and those that a study changes or adds."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ablations.study.checks.setting_paths import check_paths
from ablations.study.explain import validate
from ablations.study.extends import Lineage
from ablations.study.grid_forms.parse import parse_grid
from ablations.study.grid_forms.tune import parse_tune
from ablations.study.library import find_scale, scale_names
from ablations.study.settings import flatten
from ablations.study.study import Scale
from ablations.study.yaml_source import Source, read_yaml
from ablations.types.errors import StudyError
from ablations.types.wording import closest, did_you_mean, shortened

DEFAULT_SCALE = "quick"
SCALE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")


def common_scale(name: str, lineage: Lineage) -> tuple[Scale, Source]:
    """The common scale and its file; an empty one for a scale that only the study has.

    Raises ``StudyError`` for a scale that is not there.
    """
    if not SCALE_NAME.fullmatch(name):
        raise StudyError(f"--scale {shortened(name)}: a scale is a name, such as {DEFAULT_SCALE}")
    path = find_scale(name, lineage.path)
    if path:
        return _read_scale(path.resolve(), path.stat().st_mtime_ns)
    if name in lineage.own_scales:
        return Scale(), Source(str(lineage.path))
    told = did_you_mean(name, all_scale_names(lineage))
    raise StudyError(f"--scale {shortened(name)}: there is no such scale; {told}")


def all_scale_names(lineage: Lineage) -> list[str]:
    """Names of the common scales and of the study's own."""
    return sorted({*scale_names(lineage.path), *lineage.own_scales})


def check_own_scales(lineage: Lineage) -> None:
    """Raises ``StudyError`` for a setting that no field has, at any scale: it need not be run to be found."""
    for part in lineage.parts:
        for name, own in part.study.scales.items():
            check_paths([flatten(own.base, part.source, ("scales", name, "base"))])
            grid = parse_grid(*lineage.at_scale(name, "grid"))
            if tune := parse_tune(own.tune, part.source, ("scales", name, "tune"), grid):
                check_paths(point.settings for axis in tune.axes for point in axis)
            if own.grid is not None:
                grids = parse_grid(own.grid, part.source, ("scales", name, "grid"))
                check_paths(point.settings for grid in grids for axis in grid.axes for point in axis)


def misspelt_scales(lineage: Lineage) -> Iterator[str]:
    """A question about each scale of the study whose name is close to that of a common one."""
    common = scale_names(lineage.path)
    for part in lineage.parts:
        for name in part.study.scales:
            close = closest(name, common)
            if name not in common and close and close not in name:
                place = part.source.locate(("scales", name))
                yield f"{place}: a scale of this study alone; did you mean {close!r}?"


@lru_cache
def _read_scale(path: Path, changed: int) -> tuple[Scale, Source]:
    """Read once for many studies, and again once the file has ``changed``."""
    source = read_yaml(path)
    return validate(Scale, source), source
