"""What ``--json`` prints, one document a command. Keys are added, and neither renamed nor removed."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

State = Literal["waiting", "finished", "failed", "stopped"]


class Document(BaseModel):
    """A part of what a command prints."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Counts(Document):
    """Trials by their state."""

    trials: int
    """Of all states."""
    trainings: int
    """Encoders; fewer than trials where some share one."""
    finished: int
    """With a result."""
    failed: int
    """Left alone unless ``--retry``."""
    stopped: int
    """Stopped early, as the study asks for; left alone as long as it does."""
    waiting: int
    """Without a result."""


class Cost(Document):
    """Of what is left to run."""

    images: int
    """That trainings and evaluations go through."""
    flops: float
    """Of the trainings."""
    memory_bytes: int
    """Of the hungriest training."""
    too_large: list[str]
    """Names of trials that will not fit the hardware, as far as it is known."""
    hardware: str | None
    """By whose past trials; null where there are none."""
    seconds: float | None
    """Of compute, one trial after the other, were none stopped early; null where nothing was measured on this
    storage."""
    unmeasured: list[str]
    """Evaluation protocols that were never timed on this storage, and are left out of the seconds."""
    price: float | None
    """With ``--price``."""


class TrialEntry(Document):
    """A trial and what is known of it."""

    id: str
    """16 hex digits, of its whole configuration."""
    encoder: str
    """16 hex digits; trials with the same one share a training."""
    name: str
    """For people."""
    seed: int
    """Of the training."""
    baseline: str | None
    """Name, where the trial is outside the grid."""
    coordinates: dict[str, Any]
    """Its value on each axis, or the value's label; empty for a baseline."""
    state: State
    """As the storage has it."""
    metrics: dict[str, float]
    """Empty unless it is finished."""
    seconds: float | None
    """Of training and evaluation; null while it waits."""
    stopped_at: int | None
    """Epochs that were done when it was stopped early."""
    failure: str | None
    """The kind of its failure, as ``--retry`` takes it."""
    error: str | None
    """What went wrong."""


class StudyScale(Document):
    """A study at a scale."""

    study: str
    """Its name."""
    title: str
    """As in the study."""
    reproduces: str | None
    """The paper's figure or table, such as ``figure_5``."""
    scale: str
    """Its name."""
    label: str
    """The scale, and a digest of ``--set`` where it is used: what runs of one study are told apart by."""


class PlanDocument(StudyScale):
    """``ablate plan``, and ``ablate run --dry-run``."""

    counts: Counts
    """Of the trials."""
    workers: int
    """Processes among which each training is shared."""
    cost: Cost | None
    """Null where nothing is left to run."""
    notes: list[str]
    """What a reviewer would ask, each with its remedy."""
    trials: list[TrialEntry]
    """In the order of the grid."""


class StatusDocument(StudyScale):
    """``ablate status``."""

    counts: Counts
    """Of the trials."""
    begun: int
    """Trainings that wait and have a checkpoint."""
    trials: list[TrialEntry]
    """In the order of the grid."""


class StudyEntry(Document):
    """A study as ``ablate list`` shows it."""

    name: str
    """By which commands take it."""
    path: str
    """Of its file."""
    title: str
    """As in the study."""
    reproduces: str | None
    """The paper's figure or table."""
    counts: Counts | None
    """Null where the file is no valid study."""
    flops_left: float | None
    """Of the trainings that are left; null where its data is not there."""
    seconds_left: float | None
    """By past trials of this storage; null where there are none."""
    problem: str | None
    """Why it cannot be run: a mistake in the file, or data that is not there."""


class ListDocument(Document):
    """``ablate list``."""

    scale: str
    """At which trials are counted."""
    studies: list[StudyEntry]
    """By name, the shipped ones first."""
    collections: list[str]
    """Names of several studies each, which ``plan``, ``run``, ``status`` and ``report`` take as they do a study."""


class ShowDocument(Document):
    """``ablate show``."""

    id: str
    """Of the trial."""
    encoder: str
    """Id of its training."""
    state: State
    """As the storage has it."""
    config: dict[str, Any]
    """All of it, nested, under ``pretrain`` and ``evaluate``."""
    metrics: dict[str, float]
    """Empty unless it is finished."""
    facts: dict[str, str]
    """Where and with what it ran."""
    seconds: float | None
    """Of training and evaluation; null while it waits."""
    finished_at: float | None
    """Seconds since 1970."""
    epochs: list[dict[str, float]]
    """Of its training, each with ``epoch``, ``loss``, ``contrastive_top1``, ``entropy``, ``learning_rate``,
    ``images_per_second`` and ``time``, and with ``knn_top1`` where it was compared with others."""
    stopped_at: int | None
    """Epochs that were done when it was stopped early."""
    failure: str | None
    """The kind of its failure, as ``--retry`` takes it."""
    error: str | None
    """What went wrong."""
    traceback: str | None
    """Of a failure of no known cause, ``bug``, and of what a worker raised outside its trials."""


class Difference(Document):
    """One thing in which two trials differ."""

    name: str
    """A dotted path of the configuration, a metric or a fact."""
    one: Any
    """Null where the first trial has no such thing."""
    other: Any
    """Null where the second trial has no such thing."""


class DiffDocument(Document):
    """``ablate diff``."""

    one: str
    """Id of the first trial."""
    other: str
    """Id of the second."""
    config: list[Difference]
    """In the configurations."""
    result: list[Difference]
    """In states, metrics and facts."""


class VerdictEntry(Document):
    """What the results say of a claim."""

    verdict: Literal["SUPPORTED", "REFUTED", "NO DIFFERENCE", "UNDECIDED"]
    """Whether it holds."""
    says: str
    """The claim."""
    source: str
    """Where that is said."""
    reason: str
    """Effect, interval, seeds and p, or what is missing."""


class ReportDocument(Document):
    """``ablate report``."""

    study: str
    """Its name."""
    label: str
    """As of the plan."""
    folder: str
    """Of everything that was drawn; ``data.csv`` has its numbers."""
    page: str
    """An HTML file that holds everything."""
    figure: str
    """A PNG file; ``.svg`` and ``.pdf`` are beside it."""
    pictures: list[str]
    """Of single trials."""
    verdicts: list[VerdictEntry]
    """On the study's claims."""


class RunDocument(Document):
    """``ablate run``, at its end."""

    study: str
    """Its name."""
    scale: str
    """Its name."""
    label: str
    """As of the plan."""
    done: int
    """Trials with a result, those of earlier runs too."""
    failed: int
    """Trials; the exit code is then 1."""
    stopped: int
    """Trials that were stopped early, as the study asks for."""
    left: int
    """Trials that came to no end; 0 after a run without trouble."""
    trials: dict[str, str]
    """By id: done, failed, stopped, running or waiting."""
    report: ReportDocument | None
    """Null where MLflow could not be reached."""


DOCUMENTS = (PlanDocument, StatusDocument, ListDocument, ShowDocument, DiffDocument, ReportDocument, RunDocument)
"""One for each command that takes ``--json``."""
