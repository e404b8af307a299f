"""Draws and saves the further figures of a report."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.figure import Figure

from reports.figures.further.curves import curves_caption, draw_curves
from reports.figures.further.views import CAPTION, draw_views
from reports.figures.labels.short_names import with_short_names
from reports.figures.main_effects import draw_main_effects
from reports.specs import MainEffectsReport, PicturesReport
from reports.study_report import StudyReport
from reports.style import save_figure

NAMES = ("views", "main_effects", "curves")
"""The names of all further figures."""
SUFFIXES = ("png", "svg")


@dataclass(frozen=True)
class Further:
    """A further figure of a report."""

    name: str
    """The name of its file."""
    title: str
    caption: str
    figure: Figure | None
    """The figure; None if it cannot be drawn, for a reason that the caption gives."""
    findings: list[str] = field(default_factory=list)
    """Sentences on what it shows."""


def save_further(report: StudyReport, folder: Path) -> list[Further]:
    """Write ``<name>.png`` and ``<name>.svg`` of each further figure that the report has something for; remove those of
    the others."""
    found = list(_drawn(with_short_names(report)))
    for file in (f"{name}.{suffix}" for name in NAMES for suffix in SUFFIXES):
        (folder / file).unlink(missing_ok=True)
    for one in found:
        if one.figure:
            save_figure(one.figure, folder, one.name, SUFFIXES)
    return found


def _drawn(report: StudyReport) -> Iterator[Further]:
    if report.views or report.no_views:
        yield Further("views", "Views", report.no_views or CAPTION, draw_views(report))
    several = sum(report.table[axis].nunique() > 1 for axis in report.axes) > 1
    if several and not isinstance(report.spec, MainEffectsReport | PicturesReport):
        drawn = draw_main_effects(report, MainEffectsReport(metric=report.metric))
        if len(drawn.data) and drawn.data["effect"].notna().any():
            yield Further("main_effects", "Main effects", drawn.caption, drawn.figure, drawn.findings)
    if curves := draw_curves(report):
        yield Further("curves", "Learning curves", curves_caption(report), curves)
