"""The cost of what is left to run."""

from ablations.cli.json_documents.document import Part
from ablations.planning.cost.estimate import estimate, price_of
from ablations.planning.plan import Plan
from ablations.store.speeds import load_speeds
from core.remote import AnyPath


class Cost(Part):
    """The cost of what is left to run."""

    images: int
    """Images that trainings and evaluations go through: those of a training, and of a network that an evaluation
    trains, in each of its epochs; those of a data set once where its representations are scored."""
    flops: float
    """Floating-point operations of the trainings."""
    memory_bytes: int
    """Memory of the largest training, in bytes."""
    too_large: list[str]
    """Names of trials that will not fit the hardware, as far as it is known."""
    hardware: str | None
    """Hardware of the past trials that the estimate goes by; null if there are none."""
    seconds: float | None
    """Seconds of compute, one trial after the other and none stopped early: the most that agree with past trials of
    this storage where ``least_seconds`` is less than a quarter of it, else what is likely. Null if no training was
    timed."""
    least_seconds: float | None
    """Least seconds that agree with past trials. Far fewer where only trials of other sizes were timed."""
    unmeasured: list[str]
    """Evaluation protocols that were never timed on this storage; the seconds leave them out."""
    price: float | None
    """Price of the seconds, with ``--price``."""


def cost_of(plan: Plan, storage: AnyPath, price: float | None) -> Cost | None:
    """The cost of what is left; None if nothing is."""
    if not plan.units:
        return None
    left = estimate(plan, load_speeds(storage))
    return Cost(
        images=left.images,
        flops=left.flops,
        memory_bytes=left.memory,
        too_large=left.too_large,
        hardware=left.hardware.name if left.hardware else None,
        seconds=left.seconds,
        least_seconds=left.least,
        unmeasured=left.unmeasured,
        price=price_of(left, plan.scaled.resources, price),
    )
