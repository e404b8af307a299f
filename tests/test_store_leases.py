"""Several runs share one storage: nothing is trained twice, dead runs are cleared, and all runs come to their end."""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from nfs import NfsClient
from shared_storage import sign

from ablations.store.leases import heartbeat, live_run, lock
from ablations.store.leases import lease as leases
from ablations.store.leases.heartbeat import BEAT, PATIENCE, Watch, is_live
from ablations.store.leases.lease import FencedError, Lease, holder, take
from ablations.store.leases.live_run import LiveRun, alone
from ablations.store.leases.lock import only_one
from ablations.store.trial_store import TrialStore
from ablations.types.errors import StudyError
from core.files import write_text
from core.remote import AnyPath
from helpers import local

pytestmark = pytest.mark.usefixtures("blank_figures")

ENCODER = "0123456789abcdef"
ONLY_FOLDER, ONLY_S3 = (pytest.mark.parametrize("storage", [kind], indirect=True) for kind in ("folder", "s3"))


@pytest.fixture
def store(storage: AnyPath) -> TrialStore:
    return TrialStore(storage)


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


@pytest.mark.parametrize("content", [b"[]", b"\xff\xfe"])
def test_a_sign_of_life_that_is_damaged_stops_no_run(storage: AnyPath, clock: Clock, content: bytes) -> None:
    """The thread that reads it keeps this run's own sign up: an error there would end the run."""
    path, watch = sign(storage, "far"), Watch(storage)
    path.write_bytes(content)
    assert watch.look() == {"far": False}
    assert looks(watch, clock, int(PATIENCE / BEAT) + 1) == {}


def test_the_lock_of_another_user_cannot_be_tried_and_its_run_is_known_by_its_silence(
    storage: AnyPath, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, watch = sign(storage, "theirs"), Watch(storage)
    write_text(path, json.dumps({"machine": heartbeat._machine()}))
    lock_file = heartbeat._lock(storage, "theirs")
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    lock_file.touch()

    def refused(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(heartbeat, "_is_locked", refused)
    assert watch.look() == {"theirs": False}
    assert looks(watch, clock, int(PATIENCE / BEAT) + 1) == {}


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
