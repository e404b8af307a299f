"""One run at a time on a storage."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ablations.errors import StudyError


@contextmanager
def only_run(storage: Path) -> Iterator[None]:
    """Two runs on one store would train the same thing twice."""
    storage.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(storage / "run.lock", timeout=0):
            yield
    except Timeout as error:
        raise StudyError(f"{storage}: another 'ablate run' is using this storage; wait for it to end") from error
