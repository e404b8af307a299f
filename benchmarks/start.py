"""CPU seconds of starting: until the first checkpoint is written, and until the command has ended.

    python benchmarks/start.py
    python benchmarks/start.py --repeat 5 --trials 50

Two trials of a second each are run over Ray and in one process, then looked at again when nothing is left, and drawn.
The caches are warm and MLflow's database exists. CPU seconds of all processes are counted, since machines are shared;
the smallest of several repetitions is printed. Linux only.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psutil

STUDY = """\
name: start
base:
  data: {name: shapes, image_size: 32, subset: 256}
  encoder: {width: 0.125}
  schedule.warmup_epochs: 0.5
  batch_size: 64
  epochs: 1
  evaluate: {l2_count: 2}
grid:
  loss.temperature: [0.1, 0.5]
"""
MANY = STUDY.replace("name: start", "name: many").replace("epochs: 1", "epochs: 0")
"""Trials of random encoders, for a report of many."""
TRAIN = ("run, over Ray", "run --inline")
"""Cases that train; each repetition has temperatures of its own."""
POLL_SECONDS = 0.02


Seconds = defaultdict[str, float]
"""CPU time by role: driver, worker, Ray."""


@dataclass(frozen=True)
class Spent:
    """CPU seconds by the role of the process."""

    to_first: Seconds
    """Until the first checkpoint; empty if nothing was trained."""
    in_all: Seconds


def main() -> None:
    """Measure every case, and print a table of the smallest sums."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--trials", type=int, default=50, help="trials of the report")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("start.yaml").write_text(STUDY)
        Path("many.yaml").write_text(MANY)
        _ablate("run", "start.yaml", "--inline", "-q")  # warms the caches, and makes the database
        _ablate("run", "many.yaml", "--inline", "-q", "--seeds", str(given.trials // 2))
        print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        new = (["--set", f"loss.temperature=[0.2{number:03}, 0.6{number:03}]"] for number in count())
        for title, command in {
            "run, over Ray": ["run", "start.yaml"],
            "run --inline": ["run", "start.yaml", "--inline"],
            "run, nothing left": ["run", "start.yaml"],
            f"report of {given.trials}": ["report", "many.yaml"],
            f"run of {given.trials}, nothing left": ["run", "many.yaml", "--seeds", str(given.trials // 2)],
            "plan": ["plan", "start.yaml"],
        }.items():
            trains = title in TRAIN
            tries = [_measured([*command, *(next(new) if trains else ())]) for _ in range(given.repeat)]
            _print(title, min(tries, key=lambda one: sum(one.in_all.values())))


def _ablate(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "ablations", *arguments], check=True, stdout=subprocess.DEVNULL)


def _measured(arguments: Sequence[str]) -> Spent:
    """Run the command and follow its processes."""
    known = set(Path("runs/encoders").glob("*"))
    spent: dict[tuple[str, int], float] = {}
    first = Seconds(float)
    with subprocess.Popen(
        [sys.executable, "-m", "ablations", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as started:
        root = psutil.Process(started.pid)
        while started.poll() is None:
            _look(root, spent)
            if not first and _has_checkpoint(known):
                first = _by_role(spent)
            time.sleep(POLL_SECONDS)
    assert not started.returncode, f"{arguments} ended with {started.returncode}"
    return Spent(first, _by_role(spent))


def _has_checkpoint(known: set[Path]) -> bool:
    return any(
        path.name in ("checkpoint.pt", "encoder.pt")
        for folder in set(Path("runs/encoders").glob("*")) - known
        for path in folder.iterdir()
    )


def _look(root: psutil.Process, spent: dict[tuple[str, int], float]) -> None:
    """Note what each process has spent so far; one that has ended keeps what was seen last."""
    try:
        for process in [root, *root.children(recursive=True)]:
            times = process.cpu_times()
            spent[_role(process, root), process.pid] = times.user + times.system
    except psutil.Error:
        pass  # it ended while it was looked at


def _role(process: psutil.Process, root: psutil.Process) -> str:
    if process == root:
        return "driver"
    line = " ".join(process.cmdline())
    return "worker" if "ImplicitFunc" in line or ("ray::" in line and "IDLE" not in line) else "Ray"


def _by_role(spent: dict[tuple[str, int], float]) -> Seconds:
    """The largest sums of each process: Ray's workers change their names while they start."""
    last = dict(spent)
    roles = Seconds(float)
    latest = {pid: max(seconds for (_, one), seconds in last.items() if one == pid) for _, pid in last}
    named = {pid: role for (role, pid) in sorted(last)}  # worker comes last, and so names its process
    for pid, seconds in latest.items():
        roles[named[pid]] += seconds
    return roles


def _print(title: str, spent: Spent) -> None:
    def text(seconds: Seconds) -> str:
        parts = ", ".join(f"{role} {seconds[role]:.1f}" for role in ("driver", "worker", "Ray") if seconds[role])
        return f"{sum(seconds.values()):5.1f} ({parts})"

    first = f"first checkpoint {text(spent.to_first)}; " if spent.to_first else ""
    print(f"{title:28}{first}end {text(spent.in_all)}", flush=True)


if __name__ == "__main__":
    main()
