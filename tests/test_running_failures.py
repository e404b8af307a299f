"""Failures told apart: their kinds, what is done about each, and what a user is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from rich.console import Console

from ablations.cli.tables import states_lines
from ablations.planning.plan import Plan, make_plan
from ablations.running.job import Job
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.running.schedulers.on_ray.capacity import whole_device
from ablations.running.schedulers.on_ray.scheduler import RayScheduler
from ablations.running.schedulers.scheduler import Batch
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.study.study import Resources
from ablations.types.events import Event, TrialEnded
from ablations.types.failures import KINDS, NEXT, Kind, TimedOut, kind_of, lost_kind
from ablations.types.trial import Result
from core import Collapsed, DataError, Diverged
from core.errors import MissingData, OtherData
from helpers import small_study

pytestmark = pytest.mark.usefixtures("mlflow_db", "blank_figures")

STUDY = small_study("grid: {loss.temperature: [0.1, 0.5]}\n", epochs=2)
STORAGE = Path("runs")


def plan(text: str = STUDY, retry: str | None = None) -> Plan:
    Path("study.yaml").write_text(text)
    return make_plan(load_study("study.yaml"), TrialStore(STORAGE), Path("data"), retry)


def run(made: Plan, inline: bool = True) -> list[Result | None]:
    run_plan(made, Where(STORAGE, Path("data"), inline=inline), Console(quiet=True))
    return [TrialStore(STORAGE).result(trial.id) for trial in made.trials]


def cpu_allocation_error() -> Exception:
    try:
        torch.empty(2**50)
    except RuntimeError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "out_of_memory"),
        (MemoryError(), "out_of_memory"),
        (cpu_allocation_error(), "out_of_memory"),
        (Diverged("the loss is nan"), "diverged"),
        (Collapsed("all images have one projection"), "collapsed"),
        (DataError("a.png does not decode"), "bad_data"),
        (MissingData("a.png is no longer there"), "missing_data"),
        (OtherData("photos has another fingerprint"), "other_data"),
        (TimedOut("after 3 minutes"), "timed_out"),
        (ZeroDivisionError(), "bug"),
    ],
)
def test_an_error_has_its_kind(error: Exception, kind: Kind) -> None:
    assert kind_of(error) == kind


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (
            "The actor died unexpectedly before finishing this task. There are some potential root causes: (1) The "
            "process is killed by SIGKILL by OOM killer due to high memory usage on its node. (2) ray stop --force is "
            "called. (3) The worker is crashed unexpectedly due to SIGSEGV.",
            "worker_lost",
        ),
        ("The actor died because its node has died. Node Id: 12ab", "node_lost"),
        (
            "The actor 4eac is unavailable: The actor is temporarily unavailable: RpcError: RPC error: failed to "
            "connect to all addresses rpc_code: 14. The task may or may not have been executed on the actor.",
            "node_lost",
        ),
        ("Task was killed due to the node running low on memory.", "out_of_memory"),
    ],
)
def test_a_lost_worker_is_told_from_a_lost_node(message: str, kind: Kind) -> None:
    assert lost_kind(message) == kind


def test_every_kind_says_what_to_do_next() -> None:
    assert set(NEXT) == set(KINDS)
    assert "over Ray it was tried again alone" in NEXT["out_of_memory"]  # with --inline it is not


def test_a_training_that_takes_too_long_is_ended_and_continued_when_asked() -> None:
    results = run(plan(STUDY + "resources: {minutes: 1.0e-9}\n"))
    assert [result and result.failure for result in results] == ["timed_out", "timed_out"]
    assert results[0]
    assert "at epoch 1" in results[0].error
    assert not results[0].traceback
    assert plan(retry="diverged").units == []
    assert [result and result.state for result in run(plan(retry="timed_out"))] == ["done", "done"]


def test_status_says_what_to_do_next() -> None:
    made = plan(STUDY + "resources: {minutes: 1.0e-9}\n")
    run(made)
    text = "\n".join(line for line, _ in states_lines(plan(), STORAGE))
    assert "timed out: was still training" in text
    assert "Raise resources.minutes, then --retry timed_out" in text


def test_out_of_memory_is_tried_again_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a crowd the first unit starves; alone it would finish, and the second is not run again."""
    made = plan()
    runs: list[tuple[list[str], bool]] = []

    @contextmanager
    def connected(address: str, job: Job) -> Iterator[None]:
        yield

    def run_batch(self: RayScheduler, batch: Batch, listen: Callable[[Event], None]) -> None:
        assert batch.judging is None
        runs.append(([unit.pretrain_id for unit in batch.units], batch.alone))
        for unit in batch.units:
            starves = not batch.alone and unit is made.units[0]
            assert batch.alone == bool(unit.retried)
            trial = unit.trials[0].id
            starved = Result(trial, "failed", {}, 0.0, 0.0, {}, failure="out_of_memory")
            result = starved if starves else Result(trial, "done", {}, 0.0, 0.0, {})
            TrialStore(STORAGE).save_result(result)
            listen(TrialEnded(unit.pretrain_id, result))

    monkeypatch.setattr("ablations.running.schedulers.on_ray.connect.connected", connected)
    monkeypatch.setattr(RayScheduler, "run", run_batch)
    outcome = run_plan(made, Where(STORAGE, Path("data")), Console(quiet=True))
    ids = [unit.pretrain_id for unit in made.units]
    assert runs == [(ids, False), (ids[:1], True)]
    assert list(outcome.states.values()) == ["done", "done"]


def test_alone_is_a_whole_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole device comes with all cores of a node that has one."""
    nodes = [{"Alive": True, "Resources": {"CPU": 64.0}}, {"Alive": True, "Resources": {"CPU": 16.0, "GPU": 2.0}}]
    monkeypatch.setattr("ray.nodes", lambda: [*nodes, {"Alive": False, "Resources": {"CPU": 99.0}}])
    assert whole_device(Resources(cpu=2, gpu=0.25)) == Resources(cpu=16, gpu=1)
    assert whole_device(Resources(cpu=2)) == Resources(cpu=64, gpu=0)
