"""A training over several workers: allowed settings, and the outcome of every way in which it ends."""

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
from ray.tune.search import BasicVariantGenerator
from ray.util.queue import Empty
from ray_processes import worker_processes
from rich.console import Console

from ablations.cli.tables import study_heading
from ablations.planning.memory import memory
from ablations.planning.plan import Plan, make_plan
from ablations.running import worker
from ablations.running.job import Job
from ablations.running.run_state import RunState
from ablations.running.schedule import Schedule, Where
from ablations.running.schedulers.on_ray import endings, train, tune
from ablations.running.schedulers.on_ray.capacity import Capacity, check_capacity, trials_at_once
from ablations.running.schedulers.on_ray.interface import GLOO_INTERFACE, LONGEST_WAIT, TorchOverNodes, name_interface
from ablations.running.schedulers.on_ray.scheduler import RayScheduler
from ablations.running.schedulers.on_ray.train import run_over_workers
from ablations.running.schedulers.scheduler import Batch
from ablations.running.worker import keep_failures, run_unit
from ablations.store.leases.lease import holder, take
from ablations.store.leases.live_run import LiveRun
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.study.study import Resources
from ablations.types.errors import DiskFullError, LostStorageError, StudyError
from ablations.types.events import DiskFull, EpochEnded, Event, Held, Started, TrialEnded
from ablations.types.failures import kind_of
from ablations.types.trial import Result, Unit
from core import DataError, ProcessLost, load_data, pretrain
from core.distributed import Share
from core.errors import StorageAway, StorageRefused
from core.hardware import hide_gpus
from helpers import small_config, small_study

GRID = "grid: {loss.temperature: [0.1, 0.5], evaluate.l2_count: [1, 2]}\n"
STORAGE = Path("runs")


def plan(rest: str = "resources: {workers: 2}\n", epochs: int = 1) -> Plan:
    """A plan of two trainings, with two trials each."""
    Path("study.yaml").write_text(small_study(GRID + rest, epochs=epochs))
    return make_plan(load_study("study.yaml"), TrialStore(STORAGE), Path("data"))


def job(owner: str = "me") -> Job:
    return Job(STORAGE.resolve(), Path("data").resolve(), owner, 1, workers=2)


def results(made: Plan) -> list[Result | None]:
    return [TrialStore(STORAGE).result(trial.id) for trial in made.units[0].trials]


def test_the_identity_of_a_trial_does_not_depend_on_its_workers() -> None:
    ids = [[(t.id, t.pretrain_id) for t in plan(rest).trials] for rest in ("", "resources: {workers: 4, cpu: 2}\n")]
    assert ids[0] == ids[1]


def test_a_plan_says_over_how_many_workers_it_trains() -> None:
    assert "4 trials, 2 trainings x 2 workers; 0 done, 4 to run" in study_heading(plan())
    assert "4 trials, 2 trainings; 0 done, 4 to run" in study_heading(plan(""))


def test_a_batch_that_workers_cannot_share_out_evenly_is_refused_before_anything_starts() -> None:
    with pytest.raises(StudyError, match=r"batch_size is 16, which resources.workers 3 cannot share out evenly"):
        plan("resources: {workers: 3}\n")
    assert plan("resources: {workers: 3}\n", epochs=0).trials  # nothing is trained


def test_workers_speak_over_the_interface_of_their_nodes_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or over the one that is named; where no interface has the address, gloo chooses."""
    addresses = {"docker0": [SimpleNamespace(address="172.17.0.1")], "eth1": [SimpleNamespace(address="10.0.0.7")]}
    monkeypatch.setattr("psutil.net_if_addrs", lambda: addresses)
    for address, named, chosen in (
        ("10.0.0.7", None, "eth1"),
        ("10.0.0.7", "docker0", "docker0"),
        ("10.0.0.8", None, None),
    ):
        monkeypatch.setattr("ray.util.get_node_ip_address", lambda address=address: address)
        monkeypatch.setattr("os.environ", {GLOO_INTERFACE: named} if named else {})
        name_interface()
        assert os.environ.get(GLOO_INTERFACE) == chosen


def test_workers_wait_for_one_whose_node_decodes_for_hours() -> None:
    """Ray's default lets their first exchange fail after half an hour."""
    assert TorchOverNodes().to_dict()["timeout_s"] == LONGEST_WAIT > 3600


def test_a_worker_takes_one_gpu_or_none() -> None:
    with pytest.raises(ValueError, match="gpu must be 1 or 0"):
        Resources(workers=2, gpu=0.5)
    assert Resources(gpu=0.5).workers == 1


def test_each_worker_needs_the_memory_of_its_share() -> None:
    config = small_config()
    whole, fixed = memory(config, None), memory(config.model_copy(update={"batch_size": 0}), None)
    assert memory(config, None, workers=2) - fixed == (whole - fixed) // 2


def test_room_is_counted_in_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [{"CPU": 4.0, "GPU": 1.0}, {"CPU": 16.0, "GPU": 2.0}]
    monkeypatch.setattr("ray.nodes", lambda: [{"Alive": True, "Resources": node} for node in nodes])
    assert trials_at_once(Resources(cpu=4)) == 5
    assert trials_at_once(Resources(cpu=4, gpu=1)) == 3
    check_capacity(Resources(cpu=4, gpu=1, workers=3))
    with pytest.raises(StudyError, match="for each of 4 workers, and Ray has nodes of 4 CPU and 1 GPU or 16 CPU and 2"):
        check_capacity(Resources(cpu=4, gpu=1, workers=4))


def test_a_node_that_is_added_has_room_for_trials_over_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [{"Alive": True, "Resources": {"CPU": 2.0}}]
    monkeypatch.setattr("ray.nodes", lambda: nodes)
    monkeypatch.setattr("ablations.running.schedulers.on_ray.capacity.LOOK_SECONDS", 0.0)
    search = BasicVariantGenerator(max_concurrent=1)
    room = Capacity(search, Resources(workers=2))
    nodes *= 3
    room.on_step_begin(1, [])
    assert search.max_concurrent == 3
    nodes.clear()
    room.on_step_begin(2, [])
    assert search.max_concurrent == 1, "0 would be no limit"


@pytest.mark.parametrize(("gpus", "hides"), [(0, True), (1, False)])
def test_workers_without_a_gpu_see_none(monkeypatch: pytest.MonkeyPatch, gpus: int, hides: bool) -> None:
    """Ray leaves those of a node in sight of workers that asked for none."""
    done = list[Callable[[], None]]()
    group = SimpleNamespace(execute=done.append, get_resources_per_worker=lambda: {"CPU": 1, "GPU": gpus})
    monkeypatch.setattr("ray.train.torch.config._TorchBackend.on_start", lambda *given: None)
    TorchOverNodes().backend_cls().on_start(group, TorchOverNodes())  # type: ignore[arg-type]
    assert (hide_gpus in done) == hides
    monkeypatch.setattr("os.environ", {})
    hide_gpus()
    assert os.environ == {"CUDA_VISIBLE_DEVICES": ""}


@pytest.mark.parametrize(("gpu", "sees"), [(0, ""), (0.5, "3")])
def test_a_trial_without_a_gpu_sees_none(monkeypatch: pytest.MonkeyPatch, gpu: float, sees: str) -> None:
    seen = list[str]()
    monkeypatch.setattr("os.environ", {"CUDA_VISIBLE_DEVICES": "3"})
    monkeypatch.setattr(
        "ablations.running.worker.run_unit", lambda *given: seen.append(os.environ["CUDA_VISIBLE_DEVICES"])
    )
    work = (plan("").units[0], job(), Resources(gpu=gpu))
    tune._run_on_worker({tune.WORK: pickle.dumps(work)})
    assert seen == [sees]


def test_inline_trains_in_one_process_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    made, console, workers = plan(), Console(width=200), list[int]()

    def run_unit(unit: Unit, job: Job, listen: Callable[[Event], None]) -> None:
        workers.append(job.workers)
        for trial in unit.trials:
            listen(TrialEnded(unit.pretrain_id, Result(trial.id, "done", {}, 0.0, 0.0, {})))

    monkeypatch.setattr("ablations.running.schedulers.inline.run_unit", run_unit)
    where = Where(STORAGE, Path("data"), inline=True)
    with console.capture() as capture, LiveRun(STORAGE) as live, Schedule(where, live.name, console) as schedule:
        schedule.begin()
        schedule.run(made, RunState(made), lambda event: None)
    assert "one process trains what 2 workers would share" in capture.get()
    assert set(workers) == {1}


def test_a_worker_that_misses_another_keeps_no_result_and_lets_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its training is to go on from the checkpoint; it has not failed."""
    made, store = plan(), TrialStore(STORAGE)
    store.record(made.units[0])

    def lose(*_: Any, **__: Any) -> None:
        raise ProcessLost("gone")

    monkeypatch.setattr(worker, "pretrain", lose)
    with pytest.raises(ProcessLost):
        run_unit(made.units[0], job(), lambda event: None)
    assert results(made) == [None, None]
    assert holder(store, made.units[0].pretrain_id) is None


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
    """What the driver hears of a trial whose worker raised it once too often, as Tune keeps it."""
    seen, trial = list[Event](), SimpleNamespace(pickled_error_file="error.pkl", error_file=None)
    dual = RayTaskError(
        "run", f"Traceback (most recent call last):\n  File x.py\n{error!r}", error
    ).as_instanceof_cause()
    Path("error.pkl").write_bytes(cloudpickle.dumps(dual))
    trial.config = {tune.WORK: pickle.dumps((unit, job(), Resources(workers=2)))}
    TrialStore(STORAGE).record(unit)
    listener = endings.Endings(seen.append, tune._work)
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
        train._work({"unit": unit, "job": job(), "queue": told})

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
        train._work({"unit": made.units[0], "job": job(), "queue": told})

    seen = run_fake(monkeypatch, fail, made)
    assert [event.result.failure for event in seen if isinstance(event, TrialEnded)] == ["bad_data", "bad_data"]


def test_what_the_first_worker_cannot_keep_is_raised_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan()
    unseen = replace(job(), storage=Path("elsewhere"))

    def fail(told: FakeQueue) -> None:
        train._work({"unit": made.units[0], "job": unseen, "queue": told})

    with pytest.raises(FileNotFoundError, match="the storage must be at the same path on every node"):
        run_fake(monkeypatch, fail, made)


def test_the_first_worker_ends_the_others_when_the_unit_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may wait for it in a training that it has given up."""
    told = FakeQueue({})
    monkeypatch.setattr(train, "run_unit", lambda unit, job, emit: emit(Started("an encoder")))
    monkeypatch.setattr(train, "own_share", lambda: Share(0, 2))
    with pytest.raises(TrainingFailedError):
        train._work({"unit": None, "job": None, "queue": told})
    assert list(told.queue) == [Started("an encoder"), None]
    monkeypatch.setattr(train, "own_share", Share)
    train._work({"unit": None, "job": None, "queue": told})


def test_of_an_encoder_that_is_there_one_worker_is_enough() -> None:
    unit = plan().units[0]
    encoder = TrialStore(STORAGE).encoder_path(unit.pretrain_id)

    def workers(unit: Unit = unit) -> int:
        trainer = train._trainer(unit, job(), Resources(workers=2), None, str(STORAGE.resolve()))  # type: ignore[arg-type]
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
