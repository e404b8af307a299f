"""The cost of what is left of a plan: time by the speed of past trials, memory, and money at a price."""

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from ablations.planning.memory import peaks_of, step_memory
from ablations.planning.plan import Plan
from ablations.store.speeds import (
    Hardware,
    Speed,
    Stage,
    evaluation_key,
    evaluation_work,
    trained_work,
    training_key,
    training_work,
)
from ablations.study.study import Resources
from ablations.types.trial import Trial, Unit

ENOUGH = 3
"""Number of speeds, each of different work, from which times for FLOPs and for pixels can be told apart."""


@dataclass(frozen=True)
class Estimate:
    """The cost of what is left."""

    images: int
    """Images that trainings and evaluations go through."""
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
    """Seconds of compute, one unit after the other; None if nothing is known."""
    longest: float
    """Seconds of the longest unit."""
    unmeasured: list[str]
    """Protocols that were never timed here; the seconds leave them out."""

    def wall_seconds(self, slots: int) -> float | None:
        """Seconds from start to end with so many units side by side, if the last ones are short."""
        return None if self.seconds is None else max(self.seconds / slots, self.longest)


def estimate(plan: Plan, speeds: list[Speed]) -> Estimate:
    """The cost of what is left of a plan, by the speeds of the hardware that was measured last."""
    hardware = speeds[-1].hardware if speeds else None
    latest = _latest(speeds)
    seconds = _seconds(plan, latest)
    needs = _needs(plan, latest, hardware)
    largest = max(needs, key=needs.__getitem__, default="")
    room = plan.scaled.resources.share
    return Estimate(
        images=sum(plan.images(unit) for unit in plan.units),
        flops=_flops(plan),
        memory=needs.get(largest, 0),
        largest=largest,
        too_large=[name for name, need in needs.items() if hardware and need > room * hardware.memory],
        hardware=hardware,
        seconds=None if seconds is None else sum(seconds),
        longest=max(seconds or [0.0]),
        unmeasured=sorted(_protocols(plan) - {speed.protocol for speed in latest}),
    )


def _needs(plan: Plan, speeds: list[Speed], hardware: Hardware | None) -> dict[str, int]:
    """Bytes of each training that is left, by the name of its first trial."""
    peaks, workers = peaks_of(speeds), plan.scaled.resources.workers
    trainings = [unit.trials[0] for unit in plan.units if unit.pretrain_id not in plan.trained]
    configs = {trial.name: trial.config.pretrain for trial in trainings}
    return {
        name: step_memory(config, plan.sizes[config.data].train, peaks, hardware, workers)
        for name, config in configs.items()
    }


def seconds_and_flops(plan: Plan, speeds: list[Speed]) -> tuple[float | None, float]:
    """The seconds and the FLOPs of what is left, as in ``Estimate``."""
    seconds = _seconds(plan, _latest(speeds))
    return None if seconds is None else sum(seconds), _flops(plan)


def _latest(speeds: list[Speed]) -> list[Speed]:
    """The speeds of the hardware that was measured last."""
    return [speed for speed in speeds if speed.hardware == speeds[-1].hardware]


def _seconds(plan: Plan, speeds: list[Speed]) -> list[float] | None:
    """Seconds of each unit; None if nothing is known."""
    return [unit_seconds(plan, unit, speeds) for unit in plan.units] if speeds else None


def _flops(plan: Plan) -> float:
    evaluations = sum(_evaluation_flops(plan, trial) for unit in plan.units for trial in unit.trials)
    return sum(_training_flops(plan, unit) for unit in plan.units) + evaluations


def price_of(left: Estimate, resources: Resources, hourly: float | None) -> float | None:
    """The price of what is left, at ``hourly`` for a GPU or for one trial's cores; None if time or price is not
    known."""
    if left.seconds is None or hourly is None:
        return None
    return left.seconds / 3600 * (resources.gpu or 1) * hourly


def seconds_for(stage: Stage, key: str, flops: float, pixels: float, speeds: list[Speed]) -> float:
    """Seconds for one image: as measured for the same work, else by its FLOPs and pixels; 0 if nothing was
    measured."""
    of_stage = [speed for speed in speeds if speed.stage == stage]
    if same := [speed.seconds for speed in of_stage if speed.key == key]:
        return statistics.median(same)
    if not of_stage:
        return 0.0
    return _fit(of_stage)(flops, pixels)


def _fit(speeds: list[Speed]) -> Callable[[float, float], float]:
    """A function from FLOPs and pixels to seconds.

    With enough speeds it has a non-negative rate for each; else seconds are in proportion to the FLOPs of the nearest.
    """
    if len({speed.flops / speed.pixels for speed in speeds}) >= ENOUGH:
        import numpy as np  # here, since most commands need neither
        from scipy.optimize import nnls

        work = np.array([[speed.flops, speed.pixels] for speed in speeds])
        seconds = np.array([speed.seconds for speed in speeds])
        scale = work.max(axis=0)
        rates = nnls(work / scale / seconds[:, None], np.ones(len(speeds)))[0] / scale  # relative errors count
        return lambda flops, pixels: float(rates @ [flops, pixels])

    of_encoders = [speed for speed in speeds if speed.flops]  # the others scored the images themselves

    def nearest(flops: float, pixels: float) -> float:
        if not (flops and of_encoders):
            return 0.0
        speed = min(of_encoders, key=lambda one: abs(math.log(one.flops / flops)))
        return speed.seconds * flops / speed.flops

    return nearest


def _protocols(plan: Plan) -> set[str]:
    return {trial.config.evaluate.protocol for unit in plan.units for trial in unit.trials}


def unit_seconds(plan: Plan, unit: Unit, speeds: list[Speed]) -> float:
    """Seconds of a unit: those on a whole GPU, divided by its share of one."""
    evaluations = sum(evaluation_seconds(plan, trial, speeds) for trial in unit.trials)
    return (training_seconds(plan, unit, speeds) + evaluations) / plan.scaled.resources.share


def training_seconds(plan: Plan, unit: Unit, speeds: list[Speed]) -> float:
    """Seconds of a unit's training on a whole GPU."""
    config = unit.trials[0].config.pretrain
    key, work = training_key(config), training_work(config)
    return plan.trained_on(unit) * seconds_for("training", key, *work, speeds)


def evaluation_seconds(plan: Plan, trial: Trial, speeds: list[Speed]) -> float:
    """Seconds of a trial's evaluation on a whole GPU, by evaluations of the same protocol; 0 if none was timed."""
    config, evaluate = trial.config.pretrain, trial.config.evaluate
    speeds = [speed for speed in speeds if speed.protocol == evaluate.protocol]
    size = plan.sizes[trial.config.evaluation_data]
    work = evaluation_work(config, evaluate)
    return (size.train + size.test) * seconds_for("evaluation", evaluation_key(config, evaluate), *work, speeds)


def _training_flops(plan: Plan, unit: Unit) -> float:
    config = unit.trials[0].config.pretrain
    return plan.trained_on(unit) * training_work(config)[0]


def _evaluation_flops(plan: Plan, trial: Trial) -> float:
    config, evaluate = trial.config.pretrain, trial.config.evaluate
    return plan.sizes[trial.config.evaluation_data].train * trained_work(config, evaluate)[0]
