"""JSON documents: what ``--json`` prints, one kind for each command.

Keys are added, and neither renamed nor removed, within a ``version``. Version 2 calls a trial's state ``done`` where
version 1 called it ``finished``.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ablations.planning.configuration.origin import Origin
from ablations.types.failures import Kind
from ablations.types.trial import State


class Part(BaseModel):
    """A part of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Document(Part):
    """What a command prints."""

    version: Literal[2] = 2
    """Version of the document's format."""


class Counts(Part):
    """Numbers of trials by their state."""

    trials: int
    """Number of trials."""
    trainings: int
    """Number of encoders; fewer than trials if some trials share one."""
    done: int
    """Trials with a result."""
    failed: int
    """Trials that failed; they are left alone unless ``--retry`` asks for them."""
    stopped: int
    """Trials that were stopped early, as the study asks for."""
    waiting: int
    """Trials without a result."""


class Cost(Part):
    """The cost of what is left to run."""

    images: int
    """Images that trainings and evaluations go through."""
    flops: float
    """Floating-point operations of the trainings."""
    memory_bytes: int
    """Memory of the largest training, in bytes."""
    too_large: list[str]
    """Names of trials that will not fit the hardware, as far as it is known."""
    hardware: str | None
    """Hardware of the past trials that the estimate goes by; null if there are none."""
    seconds: float | None
    """Seconds of compute, one trial after the other and none stopped early: the most that agree with past trials of
    this storage where ``least_seconds`` is less than a quarter of it, else what is likely. Null if no training was
    timed."""
    least_seconds: float | None
    """Least seconds that agree with past trials. Far fewer where only trials of other sizes were timed."""
    unmeasured: list[str]
    """Evaluation protocols that were never timed on this storage; the seconds leave them out."""
    price: float | None
    """Price of the seconds, with ``--price``."""


class SettingEntry(Part):
    """A value of a trial's configuration, and where it comes from."""

    path: str
    """Dotted path, as a study file and ``--set`` have it."""
    value: Any
    """Value in the trial's configuration."""
    origin: Origin
    """Layer that it comes from: ``default`` is the paper's value, or the project's if the paper gives none."""
    place: str
    """File, line and column where it was written, or the option ``--set``; empty for a default and a seed."""


class TrialEntry(Part):
    """A trial and what is known of it."""

    id: str
    """Id of the trial: 16 hex digits that stand for its whole configuration."""
    encoder: str
    """Id of the encoder: 16 hex digits; trials with the same one share a training."""
    name: str
    """Name for people."""
    seed: int
    """Seed of the training."""
    baseline: str | None
    """Name of the baseline, for a trial outside the grid."""
    coordinates: dict[str, Any]
    """Value or label on each axis; empty for a baseline."""
    tuned: dict[str, Any]
    """Value or label of each tuned setting that its cell has."""
    chosen: bool | None
    """Whether the cell is scored by this trial for this seed; null until that is known."""
    state: State
    """State in the storage."""
    metrics: dict[str, float]
    """Metrics by name; empty unless the trial is done."""
    seconds: float | None
    """Seconds of training and evaluation; null while it waits."""
    stopped_at: int | None
    """Epochs that were done when it was stopped early."""
    failure: Kind | None
    """Kind of the failure, as ``--retry`` takes it."""
    error: str | None
    """Message that says what went wrong."""


class PlannedTrial(TrialEntry):
    """A trial of a plan."""

    settings: list[SettingEntry]
    """Settings of this trial that not all trials of the study share; ``settings`` of the plan has the others."""


class VerdictEntry(Part):
    """What the results say of a claim."""

    verdict: Literal["SUPPORTED", "REFUTED", "NO DIFFERENCE", "UNDECIDED"]
    """Whether the claim holds."""
    says: str
    """Text of the claim."""
    source: str
    """Place where the paper says so; empty for a part of a claim that does not say."""
    metric: str | None
    """Metric that the claim is about."""
    effect: float | None
    """Effect in ``unit``: a difference of cells' means, or a correlation; null where no seed has it."""
    unit: str
    """Unit of effect, interval and margin, such as ``points``."""
    between: str
    """What the effect is between, where the claim is about several differences and this is the one that decides."""
    interval: tuple[float, float] | None
    """Interval of the effect; null where no verdict can be taken."""
    level: float | None
    """Level of the interval, such as 0.983: the one at which the verdict is taken."""
    margin: float
    """What the effect must exceed; of a claim that values are alike, what it must not exceed."""
    matters: str
    """Smallest effect that would matter, such as ``1 point``; empty where that is not said."""
    small: bool
    """Whether the effect is certain, and as certainly smaller than what matters."""
    seeds: int
    """Number of seeds that the effect is from."""
    p: float | None
    """p, adjusted for all claims that were judged together; null where no verdict can be taken."""
    claims: int
    """Number of distinct claims that were judged together."""
    takes: str
    """What it would take to decide it; empty where it is decided."""
    seeds_needed: int | None
    """Number of seeds that would find an effect that matters four times in five. None where it is decided, and where
    that is not known."""
    calibration: bool
    """Whether the scale was chosen so that this effect shows."""
    notes: list[str]
    """What a reader must know, such as a spread that is far from the usual one."""
    varied: list[str]
    """What differs between the seeds of a cell."""
    fixed: list[str]
    """What is the same in all seeds, so that the verdict does not cover it."""
    reason: str
    """All of this as a sentence."""
    parts: list["VerdictEntry"]
    """Parts of a claim that has several, each at the level of the whole."""


class TuneEntry(Part):
    """What a study tunes, and what that costs."""

    values: dict[str, list[str]]
    """Values as text, by the name of the tuned axis."""
    trainings: int
    """Trainings of the study."""
    trials: int
    """Trials of the study."""
    trainings_without: int
    """Trainings that it would have with one value of each."""
    trials_without: int
    """Trials that it would have with one value of each."""


class BestEntry(Part):
    """The cell of the grid with the highest mean over its seeds, as far as they are done."""

    cell: str
    """Name for people: axes and values."""
    metric: str
    """Name of the metric, that of the figure."""
    mean: float
    """Mean of the metric over the seeds."""
    seeds: int
    """Number of seeds that are done."""
    validation: float | None = None
    """Mean score on held-out training images, if the cell was chosen by it (``select: validation``)."""


class StudyScale(Document):
    """A study at a scale."""

    study: str
    """Name of the study."""
    title: str
    """Title of the study."""
    reproduces: str | None
    """Figure or table of the paper, such as ``figure_5``."""
    scale: str
    """Name of the scale."""
    label: str
    """The scale, with a digest of ``--set`` if it is used: it tells runs of one study apart."""


class PlanDocument(StudyScale):
    """Printed by ``ablate plan``, and by ``ablate run --dry-run``."""

    counts: Counts
    """Numbers of the study's trials by their state."""
    workers: int
    """Processes that share each training."""
    cost: Cost | None
    """Cost of what is left; null if nothing is left to run."""
    tune: TuneEntry | None
    """What is tuned; null if nothing is."""
    notes: list[str]
    """Questions that a reviewer would ask, each with its remedy."""
    settings: list[SettingEntry]
    """Settings that all trials share. Those of a trial with these are its whole configuration."""
    trials: list[PlannedTrial]
    """Trials in the order of the grid."""


class StatusDocument(StudyScale):
    """Printed by ``ablate status``."""

    counts: Counts
    """Numbers of the study's trials by their state."""
    begun: int
    """Trainings that wait and have a checkpoint."""
    best: BestEntry | None
    """Best cell so far; null if no trial is done, if more of the figure's metric is not better, or if the cells are not
    evaluated alike."""
    looks: list[int]
    """Numbers of seeds at which it was planned to look at the claims, by ``--until-decided``; empty if that is done
    once."""
    verdicts: list[VerdictEntry]
    """Verdicts on the claims when the study was last drawn, judged as on the study's own page."""
    page: str | None
    """HTML file that shows the study; null if it was not drawn yet."""
    trials: list[TrialEntry]
    """Trials in the order of the grid."""


class StudyEntry(Part):
    """A study as ``ablate list`` shows it."""

    name: str
    """Name by which commands take it."""
    path: str
    """Path of its file."""
    title: str
    """Title of the study."""
    reproduces: str | None
    """Figure or table of the paper."""
    counts: Counts | None
    """Numbers of trials by their state; null if the file is no valid study."""
    flops_left: float | None
    """Floating-point operations of the trainings that are left; null if its data is missing."""
    seconds_left: float | None
    """Seconds left, by past trials of this storage, as ``seconds`` of ``Cost``; null if there are none."""
    least_seconds_left: float | None
    """Least seconds that agree with past trials."""
    problem: str | None
    """Reason why it cannot be run: a mistake in the file, or missing data."""


class ListDocument(Document):
    """Printed by ``ablate list``."""

    scale: str
    """Scale at which trials are counted."""
    studies: list[StudyEntry]
    """Studies, the shipped ones first."""
    collections: list[str]
    """Names of collections of studies, which ``plan``, ``run``, ``status`` and ``report`` take as they do a study."""


class ShowDocument(Document):
    """Printed by ``ablate show``."""

    id: str
    """Id of the trial."""
    encoder: str
    """Id of its training."""
    state: State
    """State in the storage."""
    config: dict[str, Any]
    """Whole configuration, nested under ``pretrain`` and ``evaluate``."""
    study: str | None
    """Name of the study that plans the trial, if it was named by ``--study`` or had to be searched for."""
    settings: list[SettingEntry] | None
    """The configuration by dotted path, and where each value comes from in that study; null without a study."""
    metrics: dict[str, float]
    """Metrics by name; empty unless the trial is done."""
    facts: dict[str, str]
    """Circumstances: host, device, versions, precision, hash of the encoder."""
    seconds: float | None
    """Seconds of training and evaluation; null while it waits."""
    finished_at: float | None
    """Time of the end, in seconds since 1970."""
    epochs: list[dict[str, float]]
    """Epochs of its training, each with ``epoch``, ``time``, ``learning_rate``, ``images_per_second`` and the metrics
    of its method."""
    stopped_at: int | None
    """Epochs that were done when it was stopped early."""
    failure: Kind | None
    """Kind of the failure, as ``--retry`` takes it."""
    error: str | None
    """Message that says what went wrong."""
    traceback: str | None
    """Traceback of a failure with no known cause (``bug``), or of an error that a worker raised outside its trials."""


class Difference(Part):
    """One thing in which two trials differ."""

    name: str
    """Dotted path of the configuration, or name of a metric or a fact."""
    one: Any
    """Value of the first trial; null if it has none."""
    other: Any
    """Value of the second trial; null if it has none."""


class DiffDocument(Document):
    """Printed by ``ablate diff``."""

    one: str
    """Id of the first trial."""
    other: str
    """Id of the second trial."""
    config: list[Difference]
    """Differences between the configurations."""
    result: list[Difference]
    """Differences between states, metrics and facts."""


class ReportDocument(Document):
    """Printed by ``ablate report``."""

    study: str
    """Name of the study."""
    label: str
    """Label of the run, as in the plan."""
    folder: str
    """Folder of everything that was drawn; ``data.csv`` has its numbers."""
    page: str
    """HTML file that holds everything."""
    figure: str
    """PNG file; ``.svg`` and ``.pdf`` are beside it."""
    warnings: list[str]
    """What to change before the study is believed, such as a choice at the edge of what was tried."""
    tuned: dict[str, dict[str, str]]
    """Chosen values of each tuned setting, in the order of the seeds, by the names of cells and baselines."""
    pictures: list[str]
    """Pictures of single trials."""
    looks: list[int]
    """Numbers of seeds at which it was planned to look at the claims; empty if that is done once."""
    verdicts: list[VerdictEntry]
    """Verdicts on the study's claims, judged as on the study's own page."""


class ExportDocument(Document):
    """Printed by ``ablate export``."""

    file: str
    """Safetensors file that was written."""
    trial: str
    """Id of the trial."""
    encoder: str
    """Id of its training."""
    cell: str | None
    """Best cell and its score, with ``--best``."""
    kind: str
    """Kind of the encoder, such as ``resnet`` or ``timm``."""
    features: int
    """Width of h."""
    image_size: int
    """Side in pixels of the views that it was trained on."""
    library_call: str | None
    """Line of Python by which timm or torchvision builds its model from the file; null if neither has the encoder."""
    mean: list[float] | None
    """Mean by which the library's model takes views normalised, by colour; null if they are in [0, 1] as they are."""
    deviation: list[float] | None
    """Standard deviation by which they are normalised."""


class RunDocument(Document):
    """Printed by ``ablate run`` and ``ablate rescore``, at their end."""

    study: str
    """Name of the study."""
    scale: str
    """Name of the scale."""
    label: str
    """Label of the run, as in the plan."""
    done: int
    """Trials with a result, those of earlier runs included."""
    failed: int
    """Trials that failed; the exit code is then 1."""
    stopped: int
    """Trials that were stopped early, as the study asks for."""
    left: int
    """Trials that did not end; 0 after a run without trouble."""
    trials: dict[str, State]
    """States by the id of the trial."""
    report: ReportDocument | None
    """The report; null if MLflow could not be reached."""


DOCUMENTS = (
    PlanDocument,
    StatusDocument,
    ListDocument,
    ShowDocument,
    DiffDocument,
    ReportDocument,
    RunDocument,
    ExportDocument,
)
"""One kind for each command that takes ``--json``."""
