"""A study at one scale, before its trials are enumerated."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ablations.study.axes import Grid, values_of_all
from ablations.study.settings import Layer, overlay
from ablations.study.study import Resources, StopEarly, Study
from ablations.study.yaml_source import Source
from ablations.types.choices import Choice
from core.config.own_code import OwnCode
from reports.specs import Report
from reports.statistics.claims.kinds import Claim


@dataclass(frozen=True)
class ScaledStudy:
    """A study at one scale, with every layer of settings laid over the one below."""

    study: Study
    source: Source
    """The study's own file."""
    scale: str
    scale_description: str
    scale_source: Source
    """The file of the common scale."""
    base: Layer
    """Settings of every trial: the common scale, the study's base, then what the study changes at this scale."""
    grids: list[Grid]
    own_grids: list[Grid]
    """The study's own grids, even if its scale replaces them."""
    tune: Grid | None
    """Axes whose values are chosen for each cell and seed; None if nothing is tuned."""
    claims: list[Claim]
    """Claims at the scale; see ``claims.resolved``."""
    baselines: dict[str, Layer]
    """Settings of each baseline, by name."""
    overrides: Layer
    """Settings of ``--set``. An axis that it names has its values replaced; what defines a baseline stays."""
    seeds: list[int]
    vary: tuple[Choice, ...]
    """Random choices that follow a trial's seed."""
    resources: Resources
    stop_early: StopEarly | None
    report: Report
    label: str
    """The scale and a digest of the overrides; see ``run_label``. Seeds are no override: they extend a study."""
    options: tuple[str, ...]
    """Options of the command line, as they were given: ``--scale``, ``--set`` and ``--seeds``."""
    metrics: Mapping[str, str] = field(default_factory=dict)
    """Metrics that the report or a claim names, and the place of each."""
    notes: tuple[str, ...] = ()
    """Remarks of a reviewer on the file, each with its remedy."""

    own_code: tuple[OwnCode, ...] = ()
    """The user's own files that were run to read the study."""

    @property
    def axis_names(self) -> list[str]:
        """Names of the axes of all grids, in order."""
        return list(values_of_all(self.grids))

    @property
    def settings(self) -> Layer:
        """Settings that every trial has, unless its cell or baseline has others."""
        return overlay([self.base, self.overrides])
