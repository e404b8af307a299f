"""A cluster of three nodes that loses some: on one machine, so that the storage is at the same path on all."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

from ablations.planning.plan import make_plan
from ablations.running.job import Job
from ablations.running.schedulers.inline import InlineScheduler
from ablations.running.schedulers.on_ray.endings import WORKER_DEATHS
from ablations.running.schedulers.on_ray.scheduler import RayScheduler
from ablations.running.schedulers.scheduler import Batch
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.study.study import Resources
from ablations.types.events import Event, Judged, Started, TrialEnded
from ablations.types.trial import Result, Unit
from helpers import small_study

pytestmark = pytest.mark.slow

EPOCHS = 5


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A cluster whose head trains nothing."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    yield made
    ray.shutdown()
    made.shutdown()


def units(storage: Path, grid: str) -> list[Unit]:
    """Units of work with a checkpoint after every epoch."""
    Path("study.yaml").write_text(small_study(grid, EPOCHS))
    made = make_plan(load_study("study.yaml"), TrialStore(storage), Path("data"))
    for unit in made.units:
        TrialStore(storage).record(unit)
    return [replace(unit, judged=tuple(range(1, EPOCHS))) for unit in made.units]


def job(storage: Path) -> Job:
    return Job(storage.resolve(), Path("data").resolve(), "me", 1)


def run_and(cluster: Cluster, chosen: list[Unit], react: Callable[[Event], None]) -> list[Event]:
    seen: list[Event] = []

    def listen(event: Event) -> None:
        seen.append(event)
        react(event)

    with RayScheduler(cluster.address, job(Path("runs"))) as scheduler:
        scheduler.run(Batch(chosen, job(Path("runs")), Resources()), listen)
    return seen


def ended(events: list[Event]) -> dict[str, Result]:
    return {event.result.trial_id: event.result for event in events if isinstance(event, TrialEnded)}


def test_what_a_lost_node_trained_goes_on_elsewhere_from_its_checkpoint(cluster: Cluster) -> None:
    lost = cluster.add_node(num_cpus=1)
    killed: list[bool] = []

    def lose_one(event: Event) -> None:
        if isinstance(event, Judged) and event.epoch == 2 and not killed:
            killed.append(True)
            cluster.remove_node(lost, allow_graceful=False)
            cluster.add_node(num_cpus=1)

    grid = "grid: {loss.temperature: [0.1, 0.5]}\n"
    chosen = units(Path("runs"), grid)
    events = run_and(cluster, chosen, lose_one)
    assert killed
    assert sum(isinstance(event, Started) for event in events) == 3
    for unit in chosen:
        epochs = [e.epoch for e in events if isinstance(e, Judged) and e.pretrain_id == unit.pretrain_id]
        assert epochs == sorted(set(epochs)), "an epoch that was safe was trained again"
    quiet: list[Event] = []
    InlineScheduler().run(Batch(units(Path("quiet"), grid), job(Path("quiet")), Resources()), quiet.append)
    table, expected = ended(events), ended(quiet)
    assert [result.state for result in table.values()] == ["done", "done"]
    for trial_id, result in expected.items():
        assert table[trial_id].metrics == result.metrics
        assert table[trial_id].facts["encoder_hash"] == result.facts["encoder_hash"]


def test_a_trial_that_loses_every_node_is_a_failure_of_that_kind(cluster: Cluster) -> None:
    nodes = [cluster.add_node(num_cpus=1)]

    def lose_it(event: Event) -> None:
        if isinstance(event, Started):
            cluster.remove_node(nodes.pop(), allow_graceful=False)
            nodes.append(cluster.add_node(num_cpus=1))

    events = run_and(cluster, units(Path("runs"), "grid: {loss.temperature: [0.1]}\n"), lose_it)
    assert sum(isinstance(event, Started) for event in events) == WORKER_DEATHS + 1
    (result,) = ended(events).values()
    assert (result.state, result.failure) == ("failed", "node_lost"), result.error
    assert TrialStore(Path("runs")).result(result.trial_id) == result
