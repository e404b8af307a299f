"""What a training takes of memory: as measured, or reckoned."""

from collections.abc import Iterable

from ablations.store.speeds import Hardware, Speed, training_key
from core.config import DataConfig, PretrainConfig
from core.cost import training_bytes

Peaks = dict[str, int]
"""Bytes of a GPU that were measured, by the key of a training or an evaluation; see ``ablations.store.speeds``."""


def peaks_of(speeds: Iterable[Speed]) -> Peaks:
    return {speed.key: speed.memory for speed in speeds if speed.memory}


def step_memory(config: PretrainConfig, images: int, peaks: Peaks, hardware: Hardware | None, workers: int = 1) -> int:
    """Of a training, in bytes for each worker, beside its ``images``: these are put on a GPU only where it has room.
    Peaks are of one worker."""
    peak = peaks.get(training_key(config), 0) if workers == 1 else 0
    if peak and hardware:
        return max(0, peak - image_bytes(config.data, images, hardware))
    return memory(config, hardware, workers, images)


def memory(config: PretrainConfig, hardware: Hardware | None, workers: int = 1, images: int = 0) -> int:
    """Of a training, reckoned, in bytes for each worker; ``auto`` is taken for bfloat16 on a GPU and float32
    elsewhere. What recomputation saves is not counted."""
    on_gpu = hardware is not None and hardware.is_gpu
    half = config.precision == "bfloat16" or (config.precision == "auto" and on_gpu)
    return training_bytes(config, 2 if half else 4, workers, images) if config.epochs else 0


def image_bytes(data: DataConfig, images: int, hardware: Hardware) -> int:
    """Of images that lie on the GPU, since they take no more than half of it; see ``core.data.batches.place``."""
    size = images * 3 * data.stored_side**2
    return size if size <= hardware.memory / 2 else 0
