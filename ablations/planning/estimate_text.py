"""An estimate as text: what is left, how long it will take, and what it will cost."""

import os

from ablations.planning.estimate import Estimate, estimate, price_of
from ablations.planning.plan import Plan
from ablations.store.speeds import load_speeds
from ablations.study.study import Resources
from ablations.types.duration import clock
from core.remote import AnyPath


def workers_text(resources: Resources) -> str:
    """Of each training; nothing where it has one."""
    return f" x {resources.workers} workers" if resources.workers > 1 else ""


def estimate_text(plan: Plan, storage: AnyPath, price: float | None) -> str:
    """What is left will take, as far as it is known."""
    if not plan.units:
        return "nothing is left to run"
    return left_text(plan, estimate(plan, load_speeds(storage)), price)


def left_text(plan: Plan, left: Estimate, price: float | None = None) -> str:
    """Images, FLOPs, memory, time and money."""
    size = f"{left.images:,} images, {left.flops:.2g} FLOPs"
    most = f"; at most {left.memory / 2**30:.1f} GiB ({left.hungriest})" if left.hungriest else ""
    lines = [f"left: {size}{most}", *(f"will not fit: {name}" for name in left.too_large)]
    if left.seconds is None or left.hardware is None:
        return "\n".join([*lines, "time: not known before a first trial, or --probe, on this storage"])
    most = "at most " if any(unit.judged for unit in plan.units) else ""
    compute = clock(left.seconds * plan.scaled.resources.share)
    lines.append(f"time: {most}{compute} of compute, as measured on {left.hardware.name}{_wall(plan, left)}")
    lines += [f"not in it: evaluations by {protocol}, never timed here" for protocol in left.unmeasured]
    if (total := price_of(left, plan.scaled.resources, price)) is not None:
        lines.append(f"price: {total:,.2f} at {price:g} an hour")
    return "\n".join(lines)


def _wall(plan: Plan, left: Estimate) -> str:
    """On one GPU that trials share, or on this machine's cores: how many GPUs it has is not known without PyTorch."""
    resources = plan.scaled.resources
    slots = int(1 / resources.share) if resources.gpu else int((os.cpu_count() or 1) / resources.cpu)
    if slots < 2:
        return ""
    where = "on one GPU" if resources.gpu else "here"
    return f"; about {clock(left.wall_seconds(slots) or 0.0)} {where}, {slots} at a time"
