"""A lease: one run holds a folder's training until it releases it, dies, or is taken over."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ablations.store.leases.heartbeat import is_live
from core.files import create_text, read_text, write_text
from core.remote import AnyPath

if TYPE_CHECKING:
    from ablations.store.trial_store import TrialStore

NOBODY = ""
"""Content of a lease that was released."""


class FencedError(RuntimeError):
    """Another run has taken the lease over."""


@dataclass(frozen=True)
class Lease:
    """The right of ``run`` to train in ``folder``."""

    folder: AnyPath
    run: str
    number: int

    def check(self) -> None:
        """Raises ``FencedError`` if another run has taken the lease over.

        A worker outlives its killed driver by some seconds, and a stopped worker may wake at any time. The new holder
        must not find it writing.
        """
        if newest(self.folder) != (self.number, self.run):
            raise FencedError(f"{self.folder.name} was taken over by another run")

    def release(self) -> None:
        """Release the lease; does nothing if it was taken over. Without its storage, it ends with the run."""
        with suppress(FencedError, OSError):
            self.check()
            write_text(_path(self.folder, self.number), NOBODY)


def take(store: "TrialStore", pretrain_id: str, run: str) -> Lease | None:
    """The lease on an encoder, or None while another live run holds it; see ``take_lease``."""
    return take_lease(store.encoder_folder(pretrain_id), run, partial(is_live, store.root))


def holder(store: "TrialStore", pretrain_id: str) -> str | None:
    """The live run that holds an encoder, or None."""
    _, run = newest(store.encoder_folder(pretrain_id))
    return run if run != NOBODY and is_live(store.root, run) else None


def take_lease(folder: AnyPath, run: str, is_live: Callable[[str], bool]) -> Lease | None:
    """A new lease on the folder, or None while another live run holds it.

    A lease of the same run is taken over: its worker has died, or will find itself fenced.
    """
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


def newest(folder: AnyPath) -> tuple[int, str]:
    """Number and run of the folder's newest lease; (0, NOBODY) if it never had one."""
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
