"""Seconds of a training step with each numerics, measured on this machine and kept in the user's cache folder."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from core.files import cache_dir, write_text

PREFIX = "numerics-"
ROUNDS = 7
QUIET = 1.25
"""Largest ratio of elapsed to counted time at which a machine counts as quiet."""
BUSY_SECONDS = 60 * 60.0
"""Time for which a measurement on a busy machine is used: trials of one run that start together compute alike."""

Clock = Callable[[], float]


@dataclass(frozen=True)
class StepTimes:
    """Seconds of one step with each numerics, and how they were measured."""

    device: str
    """Name of the processor or GPU."""
    torch: str
    """Version of PyTorch."""
    step: str
    """The step that was timed, in words."""
    seconds: dict[str, float]
    """Seconds by the name of the numerics; processor seconds for a CPU."""
    load: float
    """Elapsed time over counted time: 1 if nothing else used the device."""
    measured_at: float
    """Unix time."""

    @property
    def is_busy(self) -> bool:
        """Whether something else used the device while it was measured."""
        return self.load > QUIET

    @property
    def holds(self) -> bool:
        """Whether a training that starts now goes by them. Those of a busy machine hold for an hour."""
        return not self.is_busy or time.time() - self.measured_at < BUSY_SECONDS


def time_steps(
    steps: Mapping[str, Callable[[], object]], clock: Clock, wall: Clock = time.perf_counter
) -> tuple[dict[str, float], float]:
    """Return the seconds of each step by ``clock``, and the ratio of all elapsed to all counted time.

    The steps take turns, and each has its median share of a round, so that load that comes or goes slows them all. On
    two busy cores this varied half as much as each step's shortest time. The first round warms up and is not counted.
    """
    rounds, elapsed = [], 0.0
    for _ in range(ROUNDS + 1):
        started = wall()
        rounds.append([_seconds(step, clock) for step in steps.values()])
        elapsed += wall() - started if len(rounds) > 1 else 0.0
    counted = [sum(each) for each in rounds[1:]]
    shares = [[step / whole for step in each] for each, whole in zip(rounds[1:], counted, strict=True)]
    seconds = [median(counted) * median(each) for each in zip(*shares, strict=True)]
    return dict(zip(steps, seconds, strict=True)), elapsed / sum(counted)


def path_of(device: str) -> Path:
    """The file in which the times of a device are kept, by any text that tells devices and versions apart."""
    return cache_dir() / f"{PREFIX}{''.join(c if c.isalnum() else '-' for c in device)}.json"


def read_times(path: Path) -> StepTimes | None:
    """The times in a file; None if there is none, or if another version of this package wrote it."""
    try:
        return StepTimes(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, TypeError, ValueError):
        return None


def held_times(path: Path) -> StepTimes | None:
    """The times in a file, unless they were measured on a busy machine more than an hour ago."""
    times = read_times(path)
    return times if times and times.holds else None


def save_times(path: Path, times: StepTimes) -> None:
    """Keep the times in a file."""
    write_text(path, json.dumps(asdict(times), indent=1))


def kept_times() -> dict[Path, StepTimes]:
    """All times that are kept for this user, by their files."""
    found = {path: read_times(path) for path in sorted(cache_dir().glob(f"{PREFIX}*.json"))}
    return {path: times for path, times in found.items() if times}


def forget_times() -> int:
    """Remove all kept times, so that the next training measures; return how many files there were."""
    paths = list(cache_dir().glob(f"{PREFIX}*.json"))
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


def _seconds(step: Callable[[], object], clock: Clock) -> float:
    started = clock()
    step()
    return clock() - started
