"""Measures a few steps of what was never measured on this machine, so that a plan can say how long it takes."""

import time

import torch
from rich.console import Console

from ablations.planning.cost.memory import image_bytes
from ablations.planning.plan import Plan
from ablations.store.speeds import (
    Hardware,
    evaluation_key,
    evaluation_speed,
    hardware_of,
    load_speeds,
    save_speed,
    training_key,
    training_speed,
)
from ablations.types.trial import Trial
from core import evaluate
from core.config import DataConfig, Distill, EvaluateConfig, FineTuneTransfer
from core.cost import canvas_bytes
from core.data.catalog import DataSize, metric_of
from core.data.dataset import Dataset, Split
from core.hardware import forget_memory_peak, memory_peak, pick_device
from core.pretraining.training import Training
from core.remote import AnyPath

STEPS, WARM_UP = 3, 2
EVALUATED = 1000
"""Images of each split that an evaluation is timed on, or fewer if the study has fewer."""
FEWER = 4
"""Times fewer images of a second evaluation, for a study with more of them."""


def probe(plan: Plan, storage: AnyPath, console: Console) -> None:
    """Time every kind of training and evaluation that is left, on images of noise.

    Evaluations of 20,000 steps, and those of images with several labels, are left out. One epoch of a distillation is
    timed.
    """
    threads = max(1, int(plan.scaled.resources.cpu))
    torch.set_num_threads(threads)
    hardware = hardware_of(pick_device(), threads)
    known = {speed.key for speed in load_speeds(storage) if speed.hardware == hardware and not speed.has_start}
    for unit in plan.units:
        config = unit.trials[0].config.pretrain
        evaluations = {_evaluation_key(trial): trial for trial in unit.trials if _is_short(trial)}
        new = {key: trial for key, trial in evaluations.items() if key not in known}
        is_trained = unit.pretrain_id not in plan.trained and config.epochs > 0 and training_key(config) not in known
        if new or is_trained:
            console.print(f"probing {unit.trials[0].name}")
            forget_memory_peak()
            training = Training(config, _noise(config.data, config.batch_size, 2, 10), None)
            if is_trained:
                _time_training(plan, training, hardware, storage)
            for trial in new.values():
                _time_evaluation(plan, trial, training, hardware, storage)
            known |= {training_key(config), *new}


def _evaluation_key(trial: Trial) -> str:
    return evaluation_key(trial.config.pretrain, _shortened(trial.config.evaluate))


def _shortened(evaluate: EvaluateConfig) -> EvaluateConfig:
    """The evaluation with one epoch of each student."""
    return evaluate.model_copy(update={"student_epochs": 1}) if isinstance(evaluate, Distill) else evaluate


def _is_short(trial: Trial) -> bool:
    several_labels = metric_of(trial.config.evaluation_data.name) == "map_11"
    return not several_labels and not isinstance(trial.config.evaluate, FineTuneTransfer)


def _time_training(plan: Plan, training: Training, hardware: Hardware, storage: AnyPath) -> None:
    for _ in range(WARM_UP):
        training.advance()
    training.state()  # waits for the device
    started = time.perf_counter()
    for _ in range(STEPS):
        training.advance()
    training.state()
    seconds = (time.perf_counter() - started) / (STEPS * training.config.batch_size)
    data = training.config.data
    peak = _peak(training, data, plan.sizes[data].train, hardware)
    if peak:
        peak += canvas_bytes(training.config)  # the probe's images are squares
    save_speed(storage, training_speed(training.config, hardware, seconds, peak))


def _time_evaluation(plan: Plan, trial: Trial, training: Training, hardware: Hardware, storage: AnyPath) -> None:
    """Save the seconds of an image of the whole evaluation: they are timed on fewer images, and of a large set on two
    numbers of these, which tell the fixed part."""
    config, scored = _shortened(trial.config.evaluate), trial.config.evaluation_data
    size = plan.sizes[scored]
    images = size.train + size.test
    timed, seconds = _timed(config, training, scored, size, EVALUATED)
    rate, fixed = seconds / timed, 0.0
    if timed < images:
        fewer, less = _timed(config, training, scored, size, EVALUATED // FEWER)
        rate = min(rate, max(0.0, seconds - less) / (timed - fewer))
        fixed = seconds - rate * timed
    peak = _peak(training, scored, images, hardware)
    speed = evaluation_speed(trial.config.pretrain, config, images, hardware, fixed / images + rate, peak)
    save_speed(storage, speed)


def _timed(
    config: EvaluateConfig, training: Training, scored: DataConfig, size: DataSize, most: int
) -> tuple[int, float]:
    """The number of images of an evaluation with at most so many of each split, and its seconds."""
    data = _noise(scored, min(size.train, most), min(size.test, most), size.classes)
    started = time.perf_counter()
    evaluate(config, training.result(), data)
    return len(data.train) + len(data.test), time.perf_counter() - started


def _peak(training: Training, data: DataConfig, images: int, hardware: Hardware) -> int:
    """Peak memory of a GPU in bytes, as if all images were on it, of which the probe had few; 0 for a CPU."""
    peak = memory_peak(training.device)
    return peak + image_bytes(data, images, hardware) if peak else 0


def _noise(config: DataConfig, train: int, test: int, classes: int) -> Dataset:
    shape = config.channels, config.image_size, config.image_size
    train_split, test_split = (
        Split(torch.randint(256, (count, *shape), dtype=torch.uint8), torch.arange(count) % classes)
        for count in (train, test)
    )
    return Dataset("noise", tuple(map(str, range(classes))), train_split, test_split)
