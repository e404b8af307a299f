"""A lock on a whole storage: one process at a time, by a file lock or, in an object store, by a lease."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from filelock import FileLock

from ablations.store.leases.heartbeat import Heartbeat, Watch, is_live
from ablations.store.leases.lease import FencedError, Lease, newest, take_lease
from ablations.types.errors import StudyError
from core.remote import AnyPath, RemotePath

POLL_SECONDS = 1.0

StillAlone = Callable[[], None]
"""A check that raises ``StudyError`` once this process has lost the lock.

Only a process that was stopped for so long that others counted it as dead can lose it. A file lock is never lost."""


@contextmanager
def only_one(storage: AnyPath, name: str, seconds: float) -> Iterator[StillAlone]:
    """Hold the storage's lock ``name`` in the block.

    Raises ``TimeoutError`` if another live process does not release it within so many seconds.
    """
    if not isinstance(storage, RemotePath):
        with FileLock(storage / f"{name}.lock", timeout=seconds):
            yield lambda: None
        return
    folder = storage / name
    with Heartbeat(folder) as heartbeat:
        lease = _wait_for_lease(folder, heartbeat.name, seconds)
        try:
            yield partial(_check_still_alone, lease, storage)
        finally:
            lease.release()


def _wait_for_lease(folder: RemotePath, run: str, seconds: float) -> Lease:
    watch, ends = Watch(folder, run), time.monotonic() + seconds
    while True:
        alive = watch.look()
        if lease := take_lease(folder, run, partial(is_live, folder)):
            return lease
        if time.monotonic() > ends and alive.get(newest(folder)[1]):
            raise TimeoutError(f"{folder}: another process holds it and does not end")
        time.sleep(POLL_SECONDS)


def _check_still_alone(lease: Lease, storage: RemotePath) -> None:
    try:
        lease.check()
    except FencedError as error:
        raise StudyError(
            f"{storage}: this process was stopped for so long that another one uses the storage now; run it again"
        ) from error
