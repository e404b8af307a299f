"""Parts of every kind as somebody outside the project writes them: a frozen configuration and a function or module."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from core.augment.select import apply_where, uniform
from core.config import (
    ENCODERS,
    LOSSES,
    METRICS,
    OPERATIONS,
    OPTIMIZERS,
    POLICIES,
    PROTOCOLS,
    SCHEDULES,
    Branches,
    ContrastiveLoss,
    Crop,
    EncoderConfig,
    MetricInfo,
    OperationConfig,
    OptimizerConfig,
    PolicyConfig,
    Protocol,
    ScheduleConfig,
)
from core.config.measures import Measure
from core.data.catalog import DATA_SETS, DataSet, DataSize
from core.data.dataset import Dataset, Split
from core.encoder.encoder import Encoder
from core.evaluation.scores import Scores
from core.trained.pretrained import Pretrained
from helpers import random_images


class Vignette(OperationConfig):
    """Darkens towards the corners."""

    kind: Literal["own_vignette"] = "own_vignette"
    amount: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Largest share of the light that a corner loses."""


def vignette(images: Tensor, generator: torch.Generator, config: Vignette) -> Tensor:
    lost = uniform(images, generator, 0.0, config.amount)
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, darken, images, lost)


def darken(images: Tensor, lost: Tensor) -> Tensor:
    line = torch.linspace(-1, 1, images.shape[-1], device=images.device).square() / 2
    return images * (1 - lost[:, None, None, None] * (line[:, None] + line))


class OnlyVignette(PolicyConfig):
    """A crop, and darkened corners on the first branch."""

    policy: Literal["own_only_vignette"] = "own_only_vignette"
    amount: float = 0.5
    """Largest share of the light that a corner loses."""

    def branches(self) -> Branches:
        return Branches(both=(Crop(),), first=(Vignette(amount=self.amount),))


class Pull(ContrastiveLoss):
    """Only pulls positives together."""

    kind: Literal["own_pull"] = "own_pull"
    strength: Annotated[float, Field(gt=0)] = 1.0
    """Factor of the loss."""


def pull(z: Tensor, config: Pull) -> Tensor:
    first, second = z.chunk(2)
    return -config.strength * (first * second).sum(dim=1).mean()


class Tiny(EncoderConfig):
    """Two convolutions."""

    kind: Literal["own_tiny"] = "own_tiny"
    channels: Annotated[int, Field(ge=1)] = 8
    """Channels of the second convolution."""

    @property
    def output(self) -> int:
        return self.channels


class TinyEncoder(Encoder):
    stage_names = ("stage1", "stage2")

    def __init__(self, config: Tiny) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(4, config.channels, 3, 2, 1, bias=False), nn.ReLU())
        self.width = config.channels

    def maps(self, views: Tensor) -> Iterator[Tensor]:
        yield (x := self.first(views))
        yield self.second(x)


def tiny(config: Tiny, image_size: int) -> TinyEncoder:
    return TinyEncoder(config)


class Sign(OptimizerConfig):
    """Steps of one size."""

    kind: Literal["own_sign"] = "own_sign"
    learning_rate: float = 0.01
    """Size of a step, before it is scaled with the batch size."""


def sign(groups: list[dict[str, Any]], config: Sign) -> torch.optim.Optimizer:
    return torch.optim.Rprop(groups, lr=config.learning_rate, etas=(0.999999, 1.000001))


class Halves(ScheduleConfig):
    """The peak, halved at each of so many equally long parts."""

    kind: Literal["own_halves"] = "own_halves"
    parts: Annotated[int, Field(ge=1)] = 2
    """Number of parts."""


def halves(progress: float, config: Halves) -> float:
    return float(0.5 ** math.floor(progress * config.parts))


class Norms(Protocol):
    """The mean length of the representations of the test images."""

    protocol: Literal["own_norms"] = "own_norms"
    power: Annotated[int, Field(ge=1)] = 2
    """Order of the norm."""

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        return (Measure("own_norms/mean", "mean norm"),)


def score_norms(config: Norms, pretrained: Pretrained, data: Dataset) -> Scores:
    from core.trained.features import encode, scored_part

    features, _ = encode(scored_part(pretrained, config.representation), pretrained, data.test)
    return Scores({"own_norms/mean": features.norm(p=config.power, dim=1).mean().item()})


def first_class(logits: Tensor, labels: Tensor) -> float:
    """Percent of the images of the first class that are told."""
    return 100 * (logits.argmax(dim=1) == labels)[labels == 0].double().mean().item()


def stripes(name: str, data_dir: Path, size: int, choice: Callable[[Tensor], Tensor | slice]) -> Dataset:
    labels = torch.arange(40) % 2
    train, test = (Split(random_images(40, size, seed), labels) for seed in (0, 1))
    return Dataset(name, ("a", "b"), train[choice(labels)], test)


@contextmanager
def own_parts() -> Iterator[None]:
    """Register these parts for the duration of a block."""
    parts: list[tuple[Any, Any, Any]] = [
        (OPERATIONS, Vignette, vignette),
        (POLICIES, OnlyVignette, None),
        (LOSSES, Pull, pull),
        (ENCODERS, Tiny, tiny),
        (OPTIMIZERS, Sign, sign),
        (SCHEDULES, Halves, halves),
        (PROTOCOLS, Norms, score_norms),
    ]
    for registry, config, code in parts:
        registry.register(config, code)
    METRICS.register("own_first_class", MetricInfo("first class (%)", first_class))
    DATA_SETS.register("own_stripes", DataSet(DataSize(40, 40, 2), load=stripes, metric="own_first_class"))
    try:
        yield
    finally:
        DATA_SETS.remove("own_stripes")
        METRICS.remove("own_first_class")
        for registry, config, _ in parts:
            registry.remove(config)
