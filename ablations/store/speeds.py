"""Measured speeds of past trainings and evaluations, kept in the storage. A plan's estimate is made from them.

``<storage>/speeds/<key>.json``, one file for everything that differs in seed, epochs or learning rate alone.
"""

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from ablations.store.folders import each, found
from ablations.types.choices import without_seeds
from ablations.types.identity import canonical
from ablations.types.own_images import FINGERPRINT, without_fingerprints
from core.config import CompositionAugment, Config, EvaluateConfig, PretrainConfig, TrainConfig
from core.cost import forward_flops, training_flops, training_pixels
from core.files import read_text, write_text
from core.remote import AnyPath

if TYPE_CHECKING:
    from torch import device as Device

Stage = Literal["training", "evaluation"]


@dataclass(frozen=True)
class Hardware:
    """The machine or GPU that a speed was measured on, and the threads of a trial."""

    name: str
    memory: int
    """Bytes of the GPU or of the machine."""
    threads: int

    @property
    def is_gpu(self) -> bool:
        return self.name.startswith("NVIDIA")


@dataclass(frozen=True)
class Work:
    """The size of what is done to an image."""

    flops: float
    """Operations: forward and backward of its views, or the passes that an evaluation counts."""
    pixels: float
    """Pixels of all its views together."""
    together: int = 0
    """Images that share a fixed part: those of a step, or of an evaluation; 0 where it is not known."""


@dataclass(frozen=True)
class Speed:
    """The measured seconds for an image, and the work that they took."""

    stage: Stage
    key: str
    hardware: Hardware
    flops: float
    """Operations for an image: forward and backward of its views, or the passes that an evaluation counts."""
    pixels: float
    """Pixels of an image, all its views together."""
    seconds: float
    """Seconds for an image on a whole GPU: the measured seconds times the GPU share."""
    measured_at: float
    """Seconds since 1970."""
    protocol: str = ""
    """Protocol of an evaluation; empty for a training."""
    memory: int = 0
    """Bytes that its process took of a GPU at most, from the training's start; 0 on a CPU, and of several workers."""
    together: int = 0
    """As in ``Work``; 0 in files of earlier versions."""
    has_start: bool = False
    """Whether the seconds are of a first epoch alone, which is slower than all others."""

    @property
    def work(self) -> Work:
        """The size of what was measured."""
        return Work(self.flops, self.pixels, self.together)


def hardware_of(device: "Device", threads: int) -> Hardware:
    """The hardware that a worker runs on."""
    from core.hardware import hardware_name, memory_bytes  # here, since PyTorch comes with it

    return Hardware(hardware_name(device), memory_bytes(device), threads)


def training_speed(
    config: PretrainConfig, hardware: Hardware, seconds: float, memory: int = 0, has_start: bool = False
) -> Speed:
    """The speed of a training that takes ``seconds`` for an image in one epoch."""
    work = asdict(training_work(config))
    key, now = training_key(config), time.time()
    return Speed(
        "training", key, hardware, **work, seconds=seconds, measured_at=now, memory=memory, has_start=has_start
    )


def evaluation_speed(
    config: PretrainConfig, evaluate: EvaluateConfig, images: int, hardware: Hardware, seconds: float, memory: int = 0
) -> Speed:
    """The speed of an evaluation that takes ``seconds`` for each of so many ``images``, training and test together."""
    work = asdict(evaluation_work(config, evaluate, images))
    key, now, protocol = evaluation_key(config, evaluate), time.time(), evaluate.protocol
    return Speed(
        "evaluation", key, hardware, **work, seconds=seconds, measured_at=now, protocol=protocol, memory=memory
    )


def training_work(config: PretrainConfig) -> Work:
    """The size of one image."""
    return Work(training_flops(config), training_pixels(config), config.batch_size)


def evaluation_work(config: PretrainConfig, evaluate: EvaluateConfig, images: int) -> Work:
    """The size of one of so many images: a pass through the encoder, and the training of the evaluation's networks."""
    side = (evaluate.data and evaluate.data.image_size) or config.data.image_size
    flops, pixels = trained_work(config, evaluate)
    return Work(forward_flops(config.encoder, side, config.data.channels) + flops, side**2 + pixels, images)


def trained_work(config: PretrainConfig, evaluate: EvaluateConfig) -> tuple[float, float]:
    """FLOPs and pixels of one image in the training of the evaluation's own networks."""
    side = (evaluate.data and evaluate.data.image_size) or config.data.image_size
    runs = evaluate.runs(config)
    flops = sum(each.passes * forward_flops(each.encoder, side, config.data.channels) for each in runs)
    return flops, side**2 * sum(each.passes for each in runs)


def training_key(config: PretrainConfig) -> str:
    """Equal where a step costs the same."""
    optimizer = config.optimizer.model_copy(update={"learning_rate": 1.0, "weight_decay": 0.0})
    augment = config.augment
    if isinstance(augment, CompositionAugment):  # the order of two operations costs nothing
        first, second = sorted((augment.first, augment.second))
        augment = augment.model_copy(update={"first": first, "second": second})
    data = config.data.model_copy(update={"subset_seed": 0, FINGERPRINT: None})
    same = {"seed": 0, "epochs": 0, "optimizer": optimizer, "augment": augment, "data": data}
    return _key(config.model_copy(update=same | {"schedule": PretrainConfig().schedule}))


def evaluation_key(config: PretrainConfig, evaluate: EvaluateConfig) -> str:
    """Equal where an evaluation costs the same."""
    trial = without_fingerprints(without_seeds(TrainConfig.model_construct(pretrain=config, evaluate=evaluate)))
    return _key(trial.evaluate, config.encoder, trial.evaluate.data or trial.pretrain.data)


def save_speed(storage: AnyPath, speed: Speed) -> None:
    name = hashlib.sha256(f"{speed.stage}/{speed.key}/{speed.hardware}".encode()).hexdigest()[:16]
    write_text(storage / "speeds" / f"{name}.json", json.dumps(asdict(speed), indent=1))


def load_speeds(storage: AnyPath) -> list[Speed]:
    """Speeds of all hardware, the latest last. Files that cannot be read are left out, since no result needs them."""
    speeds = each(storage, read_speed, found(storage / "speeds", "*.json"))
    return sorted((speed for speed in speeds if speed), key=lambda speed: speed.measured_at)


def read_speed(path: AnyPath) -> Speed | None:
    """The speed in a file; None if the file is damaged."""
    try:
        values: dict[str, Any] = json.loads(read_text(path))
        return Speed(**{**values, "hardware": Hardware(**values["hardware"])})
    except (ValueError, TypeError, KeyError, OSError):
        return None


def _key(*configs: Config) -> str:
    return hashlib.sha256("\n".join(map(canonical, configs)).encode()).hexdigest()[:16]
