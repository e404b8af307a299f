"""Signs of life of the runs that use a storage, and which of them are dead.

``live/<run>.json``  on what machine the run is; touched every few seconds, in an object store by another number in it.
                     A run without it is dead, or has ended.
``live/<run>.lock``  locked for as long as the run's process lives, so that its own machine knows of its death at once.
                     In an object store nothing is locked: then it lies in the machine's own cache.

No clock of one machine is compared with another's: a run is dead when this process has not seen the file touched for
``PATIENCE`` of its own time.
"""

import json
import os
import platform
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from core.files import cache_dir, is_there, look_anew, write_text
from core.remote import AnyPath, RemotePath

BEAT = 5.0
"""Seconds from one sign of life of a run to the next."""
PATIENCE = 60.0
"""Seconds without one, after which a run is taken for dead. One that was only stopped finds its work taken over."""


def is_live(storage: AnyPath, run: str) -> bool:
    return is_there(_sign(storage, run))


class SignOfLife:
    """Of this process, in the block; meanwhile it buries what others died."""

    def __init__(self, storage: AnyPath) -> None:
        self.name = f"{platform.node()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._storage = storage
        self._lock = FileLock(_lock(storage, self.name))
        self._watch = Watch(storage, self.name)
        self._beats = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        _sign(self._storage, self.name).parent.mkdir(parents=True, exist_ok=True)
        Path(self._lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        self._sign()
        self._watch.look()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()
        with suppress(OSError):  # where the storage is away, others will find it silent
            _bury(self._storage, self.name)
        self._lock.release()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            with suppress(OSError):  # where the storage stays away for long, others take this run for dead
                self._sign()
                self._watch.look()

    def _sign(self) -> None:
        """Anew where another run, which had not heard of this one for long, took the file away."""
        path = _sign(self._storage, self.name)
        if isinstance(path, Path):
            with suppress(FileNotFoundError):
                os.utime(path)
                return
        self._beats += 1
        write_text(path, json.dumps({"machine": _machine(), "beats": self._beats}))


@dataclass
class _Heard:
    """Of another run, by this process."""

    touched: object
    """When, by its own clock; or what its sign said."""
    is_here: bool
    """On this machine."""
    silent: float = 0.0
    """Seconds since that has changed."""
    lives: bool = False
    """Whether it is certain: it was seen to be touched, or its process is here."""


class Watch:
    """Looks at the other runs time and again, and buries the dead."""

    def __init__(self, storage: AnyPath, own: str = "") -> None:
        self._storage, self._own = storage, own
        self._heard: dict[str, _Heard] = {}
        self._looked = time.monotonic()

    def look(self) -> dict[str, bool]:
        """The others that are not known to be dead, and whether they are known to live."""
        now = time.monotonic()
        passed = min(now - self._looked, 2 * BEAT)  # while this process itself was stopped, it could hear nobody
        self._looked = now
        look_anew(self._storage / "live")
        for path in (self._storage / "live").glob("*.json"):
            if path.stem != self._own:
                with suppress(FileNotFoundError):  # it ends just now
                    self._judge(path, passed)
        self._heard = {run: heard for run, heard in self._heard.items() if is_live(self._storage, run)}
        return {run: heard.lives for run, heard in self._heard.items()}

    def _judge(self, path: AnyPath, passed: float) -> None:
        run = path.stem
        if run not in self._heard:
            self._heard[run] = _Heard(_touched(path), _is_here(path))
        heard = self._heard[run]
        touched = _touched(path, surely=heard.silent + passed > PATIENCE)
        if touched != heard.touched:
            heard.touched, heard.silent, heard.lives = touched, 0.0, True
        else:
            heard.silent += passed
        if heard.is_here and (lock := _lock(self._storage, run)).exists():
            heard.lives = _is_locked(lock)
            if not heard.lives:
                _bury(self._storage, run)
        if heard.silent > PATIENCE:
            path.unlink(missing_ok=True)


def _sign(storage: AnyPath, run: str) -> AnyPath:
    return storage / "live" / f"{run}.json"


def _lock(storage: AnyPath, run: str) -> Path:
    return (storage if isinstance(storage, Path) else cache_dir()) / "live" / f"{run}.lock"


def _bury(storage: AnyPath, run: str) -> None:
    _sign(storage, run).unlink(missing_ok=True)
    _lock(storage, run).unlink(missing_ok=True)


def _touched(path: AnyPath, surely: bool = False) -> object:
    """An NFS client may remember that for some seconds, unless it opens the file. It is not opened without need: who
    goes away having just done so keeps the file from being touched for the 90 s in which the server waits for him."""
    if isinstance(path, RemotePath):
        return path.read_text()
    if surely:
        path.open().close()
    return path.stat().st_mtime_ns


def _is_here(path: AnyPath) -> bool:
    """Locks are told from one machine to another by some shared folders, and not by all."""
    try:
        return bool(json.loads(path.read_text())["machine"] == _machine())
    except (ValueError, KeyError):
        return False


def _is_locked(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def _machine() -> str:
    """Equal for all processes of one kernel, those in containers included."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return boot.read_text().strip() if boot.exists() else platform.node()
