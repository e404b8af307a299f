"""Several runs share one storage: nothing is trained twice, dead runs are cleared, and all runs come to their end."""

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from mlflow import MlflowClient
from nfs import NfsClient
from rich.console import Console

from ablations.planning.plan import Plan, make_plan
from ablations.running.job import Job
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.running.shared_units import run_shared
from ablations.running.worker import run_unit
from ablations.store.leases import heartbeat, live_run, lock
from ablations.store.leases import lease as leases
from ablations.store.leases.heartbeat import BEAT, PATIENCE, Watch, is_live
from ablations.store.leases.lease import FencedError, Lease, holder, take
from ablations.store.leases.live_run import LiveRun, alone
from ablations.store.leases.lock import only_one
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.tracking.client import TRIAL, child_runs, tracking_uri
from ablations.tracking.content.trial import RESULT
from ablations.tracking.reader import read_study
from ablations.tracking.resilient_tracker import ResilientTracker
from ablations.types.errors import StudyError
from ablations.types.events import Event, Held, Saved, Started, TrialEnded
from ablations.types.trial import EndState, Result, Unit
from core.files import write_text
from core.remote import AnyPath
from helpers import epoch, local, small_study

pytestmark = pytest.mark.usefixtures("blank_figures")

STUDY = small_study("grid: {loss.temperature: [0.1, 0.5]}\n", epochs=1)
QUIET = Console(quiet=True)
ENCODER = "0123456789abcdef"
ONLY_FOLDER, ONLY_S3 = (pytest.mark.parametrize("storage", [kind], indirect=True) for kind in ("folder", "s3"))


@pytest.fixture
def store(storage: AnyPath) -> TrialStore:
    return TrialStore(storage)


def plan(store: TrialStore, text: str = STUDY, retry: str | None = None) -> Plan:
    Path("study.yaml").write_text(text)
    return make_plan(load_study("study.yaml"), store, Path("data"), retry)


def sign(storage: AnyPath, run: str, beats: int = 0) -> AnyPath:
    """Write the sign of life of another run, on another machine."""
    path = storage / "live" / f"{run}.json"
    write_text(path, json.dumps({"machine": "far away", "beats": beats}))
    if isinstance(path, Path):
        os.utime(path, (beats, beats))
    return path


class Clock:
    """The process' own time, which goes on when it is told to; or something happens while the process sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.sleep: Callable[[float], object] = self.advance

    def monotonic(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (live_run, heartbeat, lock):
        monkeypatch.setattr(module, "time", made)
    return made


def looks(watch: Watch, clock: Clock, count: int) -> dict[str, bool]:
    for _ in range(count):
        clock.advance(BEAT)
        runs = watch.look()
    return runs


def test_of_all_that_want_a_lease_one_gets_it(storage: AnyPath, store: TrialStore) -> None:
    with LiveRun(storage) as one, LiveRun(storage) as two:
        start, got = threading.Barrier(8), list[Lease | None]()

        def want(run: str) -> None:
            start.wait()
            got.append(take(store, ENCODER, run))

        threads = [threading.Thread(target=want, args=(run.name,)) for run in (one, two) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        held = holder(store, ENCODER)
        assert held in (one.name, two.name)
        assert {lease.run for lease in got if lease} == {held}


def test_a_lease_ends_when_it_is_released_or_its_run_is_gone(storage: AnyPath, store: TrialStore) -> None:
    with LiveRun(storage) as one, LiveRun(storage) as two:
        first = take(store, ENCODER, one.name)
        assert first
        assert take(store, ENCODER, two.name) is None
        first.release()
        assert holder(store, ENCODER) is None
        second = take(store, ENCODER, two.name)
        assert second
        first.release()  # of what it no longer holds
        assert holder(store, ENCODER) == two.name
        with pytest.raises(FencedError):
            first.check()
    assert holder(store, ENCODER) is None
    assert take(store, ENCODER, "a third")
    with pytest.raises(FencedError):
        second.check()


@ONLY_FOLDER
def test_without_hard_links_there_is_one_holder_as_well(
    storage: AnyPath, store: TrialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*paths: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", no_links)
    with LiveRun(storage) as one, LiveRun(storage) as two:
        assert take(store, ENCODER, one.name)
        assert take(store, ENCODER, two.name) is None
        assert holder(store, ENCODER) == one.name


def test_who_has_looked_too_long_ago_does_not_get_it(
    storage: AnyPath, store: TrialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Since then the first was taken, given back and removed, and the second is held."""
    newest, seen = leases.newest, [(0, "")]
    monkeypatch.setattr(leases, "newest", lambda folder: seen.pop() if seen else newest(folder))
    with LiveRun(storage) as one, LiveRun(storage) as two:
        folder = store.encoder_folder(ENCODER)
        write_text(folder / "lease.2", two.name)
        assert take(store, ENCODER, one.name) is None
        assert holder(store, ENCODER) == two.name


def test_what_the_same_run_holds_its_next_worker_takes_and_the_last_is_fenced(
    storage: AnyPath, store: TrialStore
) -> None:
    with LiveRun(storage) as run:
        first, second = (take(store, ENCODER, run.name) for _ in range(2))
        assert first
        assert second
        second.check()
        with pytest.raises(FencedError):
            first.check()


def test_a_run_of_this_machine_whose_process_is_gone_is_buried_at_once(storage: AnyPath, store: TrialStore) -> None:
    run = LiveRun(storage)
    run.__enter__()
    lease = take(store, ENCODER, run.name)
    assert lease
    run._ended.set()
    run._thread.join()
    with LiveRun(storage) as other:  # while its process holds the lock
        assert take(store, ENCODER, other.name) is None
    run._lock.release()
    with LiveRun(storage) as other:
        assert not is_live(storage, run.name)
        assert take(store, ENCODER, other.name)
    assert list((storage / "live").iterdir()) == []


def test_a_run_elsewhere_is_dead_when_it_was_not_heard_for_so_long(storage: AnyPath, clock: Clock) -> None:
    path, watch = sign(storage, "far"), Watch(storage)
    beats = int(PATIENCE / BEAT)
    assert watch.look() == {"far": False}
    assert looks(watch, clock, beats) == {"far": False}
    sign(storage, "far", beats=1)  # whatever its clock says, it lives
    assert looks(watch, clock, beats) == {"far": True}
    assert looks(watch, clock, 2) == {}
    assert not path.exists()


@ONLY_FOLDER
def test_a_sign_of_life_is_opened_when_it_is_new_and_before_its_run_is_taken_for_dead(
    storage: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An NFS client may remember an old time of the file until it opens it, and an open file delays the next touch."""
    path, watch = sign(storage, "far"), Watch(storage)
    watch.look()
    client = NfsClient(monkeypatch)
    client.remembers(local(path))
    sign(storage, "far", beats=1)
    assert looks(watch, clock, int(PATIENCE / BEAT)) == {"far": False}
    assert client.opened == []
    assert looks(watch, clock, 1) == {"far": True}
    assert client.opened == [path]


def test_who_was_stopped_himself_does_not_take_others_for_dead(storage: AnyPath, clock: Clock) -> None:
    sign(storage, "far")
    watch = Watch(storage)
    watch.look()
    clock.advance(100 * PATIENCE)
    assert watch.look() == {"far": False}


def test_a_run_that_was_buried_alive_is_back_with_its_next_beat(
    storage: AnyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "BEAT", 0.001)
    with LiveRun(storage) as run:
        path = storage / "live" / f"{run.name}.json"
        path.unlink()
        while not path.exists():
            pass


def test_nothing_is_removed_while_a_run_lives(storage: AnyPath, clock: Clock) -> None:
    with LiveRun(storage) as run, pytest.raises(StudyError, match=run.name), alone(storage):
        pytest.fail("alone beside a run")
    sign(storage, "far")
    clock.sleep = lambda seconds: sign(storage, "far", beats=1)
    with pytest.raises(StudyError, match="far is using"), alone(storage):
        pytest.fail("alone beside a run")


def test_a_run_that_is_dead_keeps_nothing_from_being_removed(storage: AnyPath, clock: Clock) -> None:
    sign(storage, "far")
    with alone(storage):
        assert not is_live(storage, "far")


def test_no_run_begins_while_the_storage_is_cleaned(storage: AnyPath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_run, "GATE_SECONDS", 0)
    with alone(storage), pytest.raises(StudyError, match="wait for it to end"), LiveRun(storage):
        pytest.fail("begun")


@ONLY_S3
def test_who_died_while_it_was_alone_keeps_nobody_out_for_ever(storage: AnyPath, clock: Clock) -> None:
    """As long as it lives nobody comes in: its turn is in the store, where there are no locks."""
    sign(storage / "run", "far")
    write_text(storage / "run" / "lease.1", "far")

    def lives(seconds: float) -> None:
        clock.advance(seconds)
        sign(storage / "run", "far", beats=int(clock.now))

    clock.sleep = lives
    with pytest.raises(StudyError, match="wait for it to end"), LiveRun(storage):
        pytest.fail("begun")
    clock.sleep = lambda seconds: clock.advance(BEAT)
    with LiveRun(storage):
        assert not is_live(storage / "run", "far")


@ONLY_S3
def test_who_was_stopped_while_it_was_alone_finds_out(storage: AnyPath) -> None:
    with alone(storage) as still_alone:
        still_alone()
        write_text(storage / "run" / "lease.99", "another")
        with pytest.raises(StudyError, match="stopped for so long"):
            still_alone()


def test_one_process_at_a_time_writes(storage: AnyPath) -> None:
    storage.mkdir(parents=True, exist_ok=True)
    for _ in range(2):
        with only_one(storage, "mlflow", 0), pytest.raises(TimeoutError), only_one(storage, "mlflow", 0):
            pytest.fail("two at once")


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

    with LiveRun(storage) as mine, LiveRun(storage) as theirs:
        lease = take(store, one.pretrain_id, theirs.name)
        assert lease

        def they_end(seconds: float) -> None:
            finish(store, one, "failed")
            lease.release()

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
