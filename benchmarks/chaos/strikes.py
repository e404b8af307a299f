"""The mishaps of a run. Each strike begins runs, spoils them, and says what was there and what was seen.

The last run of every case is a plain one that nothing disturbs: see ``cases``.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chaos.laboratory import Laboratory, Run, kill, marked, raylets, workers
from chaos.oracle import Kept, lost, state, stored

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


@dataclass
class Struck:
    """The observations of a case before its last run."""

    moments: list[str] = field(default_factory=list)
    """Second of the run at each strike, and what was kept by then."""
    ends: list[str] = field(default_factory=list)
    """How the runs ended that were struck."""
    kept: Kept = field(default_factory=dict)
    """Finished results that may not be computed again."""
    wrong: list[str] = field(default_factory=list)
    strikes: int = 0

    def strike(self, laboratory: Laboratory, run: Run, what: str = "") -> None:
        self.strikes += 1
        there = f"{run.seconds:.1f} s: {state(laboratory.storage)}"
        self.moments.append(f"{there}; {what}" if what else there)

    def keep(self, laboratory: Laboratory, but: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        """The results that are finished now; those that were finished before must be among them."""
        if gone := [trial for trial in lost(self.kept, laboratory.storage) if trial not in but]:
            self.wrong.append(f"finished before, lost or computed again: {', '.join(gone)}")
        self.kept = {trial: kept for trial, kept in stored(laboratory.storage).items() if trial not in but}

    def end(self, run: Run, code: int | None, traceback_is_wrong: bool = True) -> None:
        said = run.output.splitlines()[-1][:160] if run.output else ""
        self.ends.append(f"{'hung' if code is None else f'exit {code}'} after {run.seconds:.0f} s: {said}")
        if code is None:
            self.wrong.append("a run hung")
        if traceback_is_wrong and run.has_traceback:
            self.wrong.append("a traceback")


Strike = Callable[[Laboratory, random.Random], Struck]
KILLS_A_CASE = 5


def kill_driver(laboratory: Laboratory, draw: random.Random) -> Struck:
    """SIGKILL, five runs one after the other, each begun while workers of the one before may still be alive."""
    struck = Struck()
    for _ in range(KILLS_A_CASE):
        run = laboratory.start()
        alive = laboratory.wait_for_moment(run, draw)
        struck.strike(laboratory, run, "" if alive else "it had ended")
        kill(run.process.pid)
        run.process.wait()
        struck.keep(laboratory)
    return struck


def kill_worker(laboratory: Laboratory, draw: random.Random) -> Struck:
    """Two workers of one run, which goes on."""
    struck, run = Struck(), laboratory.start()
    for _ in range(2):
        wait_for(workers, run)
        run.pause(draw.uniform(0.0, 8.0))
        if found := workers(run.mark):
            struck.strike(laboratory, run)
            kill(draw.choice(found))
    struck.end(run, run.wait())
    struck.keep(laboratory)
    return struck


def kill_raylet(laboratory: Laboratory, draw: random.Random) -> Struck:
    struck, run = Struck(), laboratory.start()
    laboratory.wait_for_moment(run, draw)
    if found := wait_for(raylets, run):
        struck.strike(laboratory, run)
        kill(found[0])
    struck.end(run, run.wait())
    struck.keep(laboratory)
    return struck


def wait_for(find: Callable[[str], list[int]], run: Run) -> list[int]:
    """Processes of the run, once there are any; none where it has ended."""
    while not (found := find(run.mark)) and run.pause(0.05):
        pass
    return found


def full_disk(laboratory: Laboratory, draw: random.Random) -> Struck:
    """Storage, MLflow and the cache of images on a file system of 0.2 to 4 MB, which is made larger afterwards."""
    struck, size = Struck(), draw.randrange(200, 4000)
    everything = laboratory.folder / "disk"
    everything.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", everything], check=True)
    laboratory.options += ("--storage", str(everything / "runs"))
    (laboratory.folder / "runs").symlink_to(everything / "runs")
    where = draw.choice(["storage", "storage and cache", "storage and MLflow"])
    if where == "storage and cache":
        shutil.copytree(laboratory.environment["XDG_CACHE_HOME"], everything / "cache")
        laboratory.environment["XDG_CACHE_HOME"] = str(everything / "cache")
    if where == "storage and MLflow":
        laboratory.environment["MLFLOW_TRACKING_URI"] = f"sqlite:///{everything}/mlflow.db"
    run = laboratory.start()
    code = run.wait()
    struck.strike(laboratory, run, f"{size} KiB for {where}")
    struck.end(run, code)
    if code not in (0, 1, 2):
        struck.wrong.append(f"exit {code}")
    struck.keep(laboratory)
    subprocess.run(["mount", "-o", "remount,size=400M", everything], check=True)
    return struck


TRUNCATED = {
    "checkpoint": "encoders/*/checkpoint.pt",
    "encoder": "encoders/*/encoder.pt",
    "history": "encoders/*/history.json",
    "encoder's configuration": "encoders/*/config.json",
    "result": "trials/*/result.json",
    "trial's configuration": "trials/*/config.json",
    "arrays": "trials/*/arrays.safetensors",
    "lease": "encoders/*/lease.*",
    "sign of life": "live/*.json",
    "speed": "speeds/*.json",
    "schema": "schema.json",
}


def truncate(laboratory: Laboratory, draw: random.Random) -> Struck:
    """The driver is killed at a random moment, and then a file of the store is cut anywhere."""
    struck, run = Struck(), laboratory.start()
    laboratory.wait_for_moment(run, draw, begun=True)
    kill(run.process.pid)
    run.process.wait()
    wait_for_workers(run)
    kinds = [kind for kind, pattern in TRUNCATED.items() if any(laboratory.storage.glob(pattern))]
    kind = draw.choice(kinds or ["nothing"])
    touched: set[str] = set()
    if kinds:
        path = draw.choice(sorted(laboratory.storage.glob(TRUNCATED[kind])))
        os.truncate(path, draw.choice([0, draw.randrange(path.stat().st_size or 1)]))
        touched = {path.parent.name} if kind in ("result", "arrays") else set()
    struck.strike(laboratory, run, f"cut: {kind}")
    struck.keep(laboratory, touched)
    return struck


def wait_for_workers(run: Run) -> None:
    while workers(run.mark):
        time.sleep(0.1)


def truncate_mlflow(laboratory: Laboratory, draw: random.Random) -> Struck:
    """The database; a run that finds it says so, and it is moved away, as that run says."""
    struck, run = Struck(), laboratory.start()
    laboratory.wait_for_moment(run, draw, begun=True)
    kill(run.process.pid)
    run.process.wait()
    database = laboratory.folder / "mlflow.db"
    if database.exists() and (size := database.stat().st_size):
        os.truncate(database, draw.choice([0, draw.randrange(size)]))
    struck.strike(laboratory, run, f"{database.stat().st_size if database.exists() else 'no'} bytes left")
    struck.keep(laboratory)
    run = laboratory.start()
    struck.end(run, run.wait())
    if "move it away" in run.output:
        database.rename(laboratory.folder / "moved-away.db")
    struck.keep(laboratory)
    return struck


def mlflow_away(laboratory: Laboratory, draw: random.Random) -> Struck:
    """A server that is killed in mid-run; it comes back after some seconds, or only for the next command."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    laboratory.environment["MLFLOW_TRACKING_URI"] = f"http://127.0.0.1:{port}"
    struck, server = Struck(), start_server(laboratory, port)
    run = laboratory.start()
    laboratory.wait_for_moment(run, draw)
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    back = draw.choice([None, draw.uniform(1.0, 12.0)])
    struck.strike(laboratory, run, f"back after {back:.0f} s" if back else "back for the next command")
    if back:
        run.pause(back)
        start_server(laboratory, port)
    struck.end(run, run.wait())
    if not back:
        start_server(laboratory, port)
    struck.keep(laboratory)
    return struck


def start_server(laboratory: Laboratory, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", "sqlite:///server.db", "--artifacts-destination", "artifacts"]
    environment = {name: text for name, text in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    with (laboratory.folder / "server.log").open("ab") as log:
        server = subprocess.Popen(
            command,
            cwd=laboratory.folder,
            env=environment | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            stdout=log,
            stderr=log,
            process_group=0,
        )
    SERVERS.append(server)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
            return server
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the MLflow server did not start")


SERVERS: list[subprocess.Popen[bytes]] = []


def stop_servers() -> None:
    while SERVERS:
        server = SERVERS.pop()
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def jump_clock(laboratory: Laboratory, draw: random.Random) -> Struck:
    """The wall clock of the run, of Ray too, is set to another day in mid-run, and the files that say who lives are
    dated to the future or the past; then it is killed, so that the next run, whose clock is right, takes over."""
    clock = laboratory.folder / "clock"
    clock.write_text("+0\n", encoding="utf-8")
    fake = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    struck = Struck()
    run = laboratory.start(**fake, FAKETIME_DONT_FAKE_MONOTONIC="1")
    laboratory.wait_for_moment(run, draw)
    jump = draw.choice([-400 * 86400, -3600, -5, 5, 3600, 2 * 86400, 4000 * 86400])
    clock.write_text(f"{jump:+d}\n", encoding="utf-8")
    for path in [*laboratory.storage.glob("live/*"), *laboratory.storage.glob("encoders/*/lease.*")]:
        os.utime(path, (time.time() + jump,) * 2)
    struck.strike(laboratory, run, f"jump of {jump:+,d} s")
    if draw.random() < 0.5:
        run.pause(draw.uniform(1.0, 6.0))
        kill(run.process.pid)
        struck.ends.append("killed after the jump")
        run.process.wait()
    else:
        struck.end(run, run.wait())
    struck.keep(laboratory)
    return struck


def vanish_data(laboratory: Laboratory, draw: random.Random) -> Struck:
    """The image folder, or one of its files, is moved away in mid-run, and put back for the next."""
    struck, run = Struck(), laboratory.start()
    photos = laboratory.folder / "data" / "photos"
    laboratory.wait_for_moment(run, draw)
    gone = photos if draw.random() < 0.6 else draw.choice(sorted(photos.glob("*/*/*.jpg")))
    away = gone.with_name(f"{gone.name}.away")
    gone.rename(away)
    struck.strike(laboratory, run, f"without {'the folder' if gone is photos else gone.name}")
    struck.end(run, code := run.wait())
    if code not in (0, 1, 2):
        struck.wrong.append(f"exit {code}")
    struck.keep(laboratory)
    away.rename(gone)
    return struck


@contextmanager
def after(laboratory: Laboratory) -> Iterator[None]:
    """Whatever a strike has set up is taken down, and what is left of its processes ended."""
    try:
        yield
    finally:
        stop_servers()
        for pid in marked(f"{laboratory.folder}/"):
            kill(pid)
        if (disk := laboratory.folder / "disk").is_mount():
            subprocess.run(["umount", "--lazy", disk], check=True)
        shutil.rmtree(laboratory.folder, ignore_errors=True)


STRIKES: dict[str, Strike] = {
    function.__name__: function
    for function in (
        kill_driver,
        kill_worker,
        kill_raylet,
        full_disk,
        truncate,
        truncate_mlflow,
        mlflow_away,
        jump_clock,
        vanish_data,
    )
}
