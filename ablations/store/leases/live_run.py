"""A run that uses a storage, and the commands that need the storage for themselves."""

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

from ablations.store.leases.heartbeat import Heartbeat, Watch
from ablations.store.leases.lock import POLL_SECONDS, StillAlone, only_one
from ablations.types.errors import StudyError
from core.files import create_text
from core.remote import AnyPath, RemotePath

GATE_SECONDS = 10.0
"""Longest wait for the gate: a run that begins passes it in well under a second."""


class LiveRun(Heartbeat):
    """This process as a run, alive in the block."""

    def __enter__(self) -> Self:
        """Raises ``StudyError`` while the storage is cleaned or migrated."""
        with _gate(self._storage):
            return super().__enter__()


@contextmanager
def alone(storage: AnyPath) -> Iterator[StillAlone]:
    """Use the storage while no run uses it and none can begin. Yields a check; see ``StillAlone``.

    Waits up to ``PATIENCE`` for heartbeats from other machines. Raises ``StudyError`` if a run is alive.
    """
    with _gate(storage) as still_alone:
        watch = Watch(storage)
        while runs := watch.look():
            if alive := [run for run, is_alive in runs.items() if is_alive]:
                raise StudyError(f"{storage}: the run {alive[0]} is using this storage; wait for it to end")
            time.sleep(POLL_SECONDS)
        yield still_alone


@contextmanager
def _gate(storage: AnyPath) -> Iterator[StillAlone]:
    """Passed by every run that begins; closed while the storage is cleaned or migrated.

    Runs of versions that could not share a storage hold it for as long as they live.
    """
    storage.mkdir(parents=True, exist_ok=True)
    if isinstance(storage, RemotePath):
        _check_creates_once(storage / "run")
    with ExitStack() as held:
        try:
            still_alone = held.enter_context(only_one(storage, "run", GATE_SECONDS))
        except TimeoutError as error:
            raise StudyError(
                f"{storage}: 'ablate rm', 'ablate gc', a migration, or a run of an older version is using this "
                "storage; wait for it to end"
            ) from error
        yield still_alone


def _check_creates_once(folder: RemotePath) -> None:
    """Raises ``StudyError`` if the server ignores the condition of a conditional write: leases depend on it."""
    probe = folder / f"probe-{secrets.token_hex(8)}"
    create_text(probe, "")
    created_again = create_text(probe, "")
    probe.unlink()
    if created_again:
        raise StudyError(
            f"{folder.parent}: this server ignores conditional writes (If-None-Match), which keep two runs from "
            "training the same encoder; use a server that supports them, or a folder"
        )
