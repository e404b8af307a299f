"""Two studies that share a storage and most of their trainings run side by side, and are struck time and again."""

import os
import random
import signal
from collections.abc import Callable, Sequence

from chaos.laboratory import Laboratory, Run, kill, raylets, workers
from chaos.oracle import state
from chaos.strikes import Struck

SIEGE = "siege"
BESIEGED = ("apart", "beside")
STRIKES = 10
KINDS = ("driver", "driver", "driver", "worker", "raylet", "stop")
EARLY = 0.3
"""Share of the strikes that come at any time, of which a run's start takes most."""
LONG_STOP = 70.0
"""Seconds, longer than a run may be silent."""


def siege(laboratories: Sequence[Laboratory], draw: random.Random) -> Struck:
    """A run that is killed, or has ended, is begun again."""
    struck, runs = Struck(), [laboratory.start() for laboratory in laboratories]
    while struck.strikes < STRIKES:
        which = draw.randrange(len(runs))
        _wait(laboratories[which], runs[which], draw)
        if runs[which].ended:
            struck.end(runs[which], runs[which].wait())
            runs[which] = laboratories[which].start()
        else:
            _strike(laboratories[which], runs[which], draw, struck)
            struck.keep(laboratories[which])
    for run in runs:
        struck.end(run, run.wait())
    struck.keep(laboratories[0])
    return struck


def _wait(laboratory: Laboratory, run: Run, draw: random.Random) -> None:
    """Wait for seconds, or until a run has kept something more: early and late moments are struck."""
    if draw.random() < EARLY:
        run.pause(draw.uniform(0.0, 15.0))
        return
    before = state(laboratory.storage)
    while state(laboratory.storage) == before and run.pause(0.05):
        pass
    run.pause(draw.uniform(0.0, 2.0))


def _strike(laboratory: Laboratory, run: Run, draw: random.Random, struck: Struck) -> None:
    what = draw.choice(KINDS)
    finders: dict[str, Callable[[str], list[int]]] = {"worker": workers, "raylet": raylets}
    found = finders[what](run.mark) if what in finders else []
    if what == "stop":
        seconds = LONG_STOP if draw.random() < 0.2 else draw.uniform(1.0, 8.0)
        struck.strike(laboratory, run, f"driver of {run.log.stem} stopped for {seconds:.0f} s")
        os.kill(run.process.pid, signal.SIGSTOP)
        run.pause(seconds)
        os.kill(run.process.pid, signal.SIGCONT)
        return
    pid = draw.choice(found) if found else run.process.pid
    struck.strike(laboratory, run, f"{what if found else 'driver'} of {run.log.stem}")
    kill(pid)
    if not found:
        run.process.wait()
