"""A training over several workers: allowed settings, and the outcome of every way in which it ends."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray.tune.search import BasicVariantGenerator
from rich.console import Console
from worker_plans import STORAGE, job, plan, results

from ablations.cli.tables import study_heading
from ablations.planning.cost.memory import memory
from ablations.running import worker
from ablations.running.job import Job
from ablations.running.run_state import RunState
from ablations.running.schedule import Schedule, Where
from ablations.running.schedulers.on_ray import tune
from ablations.running.schedulers.on_ray.capacity import Capacity, check_capacity, trials_at_once
from ablations.running.schedulers.on_ray.interface import GLOO_INTERFACE, LONGEST_WAIT, TorchOverNodes, name_interface
from ablations.running.worker import run_unit
from ablations.store.leases.lease import holder
from ablations.store.leases.live_run import LiveRun
from ablations.store.trial_store import TrialStore
from ablations.study.study import Resources
from ablations.types.errors import StudyError
from ablations.types.events import Event, TrialEnded
from ablations.types.trial import Result, Unit
from core import ProcessLost
from core.hardware import hide_gpus
from helpers import small_config


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
    tune.run_on_worker({tune.WORK: pickle.dumps(work)})
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
