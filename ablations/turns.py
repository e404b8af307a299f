"""Turns in a folder: at any time one run has it, and who has lost it finds out.

``<folder>/lease.<number>`` names the run that has its turn, or nobody; the highest number counts. To take a turn is to
create the next number, which only one of several can do, on shared folders and in object stores too. Whoever finds a
higher number than his own has lost it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

from filelock import FileLock

from ablations.errors import StudyError
from ablations.signs import SignOfLife, Watch, is_live
from core.files import create_text, read_text, write_text
from core.remote import AnyPath, RemotePath

NOBODY = ""
POLL_SECONDS = 1.0

Still = Callable[[], None]
"""Raises ``StudyError`` where this process is no longer the only one: it was stopped for so long that others took it
for dead. Where there are locks that cannot be."""


class FencedError(RuntimeError):
    """Another has taken it over."""


@dataclass(frozen=True)
class Lease:
    """Held until it is released, taken over, or its run is dead."""

    folder: AnyPath
    run: str
    number: int

    def check(self) -> None:
        """Raises ``FencedError`` where it was taken over. A worker outlives a killed driver by some seconds, and a
        stopped one by any time; the driver's successor must not find it writing."""
        if newest(self.folder) != (self.number, self.run):
            raise FencedError(f"{self.folder.name} was taken over by another run")

    def release(self) -> None:
        """Does nothing where it was taken over; where the storage is away, it ends with the run."""
        with suppress(FencedError, OSError):
            self.check()
            write_text(_path(self.folder, self.number), NOBODY)


def take_turn(folder: AnyPath, run: str, is_live: Callable[[str], bool]) -> Lease | None:
    """None where another live run has it. What the same run has is taken over: its worker has died, or will find out
    that it is counted among the dead."""
    number, current = newest(folder)
    if current not in (NOBODY, run) and is_live(current):
        return None
    if not create_text(_path(folder, number + 1), run):
        return None
    for path in _leases(folder):
        if _number(path) <= number:
            path.unlink(missing_ok=True)
    lease = Lease(folder, run, number + 1)
    return lease if newest(folder) == (lease.number, run) else None


@contextmanager
def only_one(storage: AnyPath, name: str, seconds: float) -> Iterator[Still]:
    """Of all processes that use the storage: by a lock, and in an object store, which locks nothing, by turns. Raises
    ``TimeoutError`` where another that lives does not end within so many seconds."""
    if not isinstance(storage, RemotePath):
        with FileLock(storage / f"{name}.lock", timeout=seconds):
            yield lambda: None
        return
    folder = storage / name
    with SignOfLife(folder) as sign:
        lease = _next_turn(folder, sign.name, seconds)
        try:
            yield partial(_check_still, lease, storage)
        finally:
            lease.release()


def _next_turn(folder: RemotePath, run: str, seconds: float) -> Lease:
    watch, ends = Watch(folder, run), time.monotonic() + seconds
    while True:
        lives = watch.look()
        if lease := take_turn(folder, run, partial(is_live, folder)):
            return lease
        if time.monotonic() > ends and lives.get(newest(folder)[1]):
            raise TimeoutError(f"{folder}: another does not end")
        time.sleep(POLL_SECONDS)


def _check_still(lease: Lease, storage: RemotePath) -> None:
    try:
        lease.check()
    except FencedError as error:
        raise StudyError(
            f"{storage}: this process was stopped for so long that another uses the storage; run it again"
        ) from error


def newest(folder: AnyPath) -> tuple[int, str]:
    """Its number, 0 where there is none, and the run."""
    path = max(_leases(folder), key=_number, default=None)
    if path is None:
        return 0, NOBODY
    try:
        return _number(path), read_text(path)
    except FileNotFoundError:  # the next holder has just removed it
        return _number(path), NOBODY


def _leases(folder: AnyPath) -> list[AnyPath]:
    return [*folder.glob("lease.[0-9]*")]


def _path(folder: AnyPath, number: int) -> AnyPath:
    return folder / f"lease.{number}"


def _number(path: AnyPath) -> int:
    return int(path.suffix[1:])
