"""Several runs on one storage: nothing is trained twice, the dead are buried, and all go to their end."""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient
from rich.console import Console

from ablations import lease as leases
from ablations import live, sharing
from ablations.errors import StudyError
from ablations.events import Ended, Event, Held, Saved, Started
from ablations.frame import read_study
from ablations.lease import FencedError, holder, take
from ablations.live import BEAT, PATIENCE, LiveRun, Watch, alone, is_live
from ablations.load import load_study
from ablations.plan import Plan, make_plan
from ablations.recorder import Recorder
from ablations.run import Where, run_plan
from ablations.sharing import share
from ablations.store import TrialStore
from ablations.tracking import RESULT, TRIAL, child_runs, tracking_uri
from ablations.trial import Result, Unit
from ablations.worker import Job, run_unit
from core.pretraining.history import Epoch
from helpers import small_study

STORAGE = Path("runs")
STUDY = small_study("grid: {loss.temperature: [0.1, 0.5]}\n", epochs=1)
QUIET = Console(quiet=True)


def plan(text: str = STUDY, retry: str | None = None) -> Plan:
    Path("study.yaml").write_text(text)
    return make_plan(load_study("study.yaml"), TrialStore(STORAGE), Path("data"), retry)


@pytest.fixture
def store() -> TrialStore:
    return TrialStore(STORAGE)


@pytest.fixture
def other() -> Callable[[str], Path]:
    """Makes another run of another machine; its sign of life."""

    def make(run: str) -> Path:
        path = STORAGE / "live" / f"{run}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"machine": "far away"}))
        return path

    return make


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets the process' own time go on."""
    now = [1000.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])

    def advance(seconds: float) -> None:
        now[0] += seconds

    return advance


def looks(watch: Watch, clock: Callable[[float], None], count: int) -> dict[str, bool]:
    for _ in range(count):
        clock(BEAT)
        runs = watch.look()
    return runs


def test_of_all_that_want_a_lease_one_gets_it(store: TrialStore) -> None:
    with LiveRun(STORAGE) as one, LiveRun(STORAGE) as two:
        start, got = threading.Barrier(8), list[leases.Lease | None]()

        def want(run: str) -> None:
            start.wait()
            got.append(take(store, "abc", run))

        threads = [threading.Thread(target=want, args=(run.name,)) for run in (one, two) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        held = holder(store, "abc")
        assert held in (one.name, two.name)
        assert {lease.run for lease in got if lease} == {held}


def test_a_lease_ends_when_it_is_released_or_its_run_is_gone(store: TrialStore) -> None:
    with LiveRun(STORAGE) as one, LiveRun(STORAGE) as two:
        first = take(store, "abc", one.name)
        assert first
        assert take(store, "abc", two.name) is None
        first.release()
        assert holder(store, "abc") is None
        second = take(store, "abc", two.name)
        assert second
        first.release()  # of what it no longer holds
        assert holder(store, "abc") == two.name
        with pytest.raises(FencedError):
            first.check()
    assert holder(store, "abc") is None
    assert take(store, "abc", "a third")
    with pytest.raises(FencedError):
        second.check()


def test_without_hard_links_there_is_one_holder_as_well(store: TrialStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*paths: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(leases.os, "link", no_links)
    with LiveRun(STORAGE) as one, LiveRun(STORAGE) as two:
        assert take(store, "abc", one.name)
        assert take(store, "abc", two.name) is None
        assert holder(store, "abc") == one.name


def test_who_has_looked_too_long_ago_does_not_get_it(store: TrialStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Since then the first was taken, given back and removed, and the second is held."""
    newest, seen = leases._newest, [(0, "")]
    monkeypatch.setattr(leases, "_newest", lambda folder: seen.pop() if seen else newest(folder))
    with LiveRun(STORAGE) as one, LiveRun(STORAGE) as two:
        folder = store.encoder_folder("abc")
        folder.mkdir(parents=True)
        (folder / "lease.2").write_text(two.name)
        assert take(store, "abc", one.name) is None
        assert holder(store, "abc") == two.name


def test_what_the_same_run_holds_its_next_worker_takes_and_the_last_is_fenced(store: TrialStore) -> None:
    with LiveRun(STORAGE) as run:
        first, second = (take(store, "abc", run.name) for _ in range(2))
        assert first
        assert second
        second.check()
        with pytest.raises(FencedError):
            first.check()


def test_a_run_of_this_machine_whose_process_is_gone_is_buried_at_once(store: TrialStore) -> None:
    run = LiveRun(STORAGE)
    run.__enter__()
    lease = take(store, "abc", run.name)
    assert lease
    run._ended.set()
    run._thread.join()
    with LiveRun(STORAGE) as other:  # while its process holds the lock
        assert take(store, "abc", other.name) is None
    run._lock.release()
    with LiveRun(STORAGE) as other:
        assert not is_live(STORAGE, run.name)
        assert take(store, "abc", other.name)
    assert list((STORAGE / "live").iterdir()) == []


def test_a_run_elsewhere_is_dead_when_it_was_not_heard_for_so_long(
    other: Callable[[str], Path], clock: Callable[[float], None]
) -> None:
    path, watch = other("far"), Watch(STORAGE)
    beats = int(PATIENCE / BEAT)
    assert watch.look() == {"far": False}
    assert looks(watch, clock, beats) == {"far": False}
    os.utime(path, (1.0, 1.0))  # whatever its clock says, it lives
    assert looks(watch, clock, beats) == {"far": True}
    assert looks(watch, clock, 2) == {}
    assert not path.exists()


def test_who_was_stopped_himself_does_not_take_others_for_dead(
    other: Callable[[str], Path], clock: Callable[[float], None]
) -> None:
    other("far")
    watch = Watch(STORAGE)
    watch.look()
    clock(100 * PATIENCE)
    assert watch.look() == {"far": False}


def test_a_run_that_was_buried_alive_is_back_with_its_next_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT", 0.001)
    with LiveRun(STORAGE) as run:
        path = STORAGE / "live" / f"{run.name}.json"
        path.unlink()
        while not path.exists():
            pass


def test_nothing_is_removed_while_a_run_lives(other: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with LiveRun(STORAGE) as run, pytest.raises(StudyError, match=run.name), alone(STORAGE):
        pytest.fail("alone beside a run")
    path = other("far")

    def touch(seconds: float) -> None:
        os.utime(path, (1.0, 1.0))

    monkeypatch.setattr(live.time, "sleep", touch)
    with pytest.raises(StudyError, match="far is using"), alone(STORAGE):
        pytest.fail("alone beside a run")


def test_a_run_that_is_dead_keeps_nothing_from_being_removed(
    other: Callable[[str], Path], clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    other("far")
    monkeypatch.setattr(live.time, "sleep", clock)
    with alone(STORAGE):
        assert not is_live(STORAGE, "far")


def test_no_run_begins_while_the_storage_is_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "GATE_SECONDS", 0)
    with alone(STORAGE), pytest.raises(StudyError, match="wait for it to end"), LiveRun(STORAGE):
        pytest.fail("begun")


def finish(store: TrialStore, unit: Unit, status: str = "finished", when: float = 0.0) -> None:
    for trial in unit.trials:
        store.save_result(Result(trial.id, status, {}, 1.0, when, {}))  # type: ignore[arg-type]


def test_what_another_run_holds_is_left_to_it_and_found_when_it_has_ended(
    store: TrialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = plan().units
    seen, ran = list[Event](), list[str]()

    def run_units(units: list[Unit], listen: Callable[[Event], None]) -> None:
        for unit in units:
            ran.append(unit.pretrain_id)
            if take(store, unit.pretrain_id, mine.name):
                finish(store, unit)
                listen(Ended(unit.pretrain_id, store.ended(unit)[0]))
            else:
                listen(Held(unit.pretrain_id))

    with LiveRun(STORAGE) as mine, LiveRun(STORAGE) as theirs:
        lease = take(store, one.pretrain_id, theirs.name)
        assert lease

        def they_end(seconds: float) -> None:
            finish(store, one, "failed")
            lease.release()

        monkeypatch.setattr(sharing.time, "sleep", they_end)
        share([one, two], run_units, store, mine.name, seen.append, QUIET)
    assert ran == [one.pretrain_id, two.pretrain_id]
    assert [(type(event), event.pretrain_id) for event in seen] == [
        (Held, one.pretrain_id),
        (Ended, two.pretrain_id),
        (Ended, one.pretrain_id),
    ]
    last = seen[-1]
    assert isinstance(last, Ended)
    assert last.result.status == "failed"


def test_what_another_run_leaves_unfinished_is_run_here(store: TrialStore, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = plan().units[0]
    ran = []

    def run_units(units: list[Unit], listen: Callable[[Event], None]) -> None:
        if take(store, unit.pretrain_id, mine.name):
            ran.append(unit)
        else:
            listen(Held(unit.pretrain_id))

    with LiveRun(STORAGE) as mine, LiveRun(STORAGE) as theirs:
        take(store, unit.pretrain_id, theirs.name)
        sign = STORAGE / "live" / f"{theirs.name}.json"
        monkeypatch.setattr(sharing.time, "sleep", lambda seconds: sign.unlink())
        share([unit], run_units, store, mine.name, lambda event: None, QUIET)
    assert ran == [unit]


def test_a_failure_that_another_run_had_meanwhile_stands_and_one_to_be_retried_does_not(store: TrialStore) -> None:
    finish(store, plan().units[0], "failed", when=1.0)
    unit = plan(retry="failed").units[0]
    assert store.ended(unit) == []
    finish(store, unit, "failed", when=2.0)
    assert [result.finished_at for result in store.ended(unit)] == [2.0]
    store.record(unit)
    events = list[Event]()
    run_unit(unit, Job(STORAGE, Path("data"), "me", 1), events.append)
    assert [type(event) for event in events] == [Started, Ended]


@pytest.mark.usefixtures("mlflow_db")
def test_a_second_run_shows_and_draws_what_the_first_has_trained(
    store: TrialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second begins while the first holds the one training that is left."""
    made = plan()
    where = Where(STORAGE, Path("data"), inline=True)
    with LiveRun(STORAGE) as first:
        lease = take(store, made.units[0].pretrain_id, first.name)
        assert lease

        def they_end(seconds: float) -> None:
            lease.release()
            store.record(made.units[0])
            run_unit(made.units[0], Job(STORAGE, Path("data"), first.name, 1, study="another"), lambda event: None)

        monkeypatch.setattr(sharing.time, "sleep", they_end)
        outcome = run_plan(made, where, QUIET)
    assert list(outcome.states.values()) == ["done", "done"]
    assert outcome.drawn is not None
    results = [store.result(trial.id) for trial in made.trials]
    assert [result and result.facts["computed_for"] for result in results] == ["another", "small"]


@pytest.mark.usefixtures("mlflow_db")
def test_two_runs_that_log_the_same_trial_make_one_mlflow_run(store: TrialStore) -> None:
    """Both have looked at MLflow before either has logged it; then it is trained anew, and logged by the other."""
    made = plan()
    unit, trial_id = made.units[0], made.units[0].trials[0].id
    recorders = [Recorder(made, store, QUIET) for _ in range(2)]
    for begun in (1.0, 2.0):
        store.save_history(unit.pretrain_id, [Epoch(1, 5.0, 10.0, 3.0, 0.1, 100.0, begun)])
        for recorder in recorders:
            recorder.record(Saved(unit.pretrain_id))
        finish(store, unit, when=begun)
        for recorder in recorders[::-1]:
            recorder.record(Ended(unit.pretrain_id, store.ended(unit)[0]))
            assert recorder.works
    client, recorded = MlflowClient(tracking_uri()), read_study("small", "quick")
    (child,) = child_runs(client, recorded.experiment_id, recorded.run_id)
    assert (child.data.tags[TRIAL], child.data.tags[RESULT]) == (trial_id, "2.0")


@pytest.mark.usefixtures("mlflow_db")
def test_who_ends_reports_its_own_seeds(store: TrialStore) -> None:
    """Though a run of the same study with one seed has begun since."""
    Path("study.yaml").write_text(STUDY)
    more = make_plan(load_study("study.yaml", seeds=2), store, Path("data"))
    recorder = Recorder(more, store, QUIET)
    Recorder(plan(), store, QUIET)
    assert len(read_study("small", "quick").table) == 2
    recorder.close(complete=False)
    assert len(read_study("small", "quick").table) == 4


@pytest.mark.usefixtures("mlflow_db")
def test_a_checkpoint_before_the_first_epoch_makes_no_mlflow_run(store: TrialStore) -> None:
    """Which the first epoch would have to replace."""
    made = plan()
    recorder = Recorder(made, store, QUIET)
    recorder.record(Saved(made.units[0].pretrain_id))
    assert recorder.works
    recorded = read_study("small", "quick")
    assert list(child_runs(MlflowClient(tracking_uri()), recorded.experiment_id, recorded.run_id)) == []
