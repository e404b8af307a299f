"""The content of a study file."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from ablations.types.choices import CHOICES, Choice
from core.config import Config
from reports.cells.search import Select
from reports.specs import Report
from reports.statistics.claims.kinds import Claim, known_numbers

Settings = dict[str, Any]
"""Fields of ``PretrainConfig``, and those of ``EvaluateConfig`` under ``evaluate``: nested, or by dotted path."""

Axes = Annotated[dict[str, Any], Field(min_length=1)]
"""A grid: its axes by dotted path or by form. ``ablations.study.grid_forms`` reads and checks them."""

Grids = Annotated[list[Axes], Field(min_length=1)]
"""Several grids, one after the other."""

Tune = dict[str, Any]
"""Tuned axes, in the forms of a grid; empty for none."""


def _each_once(seeds: list[int]) -> list[int]:
    if twice := [seed for number, seed in enumerate(seeds) if seed in seeds[:number]]:
        raise ValueError(f"the seed {twice[0]} is given twice")
    return seeds


Seeds = (
    Annotated[int, Field(ge=1, le=1000)]
    | Annotated[list[Annotated[int, Field(ge=0, lt=2**31)]], Field(min_length=1), AfterValidator(_each_once)]
)
"""A list of seeds, or their number, counted from 0."""


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
"""Name of a study or a collection; it is part of paths."""


ScaleName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$")]
"""Name of a scale; it is part of paths."""


class Resources(Config):
    """The resources that one trial occupies while it runs. They change no result, so they are no part of
    its identity."""

    cpu: Annotated[float, Field(gt=0, le=1024)] = 1
    """Cores; a trial's PyTorch uses as many threads."""
    gpu: Annotated[float, Field(ge=0, le=64)] = 0
    """GPUs; 0.25 runs four trials on one."""
    pack: bool = False
    """Whether to run as many trials on a GPU as its memory holds. Their need is the measured peak of past trials on
    this storage, or a calculation for trials that were never measured. Until anything is measured, each trial has a
    whole GPU: ``ablate plan --probe`` measures first."""
    minutes: Annotated[float, Field(gt=0)] | None = None
    """Longest time of one attempt at a training, in minutes; checked at the end of each epoch."""
    workers: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Processes that share each training, by NCCL on GPUs and gloo on CPUs. Each has its own ``cpu`` and ``gpu``: one
    GPU or none. Their number must divide the batch. Batch norm and loss are still those of the whole batch, and so is
    the result."""

    @property
    def share(self) -> float:
        """Share of a GPU that a trial uses, at most 1; 1 if it uses no GPU."""
        return min(self.gpu or 1.0, 1.0)

    @model_validator(mode="after")
    def _check_workers(self) -> Self:
        if self.workers > 1 and self.gpu not in (0, 1):
            raise ValueError(f"each of {self.workers} workers takes one GPU, or none: gpu must be 1 or 0")
        if self.pack and (self.workers > 1 or self.gpu != 1):
            raise ValueError("pack shares out whole GPUs: gpu must be 1, and workers 1")
        return self


class StopEarly(Config):
    """Stop trainings that fall behind, by asynchronous successive halving (ASHA, Li et al. 2020).

    This finds good cells with less compute. It does not measure what a setting does: a training that learns slowly at
    first is stopped however well it would have ended, and which trainings are stopped depends on the order in which
    they run. A stopped trial has no result, and a claim that needs it stays undecided. The same study without
    ``stop_early`` trains the stopped trials on.

    Trainings are compared by ``core.trained.training_knn``, which means the same for every loss. The loss itself and
    the contrastive accuracy do not: they depend on temperature, batch size and augmentation. Baselines are never
    stopped.
    """

    grace_epochs: Annotated[int, Field(ge=1)]
    """Epochs before the first comparison."""
    reduction: Annotated[int, Field(ge=2)] = 3
    """Number of compared trainings of which one goes on; also the factor from the epochs of one comparison to those of
    the next."""


class Scale(Config):
    """How large a study is run: what changes from one scale to another."""

    description: str = ""
    """One line on the data, the encoder and the time that the scale takes."""
    base: Settings = {}
    """Settings of every trial."""
    grid: Axes | Grids | None = None
    """A grid that replaces the study's."""
    tune: Tune | None = None
    """Tuned settings that replace the study's; ``{}`` for none."""
    seeds: Seeds | None = None
    """Seeds that replace the study's."""
    resources: Resources | None = None
    """Resources that replace the study's."""
    stop_early: StopEarly | None = None
    """A rule that replaces the study's."""


class Study(Config):
    """A question to be answered by trials."""

    name: Name
    """Name of the study, of its MLflow experiment and of the folder of its reports."""
    title: str = ""
    """Title above the figure."""
    reproduces: Annotated[str, AfterValidator(known_numbers)] | None = None
    """Figure or table of the paper, such as ``figure_5``, whose numbers are drawn beside the results."""
    claims: list[Claim] = []
    """Claims of the paper; the report gives each a verdict."""
    base: Settings = {}
    """Settings of every trial."""
    extends: str | None = None
    """Another study, by its name or by its path from this file. It says everything that this study does not say."""
    uses: list[str] = []
    """Python files beside this one, or in folders beside it, that register parts of your own: operations, losses,
    methods, encoders and so on; or installed packages, as ``package:NAME``. They are run when the study is read. See
    docs/own-code.md."""
    grid: Axes | Grids | None = None
    """Axes, or several grids one after the other. Optional only if an extended study has one."""
    tune: Tune | None = None
    """Settings whose values are chosen for each cell and seed, on training images that are held out. Each value is a
    trial."""
    select: Select = "test"
    """The score by which the best cell is chosen. ``validation``: the score on training images that are held out, so
    that its score on test images is one of new images. ``test``: the metric of the figure, whose highest value is too
    high by chance. It changes no trial."""
    baselines: dict[str, Settings] = {}
    """Named trials outside the grid, to compare it with."""
    seeds: Seeds | None = None
    """Seeds of each cell; one if neither the study nor its scale has any. Further seeds that the storage has already
    are drawn too, and the plan says so."""
    vary: list[Choice] = list(CHOICES)
    """Random choices that follow a trial's seed too, beside initialisation, order of the data and augmentation: which
    training images a subset keeps, which are held out to choose a hyper-parameter of an evaluation, and which have the
    labels of a fine-tuning. A seed that is written, such as ``data.subset_seed: 0``, stays. ``[]``: they are those of
    seed 0 in all trials, and verdicts do not cover another choice."""
    resources: Resources | None = None
    """The resources that one trial occupies; one core if neither the study nor its scale says."""
    stop_early: StopEarly | None = None
    """A rule that stops trainings early; without one every training goes to its end."""
    scales: dict[ScaleName, Scale] = {}
    """The changes of this study at a scale, on top of the common ``scales/<name>.yaml``."""
    report: Report | None = None
    """How the result is drawn; by default a heatmap of two axes, a table of a random sample, or else points over the
    first axis."""
