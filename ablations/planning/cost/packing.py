"""Packing: as many trials side by side on a GPU as its memory holds."""

import math
from collections.abc import Mapping, Sequence

from ablations.planning.cost.memory import Peaks, image_bytes, peaks_of, step_memory
from ablations.store.speeds import Hardware, Speed, evaluation_key
from ablations.study.study import Resources
from ablations.types.trial import Trial, Unit
from core.config import DataConfig
from core.data.catalog import DataSize
from core.hardware import BESIDE

MARGIN = 1.2
"""Factor on the need of a trial, so that memory is not given out to the last byte."""


def packed(
    resources: Resources, units: Sequence[Unit], sizes: Mapping[DataConfig, DataSize], speeds: Sequence[Speed]
) -> Resources:
    """The resources with the share of a GPU that holds the largest of the units.

    They are returned unchanged unless ``pack`` is set and a GPU was measured.
    """
    measured = [speed for speed in speeds if speed.hardware.is_gpu]
    if not (resources.pack and measured and units):
        return resources
    hardware = measured[-1].hardware
    need = max(_need(trial, peaks_of(measured), sizes, hardware) for unit in units for trial in unit.trials)
    together = max(1, min(len(units), int(hardware.memory / (MARGIN * need + BESIDE))))
    return resources.model_copy(update={"gpu": _part(together)})


def spread(resources: Resources, units: int, gpus: int) -> Resources:
    """The resources with a share that spreads packed units over all GPUs.

    Ray fills one GPU before it uses the next, and a few GPUs may hold all units.
    """
    if not (resources.pack and resources.gpu < 1 and gpus):
        return resources
    return resources.model_copy(update={"gpu": max(resources.gpu, _part(math.ceil(units / gpus)))})


def _part(together: int) -> float:
    """The share of a GPU for each of so many trials. Ray counts in ten-thousandths."""
    return math.floor(10_000 / together) / 10_000


def _need(trial: Trial, peaks: Peaks, sizes: Mapping[DataConfig, DataSize], hardware: Hardware) -> int:
    """Bytes of a trial: the larger of its training with its images, and its evaluation."""
    config = trial.config.pretrain
    images = sizes[config.data].train
    training = step_memory(config, images, peaks, hardware) + image_bytes(config.data, images, hardware)
    return max(training, peaks.get(evaluation_key(config, trial.config.evaluate), 0))
