"""The circumstances that all units of a run share, as a value that workers are given. It needs no PyTorch."""

from dataclasses import dataclass

from core.remote import AnyPath


@dataclass(frozen=True)
class Job:
    """Storage, data folder and owner that units are run for. They change no result."""

    storage: AnyPath
    data_dir: AnyPath
    owner: str
    """Name of the run; see ``LiveRun.name``."""
    threads: int = 1
    """PyTorch's threads on the CPU, for one unit."""
    minutes: float | None = None
    """Longest time that one attempt at a training may take."""
    study: str = ""
    """Name of the requesting study."""
    workers: int = 1
    """Processes that share a training."""
    share: float = 1.0
    """Share of a GPU that each unit has; see ``Resources.share``."""
