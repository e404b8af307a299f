"""The memory that a training takes: as measured, or calculated."""

from collections.abc import Iterable

from ablations.store.speeds import Hardware, Speed, training_key
from core.config import DataConfig, PretrainConfig
from core.config.data import BATCHES_AHEAD
from core.cost import canvas_bytes, training_bytes

Peaks = dict[str, int]
"""Measured peaks of GPU memory in bytes, by the key of a training or an evaluation; see ``ablations.store.speeds``."""


def peaks_of(speeds: Iterable[Speed]) -> Peaks:
    """The measured peaks among the speeds."""
    return {speed.key: speed.memory for speed in speeds if speed.memory}


def step_memory(config: PretrainConfig, images: int, peaks: Peaks, hardware: Hardware | None, workers: int = 1) -> int:
    """Bytes of a training for each worker, without those of its ``images``, which lie on a GPU only if it has room.

    The measured peak is of one worker; for several, and for what was never measured, the bytes are calculated.
    """
    peak = peaks.get(training_key(config), 0) if workers == 1 else 0
    if peak and hardware:
        return max(0, peak - image_bytes(config.data, images, hardware))
    return memory(config, hardware, workers, images)


def memory(config: PretrainConfig, hardware: Hardware | None, workers: int = 1, images: int = 0) -> int:
    """Calculated bytes of a training for each worker.

    Precision ``auto`` counts as bfloat16 on a GPU and as float32 elsewhere. The saving of ``recompute`` is not counted.
    Batches of images that keep their shape are decoded ahead in the memory of the CPU: they count where that trains.
    """
    if not config.epochs:
        return 0
    on_gpu = hardware is not None and hardware.is_gpu
    half = config.precision == "bfloat16" or (config.precision == "auto" and on_gpu)
    ahead = 0 if on_gpu else BATCHES_AHEAD * canvas_bytes(config, workers)
    return training_bytes(config, 2 if half else 4, workers, images) + ahead


def image_bytes(data: DataConfig, images: int, hardware: Hardware) -> int:
    """Bytes of the images that lie on the GPU: all if they are squares that take no more than half of it, else none;
    see ``core.data.batches.place``."""
    size = images * data.channels * data.stored_side**2 if data.shape == "square" else 0
    return size if size <= hardware.memory / 2 else 0
