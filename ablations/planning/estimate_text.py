"""An estimate as text: what is left, how long it will take, and what it will cost."""

import os
from collections.abc import Sequence

from ablations.planning.estimate import Estimate, estimate, price_of
from ablations.planning.plan import Plan
from ablations.store.speeds import load_speeds
from ablations.study.study import Resources
from ablations.types.duration import clock
from core.remote import AnyPath


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


def left_text(plan: Plan, left: Estimate, price: float | None = None) -> str:
    """Images, FLOPs, memory, time and money of what is left."""
    size = f"{left.images:,} images, {left.flops:.2g} FLOPs"
    most = f"; at most {_memory(left.memory)} ({left.largest})" if left.largest else ""
    lines = [f"left: {size}{most}", *(f"will not fit: {name}" for name in left.too_large)]
    if left.seconds is None or left.hardware is None:
        return "\n".join([*lines, "time: not known before a first trial, or --probe, on this storage"])
    most = "at most " if any(unit.judged for unit in plan.units) else ""
    compute = clock(left.seconds * plan.scaled.resources.share)
    lines.append(f"time: {most}{compute} of compute, as measured on {left.hardware.name}{_wall(plan, left)}")
    if left.unmeasured:
        lines.append(f"not in it: evaluations by {', '.join(left.unmeasured)}, never timed here")
    if (total := price_of(left, plan.scaled.resources, price)) is not None:
        lines.append(f"price: {total:,.2f} at {price:g} an hour")
    return "\n".join(lines)


def _memory(size: int) -> str:
    """``1.5 GiB``, or ``40 MiB`` below one."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{max(1, round(size / 2**20))} MiB"


def _wall(plan: Plan, left: Estimate) -> str:
    """Time from start to end, on one shared GPU or on this machine's cores; empty for one trial at a time.

    How many GPUs there are is not known without PyTorch.
    """
    resources = plan.scaled.resources
    slots = int(1 / resources.share) if resources.gpu else int((os.cpu_count() or 1) / resources.cpu)
    if slots < 2:
        return ""
    place = "on one GPU" if resources.gpu else "here"
    return f"; about {clock(left.wall_seconds(slots) or 0.0)} {place}, {slots} at a time"
