"""Ray Tune gives what one process gives; a worker that dies costs its training at most some seconds."""

import os
import signal
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from ray.air.execution._internal.actor_manager import RayActorManager
from ray.air.execution._internal.tracked_actor_task import TrackedActorTask
from ray.exceptions import OutOfMemoryError
from ray_processes import worker_processes
from rich.console import Console

from ablations.planning.plan import Plan, make_plan
from ablations.running.job import Job
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.running.schedulers.on_ray.endings import WORKER_DEATHS
from ablations.running.schedulers.on_ray.scheduler import RayScheduler
from ablations.running.schedulers.scheduler import Batch
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.study.study import Resources
from ablations.tracking.reader import read_study
from ablations.types.errors import StudyError
from ablations.types.events import EpochEnded, Event, Started, TrialEnded
from helpers import small_study

pytestmark = pytest.mark.usefixtures("mlflow_db")

STUDY = small_study("grid: {loss.temperature: [0.1, 0.5]}\n", epochs=3)


def plan(storage: str = "runs") -> Plan:
    Path("study.yaml").write_text(STUDY)
    return make_plan(load_study("study.yaml"), TrialStore(Path(storage)), Path("data"))


def run_and(react: Callable[[Event], None], most: int = 2) -> list[Event]:
    """Every event of a run of the study's first units on Ray, each passed on to ``react``."""
    storage, seen = Path("runs").resolve(), list[Event]()
    units = plan().units[:most]

    def listen(event: Event) -> None:
        seen.append(event)
        react(event)

    for unit in units:
        TrialStore(storage).record(unit)
    job = Job(storage, Path("data").resolve(), "me")
    with RayScheduler("local", job) as scheduler:
        scheduler.run(Batch(units, job, Resources()), listen)
    return seen


def kill_workers() -> None:
    for process in worker_processes():
        os.kill(process, signal.SIGKILL)


def test_ray_and_one_process_agree_and_nothing_is_left_running(
    capfd: pytest.CaptureFixture[str], other_mlflow: Callable[[], None]
) -> None:
    tables = []
    for inline, storage in ((True, "inline"), (False, "ray")):
        outcome = run_plan(plan(storage), Where(Path(storage), Path("data"), inline=inline), Console(quiet=True))
        assert list(outcome.states.values()) == ["done", "done"]
        tables.append(read_study("small", "quick").table[["linear_eval/top1", "knn/top1", "pretrain/loss"]])
        other_mlflow()
    assert tables[0].equals(tables[1])
    assert worker_processes() == []
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


def test_a_killed_worker_is_replaced_and_its_trial_finishes() -> None:
    killed: list[bool] = []

    def kill_once(event: Event) -> None:
        if isinstance(event, EpochEnded) and not killed:
            killed.append(True)
            kill_workers()

    events = run_and(kill_once, most=1)
    assert killed
    assert sum(isinstance(event, Started) for event in events) == 2
    assert [event.result.state for event in events if isinstance(event, TrialEnded)] == ["done"]


@pytest.mark.slow
def test_a_worker_that_always_dies_is_a_failed_trial() -> None:
    def kill_always(event: Event) -> None:
        if isinstance(event, Started):
            kill_workers()

    events = run_and(kill_always)
    ended = [event.result for event in events if isinstance(event, TrialEnded)]
    assert [result.state for result in ended] == ["failed", "failed"]
    assert f"died {WORKER_DEATHS + 1} times" in ended[0].error
    stored = TrialStore(Path("runs")).result(ended[0].trial_id)
    assert stored is not None
    assert stored.state == "failed"


@pytest.mark.slow
def test_a_worker_that_ray_kills_for_memory_costs_one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the change to Tune this ends the whole run with a RuntimeError."""
    killed: list[bool] = []
    reported = RayActorManager._actor_task_resolved

    def kill_first(self: RayActorManager, tracked_actor_task: TrackedActorTask, result: object) -> None:
        if killed or "EpochEnded" not in str(result):
            reported(self, tracked_actor_task, result)
            return
        killed.append(True)
        self._actor_task_failed(
            tracked_actor_task, OutOfMemoryError("Task was killed due to the node running low on memory.")
        )

    monkeypatch.setattr(RayActorManager, "_actor_task_resolved", kill_first)
    events = run_and(lambda event: None)
    assert killed
    assert [event.result.state for event in events if isinstance(event, TrialEnded)] == ["done", "done"]


@pytest.mark.slow
def test_a_machine_without_memory_fails_the_trials_and_not_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray's own monitor, told that so much is too much, kills every worker at once."""
    monkeypatch.setenv("RAY_memory_usage_threshold", "0.01")
    monkeypatch.setenv("RAY_memory_monitor_refresh_ms", "100")
    ended = [event.result for event in run_and(lambda event: None) if isinstance(event, TrialEnded)]
    assert [(result.state, result.failure) for result in ended] == [("failed", "out_of_memory")] * 2


@pytest.mark.slow
def test_storage_that_the_workers_do_not_see_is_a_failure_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was recorded there, as it looks from a node without the storage."""
    monkeypatch.setattr(TrialStore, "record", lambda store, unit: None)
    made, seen = plan(), list[Event]()
    job = Job(Path("runs").resolve(), Path("data").resolve(), "me")
    with RayScheduler("local", job) as scheduler:
        scheduler.run(Batch(made.units, job, Resources()), seen.append)
    ended = [event.result for event in seen if isinstance(event, TrialEnded)]
    assert [result.state for result in ended] == ["failed", "failed"]
    assert "the storage must be at the same path on every node" in ended[0].error


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ray://localhost:1", "no Ray cluster"),
        ("127.0.0.1:1", "no Ray cluster"),
        ("127.0.0.1:x", "no Ray cluster"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_said(address: str, message: str) -> None:
    job = Job(Path("runs"), Path("data"), "me")
    with pytest.raises(StudyError, match=message), RayScheduler(address, job) as scheduler:
        scheduler.run(Batch(plan().units, job, Resources()), lambda event: None)


def test_what_no_node_can_hold_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablations.running.schedulers.on_ray.connect.connected", lambda address, job: nullcontext())
    monkeypatch.setattr("ray.nodes", lambda: [{"Alive": True, "Resources": {"CPU": 2.0}}])
    made = plan()
    job = Job(Path("runs"), Path("data"), "me")
    with pytest.raises(StudyError, match="a trial asks for 1000 CPU"), RayScheduler("local", job) as scheduler:
        scheduler.run(Batch(made.units, job, Resources(cpu=1000)), lambda event: None)
