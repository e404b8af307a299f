"""Units of work as Ray Tune trials: several at a time, on this machine or on a cluster."""

import pickle
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.tune import Callback, FailureConfig, ProgressReporter, RunConfig, TuneConfig
from ray.tune.execution.placement_groups import PlacementGroupFactory
from ray.tune.experiment import Trial as TuneTrial
from ray.tune.search import BasicVariantGenerator
from rich.text import Text

from ablations.errors import AblateError, of_storage
from ablations.events import Ended, EpochEnded, Event, Held, Judged
from ablations.failures import Kind, import_error, kind_of, lost_kind
from ablations.lease import holder, take
from ablations.packing import spread
from ablations.redaction import without_secrets
from ablations.schedulers.ray_asha import asha, measures
from ablations.schedulers.ray_ended import NothingPrinted
from ablations.schedulers.ray_environment import send_no_secrets
from ablations.schedulers.ray_memory import survive_memory_kills
from ablations.schedulers.ray_nodes import alive_nodes
from ablations.schedulers.ray_order import InOrder
from ablations.schedulers.ray_room import LOOK_SECONDS, Room, check_room, gpus, trials_at_once, whole_device
from ablations.schedulers.ray_train import run_over_workers
from ablations.stopping import Judging
from ablations.store import TrialStore
from ablations.study import Resources
from ablations.trial import Result, Unit
from ablations.worker import Job, run_unit
from core import ProcessLost
from core.errors import StorageAway, StorageRefused
from core.hardware import cap_memory, hide_gpus

WORKER_DEATHS = 2
"""How often a unit is started again after its worker died."""
EPOCH_SECONDS = 0.5
"""Epochs are reported at most this often: a report waits for the driver."""
WORK = "work"
"""In a trial's configuration, what its worker is given, pickled: Tune sends all of it back with every report."""
HEAD: dict[str, float] = {"CPU": 0, "memory": 256 * 2**20}
"""What a trial over several workers has for itself: it waits for them, but a trial of nothing is refused."""


def fit(
    units: Sequence[Unit],
    job: Job,
    listen: Callable[[Event], None],
    resources: Resources,
    judging: Judging | None,
    alone: bool,
) -> None:
    """Run the units wherever there is room for them on the Ray that this process is connected to; see ``run_on_ray``.

    Raises ``StudyError`` where there never will be room.
    """
    resources = whole_device(resources) if alone else spread(resources, len(units), gpus())
    check_room(resources)
    survive_memory_kills()
    send_no_secrets()
    folder = Path(tempfile.mkdtemp(prefix="ablate-ray-"))
    try:
        _tuner(units, replace(job, share=resources.share), listen, resources, judging, folder, alone).fit()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tuner(
    units: Sequence[Unit],
    job: Job,
    listen: Callable[[Event], None],
    resources: Resources,
    judging: Judging | None,
    folder: Path,
    alone: bool,
) -> tune.Tuner:
    several = resources.workers > 1
    bundle = HEAD if several else {"CPU": resources.cpu, "GPU": resources.gpu}
    search = BasicVariantGenerator(max_concurrent=1 if alone else trials_at_once(resources) if several else 0)
    callbacks: list[Callback] = [_Listener(listen), NothingPrinted()]
    if several and not alone:
        callbacks.append(Room(search, resources))
    return tune.Tuner(
        tune.with_resources(_run_on_worker, PlacementGroupFactory([bundle])),
        param_space={WORK: tune.sample_from(_in_order(units, job, resources))},  # type: ignore[arg-type]
        tune_config=TuneConfig(
            num_samples=len(units),
            reuse_actors=True,
            scheduler=asha(judging) if judging else InOrder(),  # type: ignore[no-untyped-call]
            search_alg=search,
        ),
        run_config=RunConfig(
            name=uuid.uuid4().hex,
            storage_path=str(folder),
            failure_config=FailureConfig(max_failures=WORKER_DEATHS),
            callbacks=callbacks,
            progress_reporter=_Silent(),
            verbose=0,
        ),
    )


def _in_order(units: Sequence[Unit], job: Job, resources: Resources) -> Callable[[], bytes]:
    """What a worker is given, unit after unit, each recorded. Tune asks when it makes a trial, some hundreds ahead of
    those that run; of a grid it makes all trials before the first runs, and copies the whole grid for each."""
    left, store = iter(units), TrialStore(job.storage)

    def next_work() -> bytes:
        unit = next(left)
        store.record(unit)
        return pickle.dumps((unit, job, resources))

    return next_work


def _run_on_worker(config: dict[str, Any]) -> None:
    unit, job, resources = _work(config)
    if not resources.gpu:
        hide_gpus()  # Ray itself leaves all of a node's in sight
    cap_memory(resources.gpu)
    last_epoch = 0.0

    def emit(event: Event) -> None:
        nonlocal last_epoch
        if isinstance(event, EpochEnded):
            if time.monotonic() - last_epoch < EPOCH_SECONDS:
                return
            last_epoch = time.monotonic()
        tune.report({"event": event, **measures(event)})

    if resources.workers > 1:
        run_over_workers(unit, job, resources, emit)
    else:
        run_unit(unit, job, emit)


def _work(config: dict[str, Any]) -> tuple[Unit, Job, Resources]:
    work: tuple[Unit, Job, Resources] = pickle.loads(config[WORK])
    return work


class _Listener(Callback):
    """Passes events on. Tune pickles its callbacks for a resume that is never used: nothing is kept."""

    def __init__(self, listen: Callable[[Event], None] | None) -> None:
        self._listen = listen
        self._error: AblateError | None = None
        self._looked = time.monotonic()

    def __getstate__(self) -> dict[str, Any]:
        return {"_listen": None, "_error": None, "_looked": 0.0}

    def on_step_end(self, iteration: int, trials: list[TuneTrial], **info: Any) -> None:
        """From here Tune lets an error pass; of one that is raised while it takes in a result it makes a text."""
        if self._error:
            raise self._error
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked = time.monotonic()
            if not alive_nodes():  # Tune waits for ever
                raise AblateError(
                    "Ray died: its raylet was killed, or crashed. What is finished is kept; run the same command again"
                )

    def on_trial_result(
        self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, result: dict[str, Any], **info: Any
    ) -> None:
        if "event" in result:
            self._tell(result["event"])

    def on_trial_error(self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, **info: Any) -> None:
        """The worker died, or could not reach its storage, more often than it is started again."""
        error = _error(trial)
        _, job, _ = _work(trial.config)
        if lost := of_storage(_cause(error), job.storage):
            self._error = lost
            return
        message, failure = _reason(trial)
        lines = Text.from_ansi(str(error)).plain if _cause(error) or failure == "bug" else ""
        message, lines = without_secrets(message), without_secrets(lines)
        self._end(trial, Result("", "failed", {}, 0.0, time.time(), {}, message, failure, lines))

    def on_trial_complete(self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, **info: Any) -> None:
        """A worker that came to the end has told all its results; one whose last words are ``Judged`` was stopped."""
        event = trial.last_result.get("event")
        if isinstance(event, Judged):
            seconds = trial.last_result["time_total_s"]
            self._end(trial, Result("", "stopped", {}, seconds, time.time(), {}, stopped_at=event.epoch))

    def _end(self, trial: TuneTrial, result: Result) -> None:
        """``result`` for each of the unit's trials that had not ended; its seconds count once."""
        unit, job, _ = _work(trial.config)
        try:
            self._end_unit(unit, job, result)
        except (StorageAway, StorageRefused) as error:
            self._error = of_storage(error, job.storage)

    def _end_unit(self, unit: Unit, job: Job, result: Result) -> None:
        store = TrialStore(job.storage)
        if holder(store, unit.pretrain_id) not in (None, job.owner):
            self._tell(Held(unit.pretrain_id))
            return
        for ended in _ended(unit, store, result):
            self._tell(Ended(unit.pretrain_id, ended))
        with suppress(OSError):  # a dead worker did not release it
            if lease := take(store, unit.pretrain_id, job.owner):
                lease.release()

    def _tell(self, event: Event) -> None:
        try:
            if self._listen:
                self._listen(event)
        except AblateError as error:
            self._error = error


def _ended(unit: Unit, store: TrialStore, result: Result) -> Iterator[Result]:
    """For every trial of the unit what it has ended with, which is now ``result`` where it had not ended."""
    known = {one.trial_id: one for one in store.ended(unit)}
    for trial in unit.trials:
        if trial.id not in known:
            known[trial.id], result = replace(result, trial_id=trial.id), replace(result, seconds=0.0)
            with suppress(OSError):  # a full disk must not end the other trials
                store.save_result(known[trial.id])
        yield known[trial.id]


def _reason(trial: TuneTrial) -> tuple[str, Kind]:
    error = _error(trial)
    cause = _cause(error)
    if cause and not isinstance(cause, ProcessLost):
        return f"{type(cause).__name__}: {cause}", kind_of(cause)
    times = f"{WORKER_DEATHS + 1} times"
    told = str(error or _words(trial))
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
    """The last one, from where the driver has just written it: Tune itself looks where it will have copied it to."""
    path = trial.pickled_error_file
    error: Exception | None = pickle.loads(Path(path).read_bytes()) if path else None
    return error


def _cause(error: Exception | None) -> Exception | None:
    """What the worker raised; None of one that died."""
    return error.cause if isinstance(error, ray.exceptions.RayTaskError) else None


def _first_words(told: str) -> str:
    """Of several workers' tracebacks, which Ray puts one after the other: the first that says why, and not where."""
    lines = (line.rstrip() for line in told.splitlines() if line.strip() and not line.startswith((" ", "Traceback")))
    return next((line for line in lines if not line.endswith(":") and "ray::" not in line), told.strip())


def _words(trial: TuneTrial) -> str:
    """All that Tune keeps of a worker that never came to start."""
    return Path(trial.error_file).read_text() if trial.error_file else ""


class _Silent(ProgressReporter):
    def should_report(self, trials: list[TuneTrial], done: bool = False) -> bool:
        return False

    def report(self, trials: list[TuneTrial], done: bool, *sys_info: str) -> None:
        pass
