"""Training steps as lightly documents them, on this project's networks: its transform, losses and order of calls."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import torch
from lightly.loss import BarlowTwinsLoss, NegativeCosineSimilarity, NTXentLoss, SwaVLoss, VICRegLoss
from lightly.models.utils import update_momentum
from lightly.transforms.simclr_transform import SimCLRTransform
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from core import PretrainConfig, load_data
from core.methods.build import build_training

LossOf = Callable[[Tensor, Tensor], Tensor]
"""Loss of the two views of every image, each (B, 3, S, S)."""


class Pictures(Dataset[list[Tensor]]):
    """The input of a user of lightly: PIL images, and a transform that makes two views of one."""

    def __init__(self, images: Tensor) -> None:
        self.images = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in images]
        self.transform = SimCLRTransform(input_size=images.shape[-1], cj_strength=0.5, gaussian_blur=0.0)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> list[Tensor]:
        return cast(list[Tensor], self.transform(self.images[index]))


def lightly_step(config: PretrainConfig) -> Callable[[], None]:
    """A step of lightly's loop with SGD, for a method that it has, in the configuration's number format."""
    images = load_data(config.data).train.images
    assert isinstance(images, Tensor)
    encoder, method = build_training(config, len(images), classes=10)
    batches = _forever(DataLoader(Pictures(images), config.batch_size, shuffle=True, drop_last=True))
    loss_of = LOSSES[config.loss.kind](config, encoder, method)
    weights = [weight for weight in nn.ModuleList([encoder, method]).parameters() if weight.requires_grad]
    optimizer = torch.optim.SGD(weights, lr=0.06, momentum=0.9, weight_decay=5e-4)

    def step() -> None:
        first, second = next(batches)
        with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bfloat16"):
            loss = loss_of(first, second)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def _forever(loader: DataLoader[list[Tensor]]) -> Iterator[list[Tensor]]:
    while True:
        yield from loader


def _of_projections(make: Callable[[PretrainConfig], Any]) -> Callable[..., LossOf]:
    """A method whose loss is of both views' projections."""

    def build(config: PretrainConfig, encoder: nn.Module, method: Any) -> LossOf:
        criterion = make(config)
        return lambda first, second: criterion(method.head(encoder(first)), method.head(encoder(second)))

    return build


def _moco(config: PretrainConfig, encoder: nn.Module, method: Any) -> LossOf:
    settings: Any = config.loss
    size = (settings.queue, config.projection_width)
    criterion = NTXentLoss(temperature=settings.temperature, memory_bank_size=size)

    def loss(first: Tensor, second: Tensor) -> Tensor:
        _follow(encoder, method, settings.momentum)
        with torch.no_grad():
            keys = method.target.head(method.target.encoder(second))
        found: Tensor = criterion(method.head(encoder(first)), keys)
        return found

    return loss


def _byol(config: PretrainConfig, encoder: nn.Module, method: Any) -> LossOf:
    criterion, settings = NegativeCosineSimilarity(), config.loss

    def loss(first: Tensor, second: Tensor) -> Tensor:
        _follow(encoder, method, settings.momentum)  # type: ignore[attr-defined]
        p0, p1 = (method.predictor(method.head(encoder(view))) for view in (first, second))
        with torch.no_grad():
            z0, z1 = (method.target.head(method.target.encoder(view)) for view in (first, second))
        found: Tensor = 0.5 * (criterion(p0, z1) + criterion(p1, z0))
        return found

    return loss


def _simsiam(config: PretrainConfig, encoder: nn.Module, method: Any) -> LossOf:
    criterion = NegativeCosineSimilarity()

    def loss(first: Tensor, second: Tensor) -> Tensor:
        z0, z1 = (method.head(encoder(view)) for view in (first, second))
        p0, p1 = method.predictor(z0), method.predictor(z1)
        found: Tensor = 0.5 * (criterion(p0, z1.detach()) + criterion(p1, z0.detach()))
        return found

    return loss


def _swav(config: PretrainConfig, encoder: nn.Module, method: Any) -> LossOf:
    criterion = SwaVLoss()

    def loss(first: Tensor, second: Tensor) -> Tensor:
        with torch.no_grad():
            method.prototypes.weight.copy_(nn.functional.normalize(method.prototypes.weight, dim=1))
        scores = [
            method.prototypes(nn.functional.normalize(method.head(encoder(view)), dim=1)) for view in (first, second)
        ]
        found: Tensor = criterion(scores, [])
        return found

    return loss


def _follow(encoder: nn.Module, method: Any, momentum: float) -> None:
    update_momentum(encoder, method.target.encoder, m=momentum)
    update_momentum(method.head, method.target.head, m=momentum)


LOSSES: dict[str, Callable[..., LossOf]] = {
    "nt_xent": _of_projections(lambda config: NTXentLoss(temperature=config.loss.temperature)),  # type: ignore[attr-defined]
    "moco": _moco,
    "byol": _byol,
    "simsiam": _simsiam,
    "barlow_twins": _of_projections(lambda _: BarlowTwinsLoss()),
    "vicreg": _of_projections(lambda _: VICRegLoss()),
    "swav": _swav,
}
"""Methods that both have, by ``loss.kind``."""
