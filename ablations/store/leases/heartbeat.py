"""Heartbeats of the runs that use a storage, and which runs are dead; the protocol is in the package's docstring."""

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

from ablations.store.json_files import read_json
from core.files import cache_dir, is_there, look_anew, write_text
from core.remote import AnyPath, RemotePath

BEAT = 5.0
"""Seconds between two heartbeats of a run."""
PATIENCE = 60.0
"""Seconds without a heartbeat after which a run counts as dead. A run that was only stopped loses its trainings."""


def is_live(storage: AnyPath, run: str) -> bool:
    """Whether the run has a heartbeat file."""
    return is_there(_heartbeat(storage, run))


class Heartbeat:
    """The heartbeat of this process, kept up in the block by a thread that also removes those of dead runs."""

    def __init__(self, storage: AnyPath) -> None:
        self.name = f"{platform.node()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._storage = storage
        self._lock = FileLock(_lock(storage, self.name))
        self._watch = Watch(storage, self.name)
        self._beats = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_beating, daemon=True)

    def __enter__(self) -> Self:
        _heartbeat(self._storage, self.name).parent.mkdir(parents=True, exist_ok=True)
        Path(self._lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        self._beat()
        self._watch.look()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()
        with suppress(OSError):  # without its storage, others will count this run as dead
            _remove(self._storage, self.name)
        self._lock.release()

    def _keep_beating(self) -> None:
        while not self._ended.wait(BEAT):
            with suppress(OSError):  # if the storage stays away for long, others count this run as dead
                self._beat()
                self._watch.look()

    def _beat(self) -> None:
        """Touch the file, or write it again if another run, which saw no heartbeat for long, has removed it."""
        path = _heartbeat(self._storage, self.name)
        if isinstance(path, Path):
            with suppress(FileNotFoundError):
                os.utime(path)
                return
        self._beats += 1
        write_text(path, json.dumps({"machine": _machine(), "beats": self._beats}))


@dataclass
class _Other:
    """Another run, as far as this process knows it."""

    touched: object
    """Last heartbeat: the file's time, by the other machine's clock, or in an object store the file's content."""
    is_here: bool
    """Whether it runs on this machine."""
    silent: float = 0.0
    """Seconds since its heartbeat changed."""
    is_alive: bool = False
    """Whether it is known to be alive: its heartbeat was seen to change, or its process is on this machine."""


class Watch:
    """Looks at the heartbeats of the other runs, again and again, and removes those of the dead."""

    def __init__(self, storage: AnyPath, own: str = "") -> None:
        self._storage, self._own = storage, own
        self._others: dict[str, _Other] = {}
        self._looked = time.monotonic()

    def look(self) -> dict[str, bool]:
        """The other runs that are not known to be dead, and whether each is known to be alive."""
        now = time.monotonic()
        passed = min(now - self._looked, 2 * BEAT)  # while this process itself was stopped, it could see no heartbeat
        self._looked = now
        look_anew(self._storage / "live")
        for path in (self._storage / "live").glob("*.json"):
            if path.stem != self._own:
                with suppress(FileNotFoundError):  # the run ends just now
                    self._look_at(path, passed)
        self._others = {run: other for run, other in self._others.items() if is_live(self._storage, run)}
        return {run: other.is_alive for run, other in self._others.items()}

    def _look_at(self, path: AnyPath, passed: float) -> None:
        run = path.stem
        if run not in self._others:
            self._others[run] = _Other(_last_beat(path), _is_here(path))
        other = self._others[run]
        touched = _last_beat(path, surely=other.silent + passed > PATIENCE)
        if touched != other.touched:
            other.touched, other.silent, other.is_alive = touched, 0.0, True
        else:
            other.silent += passed
        if other.is_here and (lock := _lock(self._storage, run)).exists():
            with suppress(PermissionError):  # another user's lock cannot be tried, and its silence tells
                other.is_alive = _is_locked(lock)
                if not other.is_alive:
                    _remove(self._storage, run)
        if other.silent > PATIENCE:
            path.unlink(missing_ok=True)


def _heartbeat(storage: AnyPath, run: str) -> AnyPath:
    return storage / "live" / f"{run}.json"


def _lock(storage: AnyPath, run: str) -> Path:
    return (storage if isinstance(storage, Path) else cache_dir()) / "live" / f"{run}.lock"


def _remove(storage: AnyPath, run: str) -> None:
    _heartbeat(storage, run).unlink(missing_ok=True)
    _lock(storage, run).unlink(missing_ok=True)


def _last_beat(path: AnyPath, surely: bool = False) -> object:
    """The file's time, or its content in an object store.

    An NFS client may remember the time for some seconds unless it opens the file (``surely``). It is opened only when
    needed: a client that dies with the file open keeps it from being touched for the server's grace period (90 s).
    """
    if isinstance(path, RemotePath):
        return path.read_bytes()
    if surely:
        path.open("rb").close()
    return path.stat().st_mtime_ns


def _is_here(path: AnyPath) -> bool:
    """Whether the run is on this machine. Not every shared folder passes locks on to other machines."""
    return (read_json(path) or {}).get("machine") == _machine()


def _is_locked(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def _machine() -> str:
    """An id that is equal for all processes of one kernel, containers included."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return boot.read_text(encoding="utf-8").strip() if boot.exists() else platform.node()
