"""Runs that use a storage, and who may use it alone; see ``ablations.signs``."""

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

from ablations.errors import StudyError
from ablations.signs import SignOfLife, Watch, is_live
from ablations.turns import POLL_SECONDS, Still, only_one
from core.files import create_text
from core.remote import AnyPath, RemotePath

__all__ = ["LiveRun", "alone", "is_live"]

GATE_SECONDS = 10.0


class LiveRun(SignOfLife):
    """This run, which is live in the block."""

    def __enter__(self) -> Self:
        """Raises ``StudyError`` while the storage is cleaned or migrated."""
        with _gate(self._storage):
            return super().__enter__()


@contextmanager
def alone(storage: AnyPath) -> Iterator[Still]:
    """No run uses the storage, and none begins to. Waits up to ``PATIENCE`` for a sign of life from other machines.

    Raises ``StudyError`` where a run lives. What it gives does so where that has changed; see ``Still``.
    """
    with _gate(storage) as still:
        watch = Watch(storage)
        while runs := watch.look():
            if living := [run for run, lives in runs.items() if lives]:
                raise StudyError(f"{storage}: the run {living[0]} is using this storage; wait for it to end")
            time.sleep(POLL_SECONDS)
        yield still


@contextmanager
def _gate(storage: AnyPath) -> Iterator[Still]:
    """Passed by a run that begins, closed while the storage is cleaned or migrated, and by runs of versions that did
    not share a storage."""
    storage.mkdir(parents=True, exist_ok=True)
    if isinstance(storage, RemotePath):
        _check_creates_once(storage / "run")
    with ExitStack() as held:
        try:
            still = held.enter_context(only_one(storage, "run", GATE_SECONDS))
        except TimeoutError as error:
            raise StudyError(
                f"{storage}: 'ablate rm', 'ablate gc', a migration, or a run of an older version is using this "
                "storage; wait for it to end"
            ) from error
        yield still


def _check_creates_once(folder: RemotePath) -> None:
    """A server that does not know conditional writes takes the second as well, and two runs would train the same."""
    probe = folder / f"probe-{secrets.token_hex(8)}"
    create_text(probe, "")
    again = create_text(probe, "")
    probe.unlink()
    if again:
        raise StudyError(
            f"{folder.parent}: this server does not know conditional writes (If-None-Match), which keep runs from "
            "training the same twice; use a server that does, or a folder"
        )
