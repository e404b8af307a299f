"""A study in a folder of its own, and ``ablate run`` on it as real processes that can be found again."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 300.0
"""Seconds that a run may take before it counts as hung."""
MARK = "ABLATE_CHAOS"
"""Variable in the environment of everything that a run starts, Ray's processes and workers included."""

EDITS = {
    "core/pretraining/loop.py": ("CHECKPOINT_SECONDS = 30.0", "CHECKPOINT_SECONDS = 0.3"),
    "ablations/tracking/resilient_tracker.py": ("PAUSE_SECONDS = 60.0", "PAUSE_SECONDS = 2.0"),
}
"""Changes of the copy of the code that is run: trials of seconds get as many checkpoints as long ones."""
STREAMED = {"core/data/load.py": ("MEMORY_SHARE = 0.7", "MEMORY_SHARE = 0.0")}
"""Image folders are then decoded while they are used, as if they did not fit in memory."""

BASE = """\
name: {name}
base:
  data: {{name: {data}, image_size: 16{subset}}}
  encoder: {{width: 0.125}}
  schedule.warmup_epochs: 0.5
  batch_size: 32
  epochs: {epochs}
  precision: float32
{rest}"""
EPOCHS = 4
CHEAP = "  evaluate: {l2_count: 2, neighbors: 5}\n"
TRIALS = {"apart": 6, "beside": 6, "shared": 4, "photos": 3}
GRIDS = {
    "apart": CHEAP + "grid:\n  loss.temperature: [0.1, 0.2, 0.5]\n  head.kind: [linear, nonlinear]\n",
    "beside": CHEAP + "grid:\n  loss.temperature: [0.1, 0.2, 1.0]\n  head.kind: [linear, nonlinear]\n",
    "shared": "  head: {kind: linear, output: 64}\ngrid:\n  loss.temperature: [0.1, 0.5]\n"
    "  evaluate: {frozen: {l2_count: 2, neighbors: 5}, spectrum: {protocol: spectrum}}\n",
    "photos": CHEAP + "grid:\n  loss.temperature: [0.1, 0.2, 0.5]\n",
}
"""Six trainings; six of which four are among the former; two with two evaluations each, one of which leaves arrays;
three on an image folder."""
INLINE = ("--inline",)


def study_text(name: str) -> str:
    data, subset = ("photos", "") if name == "photos" else ("shapes", ", subset: 400")
    return BASE.format(name=name, data=data, subset=subset, epochs=EPOCHS, rest=GRIDS[name])


def copy_code(to: Path, edits: dict[str, tuple[str, str]]) -> Path:
    """The packages of this checkout, with those constants."""
    shutil.rmtree(to, ignore_errors=True)
    for package in ("core", "ablations", "reports", "studies"):
        shutil.copytree(ROOT / package, to / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (old, new) in edits.items():
        text = (to / name).read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        (to / name).write_text(text.replace(old, new), encoding="utf-8")
    return to


@dataclass
class Run:
    """One ``ablate run``."""

    process: subprocess.Popen[bytes]
    mark: str
    log: Path
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def wait(self, patience: float = PATIENCE) -> int | None:
        """Its exit code; None where it hangs, and it is then killed."""
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            for pid in (self.process.pid, *marked(self.mark)):
                kill(pid)
            self.process.wait()
            return None

    def pause(self, seconds: float) -> bool:
        """Whether it is still running then."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.ended:
            time.sleep(0.01)
        return not self.ended

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace").strip()

    @property
    def has_traceback(self) -> bool:
        return "Traceback (most recent call last)" in self.output


@dataclass(eq=False)
class Laboratory:
    """The folder of one case, its storage and its runs. Two with the same folder share a storage."""

    folder: Path
    study: str
    code: Path
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{self.study}.yaml").write_text(study_text(self.study), encoding="utf-8")

    @property
    def storage(self) -> Path:
        return self.folder / "runs"

    def wait_for_moment(self, run: Run, draw: random.Random, begun: bool = False) -> bool:
        """Any moment of the run, slow or fast as the machine is: in its first seconds, unless it is to have ``begun``,
        or up to two seconds after it has ended any number of its trials. Whether it is still running then."""
        before = self.results()
        ended = draw.randint(0, max(0, TRIALS[self.study] - before - 1))
        if not ended:
            return run.pause(draw.uniform(10.0 if begun else 0.0, 25.0))
        while not run.ended and self.results() < before + ended:
            time.sleep(0.01)
        return run.pause(draw.uniform(0.0, 2.0))

    def results(self) -> int:
        return len(list(self.storage.glob("trials/*/result.json")))

    def start(self, **environment: str) -> Run:
        number = len(self.runs)
        mark, log = f"{self.folder}/{self.study}/{number}", self.folder / f"{self.study}-{number}.log"
        command = [sys.executable, "-m", "ablations", "run", f"{self.study}.yaml", *self.options]
        own = {"PYTHONPATH": str(self.code), MARK: mark, "NO_COLOR": "1"}
        with log.open("wb") as file:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=os.environ | own | self.environment | environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                process_group=0,
            )
        self.runs.append(Run(process, mark, log))
        return self.runs[-1]

    def left(self) -> list[str]:
        """Processes that any run of this case has left."""
        return [name_of(pid)[-60:] for pid in marked(f"{self.folder}/")]


def marked(mark: str) -> Iterator[int]:
    """Processes in whose environment the mark is, or begins."""
    wanted = f"{MARK}={mark}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            is_marked = any(entry.startswith(wanted) for entry in path.read_bytes().split(b"\0"))
            if is_marked and "State:\tZ" not in (path.parent / "status").read_text(encoding="utf-8"):
                yield int(path.parent.name)
        except OSError:  # it has just ended
            continue


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def workers(mark: str) -> list[int]:
    return [pid for pid in marked(mark) if name_of(pid).startswith("ray::")]


def raylets(mark: str) -> list[int]:
    return [pid for pid in marked(mark) if name_of(pid).split(" ")[0].endswith("/raylet")]
