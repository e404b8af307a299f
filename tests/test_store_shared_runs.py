"""Several runs on one storage: what one holds is left to it, and what it has ended is found."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from mlflow import MlflowClient
from nfs import NfsClient
from rich.console import Console
from shared_storage import STUDY, plan, sign

from ablations.planning.plan import make_plan
from ablations.running.job import Job
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.running.shared_units import run_shared
from ablations.running.worker import run_unit
from ablations.store.leases.heartbeat import Watch
from ablations.store.leases.lease import take
from ablations.store.leases.live_run import LiveRun
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.tracking.connection.client import TRIAL, child_runs, tracking_uri
from ablations.tracking.content.trial import RESULT
from ablations.tracking.reader import read_study
from ablations.tracking.resilient_tracker import ResilientTracker
from ablations.types.events import Event, Held, Saved, Started, TrialEnded
from ablations.types.trial import EndState, Result, Unit
from core.remote import AnyPath
from helpers import epoch, local

pytestmark = pytest.mark.usefixtures("blank_figures")


ONLY_FOLDER = pytest.mark.parametrize("storage", ["folder"], indirect=True)
QUIET = Console(quiet=True)


@pytest.fixture
def store(storage: AnyPath) -> TrialStore:
    return TrialStore(storage)


def finish(store: TrialStore, unit: Unit, state: EndState = "done", when: float = 0.0) -> None:
    for trial in unit.trials:
        store.save_result(Result(trial.id, state, {}, 1.0, when, {}))


def test_what_another_run_holds_is_left_to_it_and_found_when_it_has_ended(
    storage: AnyPath, store: TrialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = plan(store).units
    seen, ran = list[Event](), list[str]()

    def run_units(units: Sequence[Unit], listen: Callable[[Event], None]) -> None:
        for unit in units:
            ran.append(unit.pretrain_id)
            if take(store, unit.pretrain_id, mine.name):
                finish(store, unit)
                listen(TrialEnded(unit.pretrain_id, store.ended(unit)[0]))
            else:
                listen(Held(unit.pretrain_id))

    read, polls = list[Unit](), list[float]()
    results_of = store.ended

    def ended(unit: Unit) -> list[Result]:
        read.append(unit)
        return results_of(unit)

    with LiveRun(storage) as mine, LiveRun(storage) as theirs:
        lease = take(store, one.pretrain_id, theirs.name)
        assert lease

        def they_end(seconds: float) -> None:
            assert one not in read, "results were read of a unit that is still held"
            polls.append(seconds)
            if len(polls) == 2:
                finish(store, one, "failed")
                lease.release()

        monkeypatch.setattr(store, "ended", ended)
        monkeypatch.setattr(time, "sleep", they_end)
        run_shared([one, two], run_units, store, mine.name, seen.append, QUIET)
    assert ran == [one.pretrain_id, two.pretrain_id]
    assert [(type(event), event.pretrain_id) for event in seen] == [
        (Held, one.pretrain_id),
        (TrialEnded, two.pretrain_id),
        (TrialEnded, one.pretrain_id),
    ]
    last = seen[-1]
    assert isinstance(last, TrialEnded)
    assert last.result.state == "failed"


def test_what_another_run_leaves_unfinished_is_run_here(
    storage: AnyPath, store: TrialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = plan(store).units[0]
    ran: list[Unit] = []

    def run_units(units: Sequence[Unit], listen: Callable[[Event], None]) -> None:
        if take(store, unit.pretrain_id, mine.name):
            ran.append(unit)
        else:
            listen(Held(unit.pretrain_id))

    with LiveRun(storage) as mine, LiveRun(storage) as theirs:
        take(store, unit.pretrain_id, theirs.name)
        sign = storage / "live" / f"{theirs.name}.json"
        monkeypatch.setattr(time, "sleep", lambda seconds: sign.unlink())
        run_shared([unit], run_units, store, mine.name, lambda event: None, QUIET)
    assert ran == [unit]


def test_a_failure_that_another_run_had_meanwhile_stands_and_one_to_be_retried_does_not(
    storage: AnyPath, store: TrialStore
) -> None:
    finish(store, plan(store).units[0], "failed", when=1.0)
    unit = plan(store, retry="failed").units[0]
    assert store.ended(unit) == []
    finish(store, unit, "failed", when=2.0)
    assert [result.finished_at for result in store.ended(unit)] == [2.0]
    store.record(unit)
    events = list[Event]()
    run_unit(unit, Job(storage, Path("data"), "me", 1), events.append)
    assert [type(event) for event in events] == [Started, TrialEnded]


@ONLY_FOLDER
def test_what_another_machine_has_ended_is_not_trained_again_where_its_results_were_looked_for_in_vain(
    storage: Path, store: TrialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An NFS client remembers them to be absent."""
    unit, client = plan(store).units[0], NfsClient(monkeypatch)
    store.record(unit)
    finish(store, unit)
    client.remembers_absent(*(local(store.result_path(trial.id)) for trial in unit.trials))
    client.remembers_absent(local(store.encoder_folder(unit.pretrain_id)))
    events = list[Event]()
    run_unit(unit, Job(storage, Path("data"), "me", 1), events.append)
    assert [type(event) for event in events] == [Started, TrialEnded]


@ONLY_FOLDER
def test_a_run_is_heard_where_none_had_ever_been(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign(storage, "far")
    NfsClient(monkeypatch).remembers_absent(storage / "live")
    assert Watch(storage).look() == {"far": False}


@ONLY_FOLDER
@pytest.mark.usefixtures("mlflow_db")
def test_a_second_run_shows_and_draws_what_the_first_has_trained(
    storage: AnyPath, store: TrialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second begins while the first holds the one training that is left."""
    made = plan(store)
    where = Where(storage, Path("data"), inline=True)
    with LiveRun(storage) as first:
        lease = take(store, made.units[0].pretrain_id, first.name)
        assert lease

        def they_end(seconds: float) -> None:
            lease.release()
            store.record(made.units[0])
            run_unit(made.units[0], Job(storage, Path("data"), first.name, 1, study="another"), lambda event: None)

        monkeypatch.setattr(time, "sleep", they_end)
        outcome = run_plan(made, where, QUIET)
    assert list(outcome.states.values()) == ["done", "done"]
    assert outcome.drawn is not None
    results = [store.result(trial.id) for trial in made.trials]
    assert [result and result.facts["computed_for"] for result in results] == ["another", "small"]


@ONLY_FOLDER
@pytest.mark.usefixtures("mlflow_db")
def test_runs_that_log_the_same_trial_make_one_mlflow_run(store: TrialStore) -> None:
    """Both have looked at MLflow before either has logged it; then it is trained anew, and logged by a third as well,
    which begins only then."""
    made = plan(store)
    unit, trial_id = made.units[0], made.units[0].trials[0].id
    recorders = [ResilientTracker(made, store, QUIET)]
    for begun in (1.0, 2.0):
        recorders.append(ResilientTracker(made, store, QUIET))
        store.save_history(unit.pretrain_id, [epoch(1, 5.0, 10.0, time=begun)])
        for recorder in recorders:
            recorder.record(Saved(unit.pretrain_id))
        finish(store, unit, when=begun)
        for recorder in recorders[::-1]:
            recorder.record(TrialEnded(unit.pretrain_id, store.ended(unit)[0]))
            assert recorder.works
    client, recorded = MlflowClient(tracking_uri()), read_study("small", "quick")
    (child,) = child_runs(client, recorded.experiment_id, recorded.run_id)
    assert (child.data.tags[TRIAL], child.data.tags[RESULT]) == (trial_id, "2.0")


@ONLY_FOLDER
@pytest.mark.usefixtures("mlflow_db")
def test_who_ends_reports_its_own_seeds(store: TrialStore) -> None:
    """Though a run of the same study with one seed has begun since."""
    Path("study.yaml").write_text(STUDY)
    more = make_plan(load_study("study.yaml", seeds=2), store, Path("data"))
    recorder = ResilientTracker(more, store, QUIET)
    ResilientTracker(plan(store), store, QUIET)
    assert len(read_study("small", "quick").table) == 2
    recorder.close(["waiting"])
    assert len(read_study("small", "quick").table) == 4


@ONLY_FOLDER
@pytest.mark.usefixtures("mlflow_db")
def test_a_checkpoint_before_the_first_epoch_makes_no_mlflow_run(store: TrialStore) -> None:
    """The first epoch would have to replace it."""
    made = plan(store)
    recorder = ResilientTracker(made, store, QUIET)
    recorder.record(Saved(made.units[0].pretrain_id))
    assert recorder.works
    recorded = read_study("small", "quick")
    assert list(child_runs(MlflowClient(tracking_uri()), recorded.experiment_id, recorded.run_id)) == []
