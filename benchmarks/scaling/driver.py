"""``ablate`` with its arguments, and what it took as ``measured.json``; see ``benchmarks/scale.py``."""

import atexit
import json
import os
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chaos.laboratory import MARK, marked
from mlflow import MlflowClient
from rich.live import Live

from ablations.cli.app import main
from ablations.running.run_state import RunState
from ablations.tracking.resilient_tracker import ResilientTracker
from ablations.types.events import Event, TrialEnded

TENTHS = 10
CALLS = ("create_run", "log_batch", "log_artifact", "set_terminated", "search_runs", "get_run", "delete_run")
"""Counted calls of MLflow's client."""
TICKS = os.sysconf("SC_CLK_TCK")

begun = float(os.environ["BENCHMARK_BEGUN"])
trials = int(os.environ["BENCHMARK_TRIALS"])
started: list[float] = []
marks: list[dict[str, float]] = []
ended = 0
seconds: defaultdict[str, float] = defaultdict(float)
"""Processor seconds by what took them."""
calls: Counter[str] = Counter()


def mark() -> None:
    """Note how far the run is and what it has taken: ``cpu`` by this process, ``all`` by all processes of the run."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    marks.append(
        {
            "ended": ended,
            "wall": time.time() - begun,
            "cpu": time.process_time(),
            "all": sum(map(cpu_of, marked(os.environ[MARK]))),
            "memory": pages * resource.getpagesize() / 2**20,
            **{f"{name} cpu": value for name, value in seconds.items()},
            **calls,
        }
    )


def cpu_of(pid: int) -> float:
    """Seconds, those of its children that have ended included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def watched(update: Callable[[RunState, Event], None]) -> Callable[[RunState, Event], None]:
    def call(board: RunState, event: Event) -> None:
        global ended
        update(board, event)
        if isinstance(event, TrialEnded):
            ended += 1
            if ended % (trials // TENTHS) == 0:
                mark()

    return call


def on_trial_start(callback: object, *arguments: Any, **named: Any) -> None:
    """Tune's, as for bare Tune: its worker is there, and has imported nothing yet."""
    if not started:
        started.append(time.time() - begun)
        mark()


def timed(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        before = time.thread_time()
        try:
            return method(*arguments, **named)
        finally:
            seconds[name] += time.thread_time() - before

    return call


def counted(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        calls[name] += 1
        return method(*arguments, **named)

    return call


def leave() -> None:
    mark()
    marks[-1]["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    Path("measured.json").write_text(
        json.dumps({"started": started[0] if started else None, "marks": marks}, indent=1), encoding="utf-8"
    )


def watch() -> None:
    if not Path("runs").exists():  # a run of which nothing is left needs no Ray
        from ray.tune import Callback

        Callback.on_trial_start = on_trial_start  # type: ignore[method-assign,assignment]
    RunState.update = watched(RunState.update)  # type: ignore[method-assign,assignment]
    Live.refresh = counted("redraws", timed("redraw", Live.refresh))  # type: ignore[method-assign]
    for name in ("__init__", "record", "close", "save_report"):
        setattr(ResilientTracker, name, timed("mlflow", getattr(ResilientTracker, name)))
    for name in CALLS:
        setattr(MlflowClient, name, counted(name, getattr(MlflowClient, name)))


if __name__ == "__main__":
    watch()
    atexit.register(leave)
    sys.argv[0] = "ablate"
    main()
