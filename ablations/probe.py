"""A few steps of what is left and was never measured on this machine, so that a plan can say how long it takes."""

import time
from pathlib import Path

import torch
from rich.console import Console

from ablations.plan import Plan
from ablations.speeds import Hardware, evaluation_speed, load_speeds, save_speed, training_key, training_speed
from ablations.trial import Trial
from ablations.worker import hardware_of
from core import evaluate
from core.config import PretrainConfig
from core.data.dataset import Dataset, Split
from core.hardware import pick_device
from core.pretraining.training import Training

STEPS, WARM_UP = 3, 2
CLASSES = 10
EVALUATED = 1000
"""Images that an evaluation is timed on, fewer where the study has fewer."""


def probe(plan: Plan, storage: Path, console: Console) -> None:
    """Time every kind of training that is left, on images of noise, and one evaluation of each."""
    threads = max(1, int(plan.scaled.resources.cpu))
    torch.set_num_threads(threads)
    hardware = hardware_of(pick_device(), threads)
    known = {speed.key for speed in load_speeds(storage) if speed.hardware == hardware}
    kinds = {training_key(unit.trials[0].config.pretrain): unit.trials[0] for unit in plan.units}
    for key, trial in kinds.items():
        if key not in known and trial.config.pretrain.epochs:
            console.print(f"probing {trial.name}", highlight=False)
            _time(plan, trial, hardware, storage)


def _time(plan: Plan, trial: Trial, hardware: Hardware, storage: Path) -> None:
    config = trial.config.pretrain
    training = Training(config, _noise(config, config.batch_size, 2), None)
    for _ in range(WARM_UP):
        training.advance()
    training.state()  # waits for the device
    started = time.perf_counter()
    for _ in range(STEPS):
        training.advance()
    training.state()
    seconds = (time.perf_counter() - started) / (STEPS * config.batch_size)
    save_speed(storage, training_speed(config, hardware, seconds))
    if trial.config.evaluate.data is None:
        size = plan.sizes[config.data]
        _time_evaluation(trial, training, min(size.train, EVALUATED), min(size.test, EVALUATED), hardware, storage)


def _time_evaluation(
    trial: Trial, training: Training, train: int, test: int, hardware: Hardware, storage: Path
) -> None:
    data = _noise(trial.config.pretrain, train, test)
    started = time.perf_counter()
    evaluate(trial.config.evaluate, training.result(), data)
    seconds = (time.perf_counter() - started) / (train + test)
    save_speed(storage, evaluation_speed(trial.config.pretrain, trial.config.evaluate, hardware, seconds))


def _noise(config: PretrainConfig, train: int, test: int) -> Dataset:
    side = config.data.image_size
    train_split, test_split = (
        Split(torch.randint(256, (count, 3, side, side), dtype=torch.uint8), torch.arange(count) % CLASSES)
        for count in (train, test)
    )
    return Dataset("noise", tuple(map(str, range(CLASSES))), train_split, test_split)
