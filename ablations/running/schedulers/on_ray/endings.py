"""Callbacks of Ray Tune: they pass the workers' events on, and end the units whose worker is gone."""

import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
from ray.tune import Callback
from ray.tune.experiment import Trial as TuneTrial
from rich.text import Text

from ablations.running.job import Job
from ablations.running.schedulers.on_ray.capacity import LOOK_SECONDS
from ablations.running.schedulers.on_ray.nodes import alive_nodes
from ablations.store.leases.lease import holder, take
from ablations.store.trial_store import TrialStore
from ablations.study.study import Resources
from ablations.types.errors import AblateError, storage_error
from ablations.types.events import Event, Held, Judged, Listen, TrialEnded
from ablations.types.failures import Kind, import_error, kind_of, lost_kind
from ablations.types.redaction import without_secrets
from ablations.types.trial import Result, Unit
from core import ProcessLost
from core.errors import StorageAway, StorageRefused

WORKER_DEATHS = 2
"""How often a unit is started again after its worker died."""

WorkOf = Callable[[dict[str, Any]], tuple[Unit, Job, Resources]]
"""Unpacks the work from a Tune trial's configuration."""


class Endings(Callback):
    """Passes events on to the driver, and ends the units whose worker is gone or was stopped.

    Tune pickles its callbacks for a resume that is never used: nothing is kept.
    """

    def __init__(self, listen: Listen | None, work_of: WorkOf) -> None:
        self._listen, self._work_of = listen, work_of
        self._error: AblateError | None = None
        self._looked = time.monotonic()

    def __getstate__(self) -> dict[str, Any]:
        return {"_listen": None, "_work_of": None, "_error": None, "_looked": 0.0}

    def on_step_end(self, iteration: int, trials: list[TuneTrial], **info: Any) -> None:
        """Called by Tune after every step. Only here does Tune let an error pass; elsewhere it makes it a text."""
        if self._error:
            raise self._error
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked = time.monotonic()
            if not alive_nodes():  # Tune would wait for ever
                raise AblateError(
                    "Ray died: its raylet was killed, or crashed. Finished results are kept; run the same command again"
                )

    def on_trial_result(
        self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, result: dict[str, Any], **info: Any
    ) -> None:
        """Called by Tune with every report."""
        if "event" in result:
            self._tell(result["event"])

    def on_trial_error(self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, **info: Any) -> None:
        """Called by Tune when a worker died, or could not reach its storage, more often than it is started again."""
        error = _error(trial)
        unit, job, _ = self._work_of(trial.config)
        if lost := storage_error(_cause(error), job.storage):
            self._error = lost
            return
        message, failure = _reason(error, trial)
        lines = Text.from_ansi(str(error)).plain if _cause(error) or failure == "bug" else ""
        message, lines = without_secrets(message), without_secrets(lines)
        self._end(unit, job, Result("", "failed", {}, 0.0, time.time(), {}, message, failure, lines))

    def on_trial_complete(self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, **info: Any) -> None:
        """Called by Tune when a worker has ended. If its last event is ``Judged``, the training was stopped early."""
        event = trial.last_result.get("event")
        if isinstance(event, Judged):
            unit, job, _ = self._work_of(trial.config)
            seconds = trial.last_result["time_total_s"]
            self._end(unit, job, Result("", "stopped", {}, seconds, time.time(), {}, stopped_at=event.epoch))

    def _end(self, unit: Unit, job: Job, result: Result) -> None:
        """Keep ``result`` for each of the unit's trials that had not ended; its seconds count once."""
        try:
            self._end_unit(unit, job, result)
        except (StorageAway, StorageRefused) as error:
            self._error = storage_error(error, job.storage)

    def _end_unit(self, unit: Unit, job: Job, result: Result) -> None:
        store = TrialStore(job.storage)
        if holder(store, unit.pretrain_id) not in (None, job.owner):
            self._tell(Held(unit.pretrain_id))
            return
        for ended in _ended(unit, store, result):
            self._tell(TrialEnded(unit.pretrain_id, ended))
        with suppress(OSError):  # a dead worker did not release its lease
            if lease := take(store, unit.pretrain_id, job.owner):
                lease.release()

    def _tell(self, event: Event) -> None:
        try:
            if self._listen:
                self._listen(event)
        except AblateError as error:
            self._error = error


def _ended(unit: Unit, store: TrialStore, result: Result) -> Iterator[Result]:
    """The result of every trial of the unit: ``result``, which is saved, for those that had not ended."""
    known = {one.trial_id: one for one in store.ended(unit)}
    for trial in unit.trials:
        if trial.id not in known:
            known[trial.id], result = replace(result, trial_id=trial.id), replace(result, seconds=0.0)
            with suppress(OSError):  # a full disk must not end the other trials
                store.save_ended(known[trial.id])
        yield known[trial.id]


def _reason(error: Exception | None, trial: TuneTrial) -> tuple[str, Kind]:
    """Message and kind of a failure."""
    cause = _cause(error)
    if cause and not isinstance(cause, ProcessLost):
        return f"{type(cause).__name__}: {cause}", kind_of(cause)
    times = f"{WORKER_DEATHS + 1} times"
    told = str(error or _start_error(trial))
    if problem := import_error(told):
        return f"its worker cannot import what it is to run: {problem}", "bug"
    match kind := lost_kind(told):
        case "out_of_memory":
            return f"Ray ended the worker {times}, since the machine ran out of memory", kind
        case "node_lost":
            return f"the machine that it ran on went away, {times}", kind
        case _:
            words = _first_words(str(cause)) if cause else "it was killed, or crashed in native code"
            return f"the worker died {times}: {words}", kind


def _error(trial: TuneTrial) -> Exception | None:
    """The trial's last error, from the file that the driver has just written.

    Tune's own function looks for the file where it has not been copied to yet.
    """
    path = trial.pickled_error_file
    error: Exception | None = pickle.loads(Path(path).read_bytes()) if path else None
    return error


def _cause(error: Exception | None) -> Exception | None:
    """The exception that a worker raised; None if the worker died."""
    return error.cause if isinstance(error, ray.exceptions.RayTaskError) else None


def _first_words(told: str) -> str:
    """The first line that says why, out of the tracebacks of several workers that Ray has joined."""
    lines = (line.rstrip() for line in told.splitlines() if line.strip() and not line.startswith((" ", "Traceback")))
    return next((line for line in lines if not line.endswith(":") and "ray::" not in line), told.strip())


def _start_error(trial: TuneTrial) -> str:
    """Tune's text about a worker that never started."""
    return Path(trial.error_file).read_text(encoding="utf-8", errors="replace") if trial.error_file else ""
