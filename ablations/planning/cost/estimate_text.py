"""An estimate as text: what is left, how long it will take, and what it will cost."""

import os
from collections.abc import Sequence
from typing import Literal

from ablations.planning.cost.estimate import Estimate, estimate, price_of
from ablations.planning.plan import Plan
from ablations.store.speeds import load_speeds
from ablations.study.study import Resources
from ablations.types.duration import clock
from core.remote import AnyPath

Way = Literal["inline", "machine", "cluster"]
"""How a run works: one unit after the other in its process, or by Ray, on this machine or on a cluster."""

WIDE_NOTE = (
    "so far apart because only other sizes, or a single epoch, were timed; 'ablate plan --probe' times a few steps"
)


def cost_text(groups: Sequence[Plan], storage: AnyPath, price: float | None = None) -> str:
    """The cost of what is left, for each group of plans that run as one."""
    if not groups:
        return "nothing is left to run"
    speeds = load_speeds(storage)
    return "\n".join(
        f"{group_title(group, groups)}{left_text(group, estimate(group, speeds), price)}" for group in groups
    )


def group_title(group: Plan, groups: Sequence[Plan]) -> str:
    """A line that tells the group from others by its resources; empty if there is only one group."""
    needs = group.scaled.resources
    if len(groups) == 1:
        return ""
    return f"with {needs.cpu:g} CPU and {needs.gpu:g} GPU{workers_text(needs)} a trial:\n"


def workers_text(resources: Resources) -> str:
    """`` x 4 workers``; empty for one worker."""
    return f" x {resources.workers} workers" if resources.workers > 1 else ""


def left_text(plan: Plan, left: Estimate, price: float | None = None, way: Way | None = None) -> str:
    """Images, FLOPs, memory, time and money of what is left. ``way`` is how it runs; None if that is not known yet."""
    size = f"{left.images:,} images, {left.flops:.2g} FLOPs"
    most = f"; at most {_memory(left.memory)} ({left.largest})" if left.largest else ""
    lines = [f"left: {size}{most}", *(f"will not fit: {name}" for name in left.too_large)]
    if left.seconds is None or left.hardware is None:
        return "\n".join([*lines, "time: not known before a first training, or 'ablate plan --probe', on this storage"])
    if left.unmeasured and not left.seconds:
        told = f"evaluations by {', '.join(left.unmeasured)} were never timed on this storage"
        return "\n".join([*lines, f"time: not known: {told}; 'ablate plan --probe' does"])
    measured = f"as measured on {left.hardware.name}"
    lines.append(f"time: {_compute(plan, left)} of compute, {measured}{_wall(plan, left, way)}")
    if left.is_wide:
        lines.append(WIDE_NOTE)
    if left.unmeasured:
        lines.append(f"not in it: evaluations by {', '.join(left.unmeasured)}, never timed here")
    if (total := price_of(left, plan.scaled.resources, price)) is not None:
        lines.append(f"price: {'at most ' if left.is_wide else ''}{total:,.2f} at {price:g} an hour")
    return "\n".join(lines)


def seconds_text(left: Estimate, share: float = 1.0) -> str:
    """``7:02``, or ``0:08 to 7:02`` where so much is open; ``not known`` where all is."""
    if left.seconds is None or left.least is None:
        return "not known"
    least = f"{clock(left.least * share)} to " if left.is_wide else ""
    return f"{least}{clock(left.seconds * share)}"


def _compute(plan: Plan, left: Estimate) -> str:
    """The compute of all units; at most that, if some may be stopped early."""
    told = seconds_text(left, plan.scaled.resources.share)
    return f"at most {told.rpartition(' ')[2]}" if any(unit.judged for unit in plan.units) else told


def _memory(size: int) -> str:
    """``1.5 GiB``, or ``40 MiB`` below one."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{max(1, round(size / 2**20))} MiB"


def _wall(plan: Plan, left: Estimate, way: Way | None) -> str:
    """Time from start to end by Ray, on one shared GPU or on this machine's cores; empty for one trial at a time.

    How many GPUs there are is not known without PyTorch, and how many machines not before Ray is asked.
    """
    resources = plan.scaled.resources
    slots = int(1 / resources.share) if resources.gpu else int((os.cpu_count() or 1) / resources.cpu)
    if slots < 2 or way in ("inline", "cluster"):
        return ""
    place = "on one GPU" if resources.gpu else "here"
    about = "at most" if left.is_wide else "about"
    told = f"; {about} {clock(left.wall_seconds(slots) or 0.0)} {place}, {slots} at a time"
    return told if way else f"{told} (with --inline one at a time)"
