"""The document of ``ablate show``."""

from typing import Any

from ablations.cli.json_documents.document import Document
from ablations.cli.json_documents.settings import SettingEntry, setting_entries
from ablations.cli.trial_view import whole_config
from ablations.planning.configuration.find_planned import FoundTrial
from ablations.store.trial_store import StoredTrial, TrialStore
from ablations.types.failures import Kind
from ablations.types.trial import State


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


def show_document(store: TrialStore, trial: StoredTrial, planned: FoundTrial | None = None) -> ShowDocument:
    """The document of ``ablate show``; ``planned`` is the trial as its study plans it, if that is known."""
    result = trial.result
    return ShowDocument(
        id=trial.id,
        encoder=trial.pretrain_id or "",
        state=result.state if result else "waiting",
        config=whole_config(trial),
        study=planned.scaled.study.name if planned else None,
        settings=setting_entries(planned.settings()) if planned else None,
        metrics=result.metrics if result else {},
        facts=result.facts if result else {},
        seconds=result.seconds if result else None,
        finished_at=result.finished_at if result else None,
        epochs=[epoch.numbers() for epoch in (store.history(trial.pretrain_id) if trial.pretrain_id else ())],
        stopped_at=result.stopped_at if result else None,
        failure=result.failure if result else None,
        error=(result.error or None) if result else None,
        traceback=(result.traceback or None) if result else None,
    )
