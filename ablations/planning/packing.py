"""How many trials run beside each other on a GPU: as many as its memory holds, by what they were measured to take."""

import math
from collections.abc import Mapping, Sequence

from ablations.planning.memory import Peaks, image_bytes, peaks_of, step_memory
from ablations.store.speeds import Hardware, Speed, evaluation_key
from ablations.study.study import Resources
from ablations.types.trial import Trial, Unit
from core.config import DataConfig
from core.data.catalog import DataSize
from core.hardware import BESIDE

MARGIN = 1.2
"""Memory is not given out to the last byte."""


def packed(
    resources: Resources, units: Sequence[Unit], sizes: Mapping[DataConfig, DataSize], speeds: Sequence[Speed]
) -> Resources:
    """With the share of a GPU that holds the hungriest of the units, where ``pack`` asks for it and something was
    measured on a GPU; else as they are."""
    measured = [speed for speed in speeds if speed.hardware.is_gpu]
    if not (resources.pack and measured and units):
        return resources
    hardware = measured[-1].hardware
    need = max(_need(trial, peaks_of(measured), sizes, hardware) for unit in units for trial in unit.trials)
    together = max(1, min(len(units), int(hardware.memory / (MARGIN * need + BESIDE))))
    return resources.model_copy(update={"gpu": _part(together)})


def spread(resources: Resources, units: int, gpus: int) -> Resources:
    """Over all GPUs of a cluster: Ray fills one before it uses the next, and some may hold all of the units."""
    if not (resources.pack and resources.gpu < 1 and gpus):
        return resources
    return resources.model_copy(update={"gpu": max(resources.gpu, _part(math.ceil(units / gpus)))})


def _part(together: int) -> float:
    """Of a GPU. Ray counts in ten-thousandths."""
    return math.floor(10_000 / together) / 10_000


def _need(trial: Trial, peaks: Peaks, sizes: Mapping[DataConfig, DataSize], hardware: Hardware) -> int:
    """Bytes, of its training with its images, and of its evaluation."""
    config = trial.config.pretrain
    images = sizes[config.data].train
    training = step_memory(config, images, peaks, hardware) + image_bytes(config.data, images, hardware)
    return max(training, peaks.get(evaluation_key(config, trial.config.evaluate), 0))
