"""The ends of a training over several workers: what is kept, told and tried again."""

import errno
import os
import pickle
import queue
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray import cloudpickle
from ray.exceptions import RayTaskError
from ray.train import ScalingConfig, TrainingFailedError
from ray.train.torch import TorchTrainer
from ray.util.queue import Empty
from ray_processes import worker_processes
from worker_plans import STORAGE, job, plan, results

from ablations.planning.plan import Plan
from ablations.running import worker
from ablations.running.schedulers.on_ray import endings, train, tune
from ablations.running.schedulers.on_ray.scheduler import RayScheduler
from ablations.running.schedulers.on_ray.train import run_over_workers
from ablations.running.schedulers.scheduler import Batch
from ablations.running.worker import keep_failures
from ablations.store.leases.lease import take
from ablations.store.leases.live_run import LiveRun
from ablations.store.trial_store import TrialStore
from ablations.study.study import Resources
from ablations.types.errors import DiskFullError, LostStorageError, StudyError
from ablations.types.events import DiskFull, EpochEnded, Event, Held, Started, TrialEnded
from ablations.types.failures import kind_of
from ablations.types.trial import Result, Unit
from core import DataError, ProcessLost, load_data, pretrain
from core.distributed import Share
from core.errors import StorageAway, StorageRefused


def test_what_another_than_the_first_worker_fails_of_is_kept_where_there_is_no_result() -> None:
    made, store, seen = plan(), TrialStore(STORAGE), list[Event]()
    unit = made.units[0]
    store.record(unit)
    done = Result(unit.trials[0].id, "done", {}, 0.0, 0.0, {})
    store.save_result(done)
    keep_failures(unit, job(), seen.append, worker.failures(unit, DataError("a.png does not decode")))
    first, second = results(made)
    assert first == done
    assert second
    assert (second.failure, second.error) == ("bad_data", "a.png does not decode")
    assert seen == [TrialEnded(unit.pretrain_id, second)]


def test_what_another_run_holds_is_left_to_it() -> None:
    made, store, seen = plan(), TrialStore(STORAGE), list[Event]()
    unit = made.units[0]
    store.record(unit)
    with LiveRun(STORAGE) as other:
        assert take(store, unit.pretrain_id, other.name)
        keep_failures(unit, job(), seen.append, worker.failures(unit, DataError("a.png does not decode")))
    assert seen == [Held(unit.pretrain_id)]
    assert results(made) == [None, None]


@pytest.mark.parametrize(
    ("message", "kind"), [("The actor died unexpectedly", "worker_lost"), ("its node has died", "node_lost")]
)
def test_a_lost_process_is_a_lost_worker_or_node(message: str, kind: str) -> None:
    assert kind_of(ProcessLost(f"one of 2 workers died: {message}")) == kind


STARTUP = """one of 2 workers died: Training failed due to controller error:
Traceback (most recent call last):
  File "torch/distributed/rendezvous.py", line 1, in init_process_group
\x1b[36mray::RayTrainWorker.execute()\x1b[39m (pid=1, ip=10.0.0.7)
  File "torch/distributed/c10d_logger.py", line 81, in wrapper
RuntimeError: [gloo/transport/tcp/pair.cc:144] no route to host 10.0.0.8

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
ray.train.WorkerGroupStartupFailedError: did not start
"""


def end_of(unit: Unit, error: Exception) -> tuple[list[Event], endings.Endings]:
    """The error that the driver hears of a trial whose worker raised it once too often, as Tune keeps it."""
    seen, trial = list[Event](), SimpleNamespace(pickled_error_file="error.pkl", error_file=None)
    dual = RayTaskError(
        "run", f"Traceback (most recent call last):\n  File x.py\n{error!r}", error
    ).as_instanceof_cause()
    Path("error.pkl").write_bytes(cloudpickle.dumps(dual))
    trial.config = {tune.WORK: pickle.dumps((unit, job(), Resources(workers=2)))}
    TrialStore(STORAGE).record(unit)
    listener = endings.Endings(seen.append, tune.work_of)
    listener.on_trial_error(0, [], trial)  # type: ignore[arg-type]
    return seen, listener


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("one of 2 workers died", "one of 2 workers died"),
        ("one of 2 workers died: The actor died\nmore of it", "one of 2 workers died: The actor died"),
        (STARTUP, "RuntimeError: [gloo/transport/tcp/pair.cc:144] no route to host 10.0.0.8"),
    ],
    ids=["a word", "Ray's words", "tracebacks"],
)
def test_what_has_lost_a_worker_too_often_says_so_and_why(told: str, words: str) -> None:
    seen, _ = end_of(plan().units[0], ProcessLost(told))
    found = [event.result for event in seen if isinstance(event, TrialEnded)]
    assert [result.failure for result in found] == ["worker_lost", "worker_lost"]
    assert found[0].error == f"the worker died {endings.WORKER_DEATHS + 1} times: {words}"


def test_what_a_worker_raised_beside_its_trials_keeps_its_traceback() -> None:
    """``ablate show`` is said to have it."""
    made = plan()
    end_of(made.units[0], ZeroDivisionError("by 0"))
    for result in results(made):
        assert result
        assert (result.failure, result.error) == ("bug", "ZeroDivisionError: by 0")
        assert "  File x.py\nZeroDivisionError('by 0')" in result.traceback


STORAGE_ERRORS = [
    StorageAway(errno.EIO, "gone", "s3://lab/runs"),
    StorageRefused(errno.EACCES, "no right to it", "s3://lab/runs"),
    OSError(errno.ENOSPC, "No space left on device", "s3://lab/runs"),
]


@pytest.mark.parametrize(
    ("error", "kind"), list(zip(STORAGE_ERRORS, (LostStorageError, StudyError, DiskFullError), strict=True)), ids=str
)
def test_storage_that_only_a_worker_cannot_use_ends_the_run_and_fails_no_trial(
    error: OSError, kind: type[Exception]
) -> None:
    """The same holds inline."""
    made = plan()
    seen, listener = end_of(made.units[0], error)
    with pytest.raises(kind, match=r"s3://lab/runs: (gone; finished results|no right|no space)"):
        listener.on_step_end(0, [])
    assert seen == []
    assert results(made) == [None, None]


@pytest.mark.parametrize("error", STORAGE_ERRORS, ids=str)
def test_storage_that_another_than_the_first_worker_cannot_use_fails_no_trial(
    error: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, seen = plan(), list[Event]()
    unit = made.units[0]

    def assist(*_: Any) -> None:
        raise error

    def fail(told: FakeQueue) -> None:
        monkeypatch.setattr(train, "assist", assist)
        monkeypatch.setattr(train, "own_share", lambda: Share(1, 2))
        train.work_on({"unit": unit, "job": job(), "queue": told})

    is_full = error.errno == errno.ENOSPC
    with pytest.raises(ProcessLost if is_full else type(error)):
        run_fake(monkeypatch, fail, made, seen)
    assert seen == ([DiskFull(unit.pretrain_id, "s3://lab/runs")] if is_full else [])
    assert results(made) == [None, None]


class FakeQueue(queue.Queue[Any]):
    """Ray's, within this process."""

    def __init__(self, actor_options: dict[str, Any]) -> None:
        super().__init__()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        try:
            return super().get(timeout=0.01)
        except queue.Empty as error:
            raise Empty from error

    def shutdown(self) -> None:
        pass


def run_fake(
    monkeypatch: pytest.MonkeyPatch,
    workers: Callable[[FakeQueue], None],
    made: Plan,
    seen: list[Event] | None = None,
) -> list[Event]:
    """The events of a unit whose workers do no more than that."""
    seen = [] if seen is None else seen

    class FakeTrainer:
        def __init__(self, *_: Any, train_loop_config: dict[str, Any], **__: Any) -> None:
            self._queue = train_loop_config["queue"]

        def fit(self) -> None:
            workers(self._queue)

    monkeypatch.setattr(train, "Queue", FakeQueue)
    monkeypatch.setattr(train, "TorchTrainer", FakeTrainer)
    monkeypatch.setattr(os, "environ", {})
    TrialStore(STORAGE).record(made.units[0])
    run_over_workers(made.units[0], job(), Resources(workers=2), seen.append)
    return seen


def test_events_reach_the_driver_and_the_end_of_the_others_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    event = Started("an encoder")

    def end(told: FakeQueue) -> None:
        told.put(event)
        told.put(None)
        raise TrainingFailedError("the others were ended")

    assert run_fake(monkeypatch, end, plan()) == [event]


def test_a_worker_that_dies_is_a_lost_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(told: FakeQueue) -> None:
        told.put(Started("an encoder"))
        raise TrainingFailedError("The actor died unexpectedly")

    with pytest.raises(ProcessLost, match="one of 2 workers died: The actor died unexpectedly"):
        run_fake(monkeypatch, die, plan())


def test_a_worker_that_fails_tells_why(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan()

    def assist(*_: Any) -> None:
        raise DataError("a.png does not decode")

    def fail(told: FakeQueue) -> None:
        monkeypatch.setattr(train, "assist", assist)
        monkeypatch.setattr(train, "own_share", lambda: Share(1, 2))
        train.work_on({"unit": made.units[0], "job": job(), "queue": told})

    seen = run_fake(monkeypatch, fail, made)
    assert [event.result.failure for event in seen if isinstance(event, TrialEnded)] == ["bad_data", "bad_data"]


def test_what_the_first_worker_cannot_keep_is_raised_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan()
    unseen = replace(job(), storage=Path("elsewhere"))

    def fail(told: FakeQueue) -> None:
        train.work_on({"unit": made.units[0], "job": unseen, "queue": told})

    with pytest.raises(FileNotFoundError, match="the storage must be at the same path on every node"):
        run_fake(monkeypatch, fail, made)


def test_the_first_worker_ends_the_others_when_the_unit_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may wait for it in a training that it has given up."""
    told = FakeQueue({})
    monkeypatch.setattr(train, "run_unit", lambda unit, job, emit: emit(Started("an encoder")))
    monkeypatch.setattr(train, "own_share", lambda: Share(0, 2))
    with pytest.raises(TrainingFailedError):
        train.work_on({"unit": None, "job": None, "queue": told})
    assert list(told.queue) == [Started("an encoder"), None]
    monkeypatch.setattr(train, "own_share", Share)
    train.work_on({"unit": None, "job": None, "queue": told})


def test_of_an_encoder_that_is_there_one_worker_is_enough() -> None:
    unit = plan().units[0]
    encoder = TrialStore(STORAGE).encoder_path(unit.pretrain_id)

    def workers(unit: Unit = unit) -> int:
        trainer = train.trainer_of(unit, job(), Resources(workers=2), None, str(STORAGE.resolve()))  # type: ignore[arg-type]
        assert isinstance(trainer, TorchTrainer)
        assert isinstance(trainer.scaling_config, ScalingConfig)
        assert isinstance(trainer.scaling_config.num_workers, int)
        return trainer.scaling_config.num_workers

    assert workers() == 2
    assert workers(plan(epochs=0).units[0]) == 1
    encoder.parent.mkdir(parents=True)
    encoder.touch()
    assert workers() == 1


def train_processes() -> list[int]:
    """Workers of this test's Ray that are in a training."""
    return sorted(worker_processes(b"RayTrainWorker"))


@pytest.mark.slow
def test_two_workers_on_ray_do_what_one_process_does_and_a_killed_one_goes_on_from_the_checkpoint() -> None:
    """The first unit has a checkpoint of its first epoch."""
    made, store, seen, killed = plan(epochs=4), TrialStore(STORAGE.resolve()), list[Event](), list[int]()
    for unit in made.units:
        store.record(unit)
    unit = made.units[0]
    config = unit.trials[0].config.pretrain
    expected = pretrain(config, load_data(config.data), device="cpu")

    def stop(history: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pretrain(
            config,
            load_data(config.data),
            device="cpu",
            checkpoint=store.checkpoint_path(unit.pretrain_id),
            checkpoint_seconds=0.0,
            on_epoch=lambda epoch: None,
            on_checkpoint=lambda history: stop(history) if history else None,
        )

    def listen(event: Event) -> None:
        seen.append(event)
        if isinstance(event, EpochEnded) and not killed:
            killed.extend(train_processes())
            assert len(killed) == 2
            os.kill(killed[-1], signal.SIGKILL)

    with RayScheduler("local", job()) as scheduler:
        scheduler.run(Batch([unit], job(), Resources(workers=2)), listen)
    assert killed
    assert sum(isinstance(event, Started) for event in seen) == 2
    assert min(event.epoch.epoch for event in seen if isinstance(event, EpochEnded)) == 2
    assert [event.result.state for event in seen if isinstance(event, TrialEnded)] == ["done", "done"]
    losses = [epoch.loss for epoch in store.history(unit.pretrain_id)]
    assert losses == pytest.approx([epoch.loss for epoch in expected.history], rel=2e-2)  # float32, some ReLUs apart
