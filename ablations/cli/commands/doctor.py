"""The command that shows what was measured on this machine and is kept."""

import os
import time
from typing import TYPE_CHECKING, Annotated

import typer

from ablations.cli.options import console, told
from ablations.types.wording import counted

if TYPE_CHECKING:
    from core.step_times import StepTimes

ResetOption = Annotated[
    bool, typer.Option("--reset", help="Forget the measurements, so that the next training measures again.")
]
NAME = 24
"""Characters of the longest numerics, with a space."""


def doctor(reset: ResetOption = False) -> None:
    """Show this machine, and the precision and memory layout that were measured to be fastest on it."""
    with told():
        from core.files import cache_dir
        from core.step_times import forget_times, kept_times

        console.print(f"machine  {counted(os.cpu_count() or 1, 'core')}, load {os.getloadavg()[0]:.1f}")
        console.print(f"cache    {cache_dir()}")
        if reset:
            console.print(f"forgot {counted(forget_times(), 'measurement')}")
            return
        kept = list(kept_times().values())
        for times in kept:
            console.print(_text(times))
        if not kept:
            console.print("no numerics are measured yet; the first training measures them")


def _text(times: "StepTimes") -> str:
    """The choice, and what it was made from."""
    from core.numerics import choose

    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(times.measured_at))
    lines = [
        f"numerics {choose(times.seconds, 'auto')}",
        f"  on {times.device}, PyTorch {times.torch}, measured {made} with {times.step}",
        *(f"  {name:{NAME}}{1000 * seconds:8.1f} ms a step" for name, seconds in times.seconds.items()),
    ]
    if times.is_busy:
        lines.append(
            f"  the machine was busy: the steps took {times.load:.1f} times the time that counts; a training that "
            "starts more than an hour later measures again"
        )
    return "\n".join(lines)
