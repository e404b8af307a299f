"""What a study file holds."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from core.config import Config
from reports.specs import Report
from reports.statistics.claims import Claim, known_numbers

Settings = dict[str, Any]
"""Fields of ``PretrainConfig``, and those of ``EvaluateConfig`` under ``evaluate``: nested, or by dotted path."""

Values = Annotated[list[Any], Field(min_length=1)] | Annotated[dict[str, Any], Field(min_length=1)]
Axes = Annotated[dict[str, Values], Field(min_length=1)]
"""For each dotted path the values that it takes, or values by the label that figures give them; the trials are
their product. ``zip``, ``points``, ``leave_one_out``, ``add_one_in`` and ``only_where`` are no paths: see
``ablations.axes``."""

Grids = Annotated[list[Axes], Field(min_length=1)]
"""Several grids, one after the other."""

Seeds = (
    Annotated[int, Field(ge=1, le=1000)] | Annotated[list[Annotated[int, Field(ge=0, lt=2**31)]], Field(min_length=1)]
)
"""A list of seeds, or how many, counted from 0."""


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
"""Of a study or a collection: it is part of paths."""


class Resources(Config):
    """What one trial occupies while it runs. It changes no result, so it is no part of a trial's identity."""

    cpu: Annotated[float, Field(gt=0)] = 1
    """Cores; a trial's PyTorch uses as many threads."""
    gpu: Annotated[float, Field(ge=0)] = 0
    """GPUs; 0.25 runs four trials on one."""
    pack: bool = False
    """Run as many trials on a GPU as its memory holds, by the peak of what was measured on this storage; what was not
    measured is reckoned. Before anything was, each has a whole one: ``ablate plan --probe`` measures first."""
    minutes: Annotated[float, Field(gt=0)] | None = None
    """Longest that one attempt at a training may take, looked at when an epoch ends."""
    workers: Annotated[int, Field(ge=1)] = 1
    """Processes that share each training, by NCCL on GPUs and gloo on CPUs, each with its own ``cpu`` and ``gpu``: one
    GPU or none. They must divide the batch. Batch norm and loss stay those of the whole batch, and so does the
    result."""

    @property
    def share(self) -> float:
        """Of a GPU, of which a trial uses no more than one; 1 where it uses none."""
        return min(self.gpu or 1.0, 1.0)

    @model_validator(mode="after")
    def _check_workers(self) -> Self:
        if self.workers > 1 and self.gpu not in (0, 1):
            raise ValueError(f"each of {self.workers} workers takes one GPU, or none: gpu must be 1 or 0")
        if self.pack and (self.workers > 1 or self.gpu != 1):
            raise ValueError("pack shares out whole GPUs: gpu must be 1, and workers 1")
        return self


class StopEarly(Config):
    """Stop trainings that fall behind, by asynchronous successive halving (ASHA, Li et al. 2020). It is for finding
    good cells with less compute, not for measuring what a setting does: what learns slowly at first is stopped however
    well it would have ended, and which trainings are stopped depends on the order in which they come along. A stopped
    trial has no result, and a claim that needs it is not decided. Without ``stop_early`` the same study trains what was
    stopped on from where it was.

    Trainings are compared by ``core.evaluation.training_knn``, which means the same whatever the loss. The loss and
    the contrastive accuracy do not: they depend on temperature, batch size and augmentation. Baselines are spared.
    """

    grace_epochs: Annotated[int, Field(ge=1)]
    """Epochs after which trainings are compared first."""
    reduction: Annotated[int, Field(ge=2)] = 3
    """One in so many of those that were compared after an epoch goes on; the next time is so many times as late."""


class Scale(Config):
    """How large a study is run: what changes from one scale to another."""

    description: str = ""
    """One line on what it takes."""
    base: Settings = {}
    """Settings of every trial."""
    grid: Axes | Grids | None = None
    """Replaces the study's grid."""
    seeds: Seeds | None = None
    """Replaces the study's seeds."""
    resources: Resources | None = None
    """Replaces the study's resources."""
    stop_early: StopEarly | None = None
    """Replaces the study's rule."""


class Study(Config):
    """A question to be answered by trials."""

    name: Name
    """Also the name of the MLflow experiment."""
    title: str = ""
    """Stands above the figure."""
    reproduces: Annotated[str, AfterValidator(known_numbers)] | None = None
    """The paper's figure or table, such as ``figure_5``, to draw beside the results."""
    claims: list[Claim] = []
    """What the paper says of it; the report gives each a verdict."""
    base: Settings = {}
    """Settings of every trial."""
    extends: str | None = None
    """Another study, by its name or its path from this file: what is not said here is as it says."""
    grid: Axes | Grids | None = None
    """The axes, or several grids one after the other. Left out only where an extended study has one."""
    baselines: dict[str, Settings] = {}
    """Named trials outside the grid, to compare it with."""
    seeds: Seeds | None = None
    """One where neither the study nor its scale says how many."""
    resources: Resources | None = None
    """One core where neither the study nor its scale says what."""
    stop_early: StopEarly | None = None
    """Every training goes to its end where neither the study nor its scale says otherwise."""
    scales: dict[str, Scale] = {}
    """What this study changes at a scale, over the common ``scales/<name>.yaml``."""
    report: Report | None = None
    """How the result is drawn; without it a heatmap of two axes, or points over the first."""
