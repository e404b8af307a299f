"""Who may train what: a lease on an encoder, held by one run at a time.

``encoders/<pretrain_id>/lease.<number>`` names the run that holds it, or nobody; the highest number counts. To take a
lease is to create the next number, which only one of several can do, on shared folders too. Whoever finds a higher
number than his own has lost it.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ablations.live import is_live
from ablations.store import TrialStore
from core.files import unfinished, write_text

NOBODY = ""


class FencedError(RuntimeError):
    """Another has taken this training over."""


@dataclass(frozen=True)
class Lease:
    """Held until it is released, taken over, or its run is dead."""

    folder: Path
    run: str
    number: int

    def check(self) -> None:
        """Raises ``FencedError`` where it was taken over. A worker outlives a killed driver by some seconds, and a
        stopped one by any time; the driver's successor must not find it writing."""
        if _newest(self.folder) != (self.number, self.run):
            raise FencedError(f"{self.folder.name} was taken over by another run")

    def release(self) -> None:
        """Does nothing where it was taken over; where the storage is away, it ends with the run."""
        with suppress(FencedError, OSError):
            self.check()
            write_text(_path(self.folder, self.number), NOBODY)


def holder(store: TrialStore, pretrain_id: str) -> str | None:
    """The live run that holds it."""
    _, run = _newest(store.encoder_folder(pretrain_id))
    return run if run != NOBODY and is_live(store.root, run) else None


def take(store: TrialStore, pretrain_id: str, run: str) -> Lease | None:
    """None where another live run holds it. What the same run holds is taken over: its worker has died, or will
    find out that it is counted among the dead."""
    folder = store.encoder_folder(pretrain_id)
    number, current = _newest(folder)
    if current not in (NOBODY, run) and is_live(store.root, current):
        return None
    if not _create(_path(folder, number + 1), run):
        return None
    for path in _leases(folder):
        if _number(path) <= number:
            path.unlink(missing_ok=True)
    lease = Lease(folder, run, number + 1)
    return lease if _newest(folder) == (lease.number, run) else None


def _newest(folder: Path) -> tuple[int, str]:
    """Its number, 0 where there is none, and the run."""
    path = max(_leases(folder), key=_number, default=None)
    if path is None:
        return 0, NOBODY
    try:
        return _number(path), path.read_text()
    except FileNotFoundError:  # the next holder has just removed it
        return _number(path), NOBODY


def _create(path: Path, text: str) -> bool:
    """False where it is there already."""
    with unfinished(path) as temporary:
        temporary.write_text(text)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError:  # no hard links on this file system
            return _create_in_place(path, text)
    return True


def _create_in_place(path: Path, text: str) -> bool:
    """For a moment it is there and empty: who looks then takes it over, and this run finds out."""
    try:
        with path.open("x") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _leases(folder: Path) -> list[Path]:
    return list(folder.glob("lease.[0-9]*"))


def _path(folder: Path, number: int) -> Path:
    return folder / f"lease.{number}"


def _number(path: Path) -> int:
    return int(path.suffix[1:])
