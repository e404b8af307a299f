"""Small data and small configurations."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ablations.study.library import find_collection, shipped_studies
from core import Pretrained
from core.config import AugmentConfig, CustomAugment, PretrainConfig
from core.data.dataset import Batch, Dataset, Split
from core.history import Epoch
from core.remote import AnyPath


def random_images(count: int, side: int = 32, seed: int = 0) -> torch.Tensor:
    """Images of noise, uint8 (count, 3, side, side)."""
    return torch.randint(
        0, 256, (count, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed)
    )


def random_dataset(train: int = 64, test: int = 40, classes: int = 4, side: int = 16) -> Dataset:
    """``train`` and ``test`` images of noise, labelled 0, 1, ... in turn."""
    first, second = (
        Split(random_images(count, side, seed), torch.arange(count) % classes)
        for seed, count in enumerate((train, test))
    )
    return Dataset("random", tuple("abcdefghij"[:classes]), first, second)


def pixels(split: Split) -> Tensor:
    """Images of a split in memory, uint8 (N, 3, S, S). Fails if they are streamed."""
    assert isinstance(split.images, Tensor)
    return split.images


def memory_share(images: float, side: int) -> float:
    """Value of ``core.data.load.MEMORY_SHARE`` at which so many images of that side in pixels fit."""
    return images * 3 * side**2 / (os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def squares(batch: Batch) -> Tensor:
    """The images of a batch of squares, uint8 (B, 3, S, S)."""
    assert isinstance(batch.images, Tensor)
    return batch.images


def coloured(count: int, seed: int) -> Split:
    """Images of four classes, each in a colour of its own."""
    labels = torch.arange(count) % 4
    colours = torch.tensor([[200, 40, 40], [40, 200, 40], [40, 40, 200], [200, 200, 40]])
    return Split((colours[labels][:, :, None, None] + random_images(count, 16, seed) // 5).to(torch.uint8), labels)


def shipped() -> list[Path]:
    """Files of the studies that come with the package, collections aside."""
    return sorted(path for path in shipped_studies().glob("*.yaml") if not find_collection(str(path)))


def epoch(
    number: int, loss: float = 1.0, top1: float = 50.0, entropy: float = 3.0, time: float = 0.0, **more: float
) -> Epoch:
    """An epoch of a contrastive training, at a learning rate of 0.1 and 100 images a second."""
    return Epoch(number, {"loss": loss, "contrastive_top1": top1, "entropy": entropy, **more}, 0.1, 100.0, time)


def local(path: AnyPath) -> Path:
    """The path. Fails if it is one of an object store."""
    assert isinstance(path, Path)
    return path


def small_study(rest: str, epochs: int, name: str = "small") -> str:
    """Text of a study file whose trials take a second; ``rest`` holds its grid and other settings."""
    return f"""\
name: {name}
base:
  data: {{name: shapes, image_size: 16, subset: 60}}
  encoder: {{width: 0.125}}
  schedule.warmup_epochs: 0.5
  batch_size: 16
  epochs: {epochs}
  precision: float32
  evaluate: {{l2_count: 2, neighbors: 5}}
{rest}"""


def small_config(**changes: object) -> PretrainConfig:
    """A training of a second: 16 pixels, a tiny ResNet-10, 4 steps an epoch on 64 images. CPC's sees 4 x 4 patches, and
    MAE has a tiny transformer on as many."""
    encoder: dict[str, object] = {"name": "resnet10", "width": 0.125}
    loss = changes.get("loss")
    kind = loss.get("kind") if isinstance(loss, dict) else None
    values: dict[str, object] = {
        "data": {"name": "random", "image_size": 16},
        "encoder": {"cpc": encoder | PATCHES, "mae": VIT}.get(str(kind), encoder),
        "head": {"output": 16},
        "schedule": {"warmup_epochs": 1},
        "epochs": 3,
        "batch_size": 16,
        "precision": "float32",
    }
    return PretrainConfig.model_validate(values | changes)


PATCHES = {"kind": "patches", "grid": 4, "patch": 4}
"""Settings that make an encoder one of patches."""
VIT = {"kind": "timm", "name": "test_vit", "patch_size": 4}
"""A vision transformer with 16 tokens of a view of 16 pixels."""
NOTHING = CustomAugment()
"""A policy that leaves images as they are."""


class MeanColour(nn.Module):
    """A body whose features are known: neither a crop nor a flip changes an image of one colour."""

    def forward(self, views: Tensor) -> Tensor:
        return views.mean(dim=(2, 3))


class Features(nn.Module):
    """Features (B, d) that are a known function of the views."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function
        self.nothing = nn.Parameter(torch.zeros(1))

    def forward(self, views: Tensor) -> Tensor:
        return self.function(views)


def knowing(
    pretrained: Pretrained, function: Callable[[Tensor], Tensor], policy: AugmentConfig = NOTHING
) -> Pretrained:
    """The pretrained model, with an encoder whose h is the given function of the views."""
    config = pretrained.config.model_copy(update={"augment": policy})
    return replace(pretrained, encoder=Features(function), config=config)  # type: ignore[arg-type]
