"""The cost of what is left of a plan: time by the speed of past trials, memory, and money at a price."""

from dataclasses import dataclass

from ablations.planning.cost.memory import peaks_of, step_memory
from ablations.planning.cost.seconds import Span, Timing
from ablations.planning.plan import Plan
from ablations.store.speeds import (
    Hardware,
    Speed,
    evaluation_key,
    evaluation_work,
    trained_work,
    training_key,
    training_work,
)
from ablations.study.study import Resources
from ablations.types.trial import Trial, Unit


@dataclass(frozen=True)
class Estimate:
    """The cost of what is left."""

    images: int
    """Images that trainings and evaluations go through: those of a training, and of a network that an evaluation
    trains, in each of its epochs; those of a data set once where its representations are scored."""
    flops: float
    """Floating-point operations of the trainings, those of networks that evaluations train as long included."""
    memory: int
    """Bytes of the training that takes most memory."""
    largest: str
    """Name of that training."""
    too_large: list[str]
    """Names of trainings that will not fit the hardware, or their share of it, as far as it is known."""
    hardware: Hardware | None
    """Hardware of the past trials that the estimate goes by; None if there are none."""
    seconds: float | None
    """Seconds of compute, one unit after the other; the most that they may be if ``is_wide``. None if trainings or
    evaluations are left and none of their stage was timed."""
    least: float | None
    """Least seconds that agree with what was measured."""
    is_wide: bool
    """Whether the least seconds are far fewer, since only work of other sizes was timed."""
    longest: float
    """Seconds of the longest unit, in the same sense."""
    unmeasured: list[str]
    """Protocols that were never timed here; the seconds leave them out."""

    def wall_seconds(self, slots: int) -> float | None:
        """Seconds from start to end with so many units side by side, if the last ones are short."""
        return None if self.seconds is None else max(self.seconds / slots, self.longest)


def estimate(plan: Plan, speeds: list[Speed]) -> Estimate:
    """The cost of what is left of a plan, by the speeds of the hardware that was measured last."""
    hardware = speeds[-1].hardware if speeds else None
    latest = _latest(speeds)
    needs = _needs(plan, latest, hardware)
    largest = max(needs, key=needs.__getitem__, default="")
    room = plan.scaled.resources.share
    timing = Timing(latest)
    spans = [unit_seconds(plan, unit, timing) for unit in plan.units]
    known = [span for span in spans if span]
    total = sum(known, Span())
    is_known = bool(latest) and known == spans
    return Estimate(
        images=sum(plan.images(unit) for unit in plan.units),
        flops=_flops(plan),
        memory=needs.get(largest, 0),
        largest=largest,
        too_large=[name for name, need in needs.items() if hardware and need > room * hardware.memory],
        hardware=hardware,
        seconds=_told(total, total) if is_known else None,
        least=total.least if is_known else None,
        is_wide=total.is_wide,
        longest=max((_told(span, total) for span in known), default=0.0),
        unmeasured=_unmeasured(plan, timing),
    )


def _told(span: Span, total: Span) -> float:
    """The most of a part where the total is wide, else what is likely."""
    return span.most if total.is_wide else span.likely


def _needs(plan: Plan, speeds: list[Speed], hardware: Hardware | None) -> dict[str, int]:
    """Bytes of each training that is left, by the name of its first trial."""
    peaks, workers = peaks_of(speeds), plan.scaled.resources.workers
    trainings = [unit.trials[0] for unit in plan.units if unit.pretrain_id not in plan.trained]
    configs = {trial.name: trial.config.pretrain for trial in trainings}
    return {
        name: step_memory(config, plan.sizes[config.data].train, peaks, hardware, workers)
        for name, config in configs.items()
    }


def _latest(speeds: list[Speed]) -> list[Speed]:
    """The speeds of the hardware that was measured last."""
    return [speed for speed in speeds if speed.hardware == speeds[-1].hardware]


def _flops(plan: Plan) -> float:
    evaluations = sum(_evaluation_flops(plan, trial) for unit in plan.units for trial in unit.trials)
    return sum(_training_flops(plan, unit) for unit in plan.units) + evaluations


def price_of(left: Estimate, resources: Resources, hourly: float | None) -> float | None:
    """The price of what is left, at ``hourly`` for a GPU or for one trial's cores; None if time or price is not
    known."""
    if left.seconds is None or hourly is None:
        return None
    return left.seconds / 3600 * (resources.gpu or 1) * hourly


def _unmeasured(plan: Plan, timing: Timing) -> list[str]:
    trials = [trial for unit in plan.units for trial in unit.trials]
    return sorted({t.config.evaluate.protocol for t in trials if evaluation_seconds(plan, t, timing) is None})


def unit_seconds(plan: Plan, unit: Unit, timing: Timing) -> Span | None:
    """Seconds of a unit: those on a whole GPU, divided by its share of one. Evaluations that were never timed are left
    out; None for a training that was not."""
    training = training_seconds(plan, unit, timing)
    if training is None:
        return None
    evaluations = (evaluation_seconds(plan, trial, timing) for trial in unit.trials)
    return sum(filter(None, evaluations), training) * (1 / plan.scaled.resources.share)


def training_seconds(plan: Plan, unit: Unit, timing: Timing) -> Span | None:
    """Seconds of a unit's training on a whole GPU; None if nothing tells."""
    images, config = plan.trained_on(unit), unit.trials[0].config.pretrain
    if not images:
        return Span()
    span = timing.of_image("training", "", training_key(config), training_work(config))
    return span and span * images


def evaluation_seconds(plan: Plan, trial: Trial, timing: Timing) -> Span | None:
    """Seconds of a trial's evaluation on a whole GPU, by evaluations of the same protocol; None if nothing tells."""
    config, evaluate = trial.config.pretrain, trial.config.evaluate
    size = plan.sizes[trial.config.evaluation_data]
    images = size.train + size.test
    work = evaluation_work(config, evaluate, images)
    span = timing.of_image("evaluation", evaluate.protocol, evaluation_key(config, evaluate), work)
    return span and span * images


def _training_flops(plan: Plan, unit: Unit) -> float:
    config = unit.trials[0].config.pretrain
    return plan.trained_on(unit) * training_work(config).flops


def _evaluation_flops(plan: Plan, trial: Trial) -> float:
    config, evaluate = trial.config.pretrain, trial.config.evaluate
    return plan.sizes[trial.config.evaluation_data].train * trained_work(config, evaluate)[0]
