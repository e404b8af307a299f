"""Outputs of an encoder, or of a part of it, for all images of a split."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from core.augment.policy import as_float
from core.config.protocols.base import Representation
from core.data.batches import in_order
from core.data.dataset import Split
from core.data.streamed import StreamedImages
from core.encoder.head import Spaces
from core.encoder.stage import UpToStage
from core.numerics import Numerics
from core.resample import resize

if TYPE_CHECKING:
    from core.trained.pretrained import Pretrained

BATCH = 500


def is_stage(representation: str | int) -> bool:
    """Whether it is the output of a stage of the encoder."""
    return isinstance(representation, str) and representation.startswith("stage")


def is_space(representation: str | int) -> bool:
    """Whether it is one of several embedding spaces."""
    return isinstance(representation, str) and representation[0] == "z" and representation != "z"


def space_of(head: nn.Sequential, space: str) -> nn.Module:
    """Return the head of an embedding space."""
    (spaces,) = head
    assert isinstance(spaces, Spaces)
    return spaces.heads[int(space[1:])]


def scored_part(pretrained: "Pretrained", representation: Representation) -> nn.Sequential:
    """Return the modules that a representation needs: f, or f up to a stage, or f and the first layers of g or the head
    of a space. They are the encoder's own."""
    if is_stage(representation):
        return nn.Sequential(UpToStage(pretrained.encoder, str(representation)))
    if is_space(representation):
        return nn.Sequential(pretrained.encoder, space_of(pretrained.head, str(representation)))
    return nn.Sequential(pretrained.encoder, *pretrained.head[: depth_of(pretrained, representation)])


def depth_of(pretrained: "Pretrained", representation: Representation) -> int:
    """Return the number of layers of g that a representation is behind."""
    if isinstance(representation, int):
        return representation
    return len(pretrained.head) if representation == "z" else 0


def encode(model: nn.Module, pretrained: "Pretrained", split: Split, share: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return features (N, d) and labels (N,) or (N, classes) of the images that have a label, on the encoder's device.
    ``share`` is as in ``whole_views``."""
    split = split.labelled()
    views = whole_views(split.images, pretrained.device, split.view_size, share)
    features = extract_views(model, views, pretrained.numerics)
    return features, split.labels.to(features.device)


def extract(
    model: nn.Module,
    images: Tensor | StreamedImages,
    numerics: Numerics,
    device: torch.device,
    view_size: int | None = None,
) -> Tensor:
    """Return the outputs of ``model``, float32 (N, d) on ``device``, for uint8 images (N, C, S, S), unaugmented and
    resized to ``view_size`` if that is given."""
    return extract_views(model, whole_views(images, device, view_size), numerics)


def whole_views(
    images: Tensor | StreamedImages, device: torch.device, view_size: int | None = None, share: float = 1.0
) -> Iterator[Tensor]:
    """Yield batches of float32 views (B, C, S, S) in [0, 1] on the device, of uint8 images that are not augmented, and
    resized to ``view_size`` if that is given. If ``share`` is below 1, a view is the square in the middle whose side is
    that share of the shorter side."""
    return (resize(as_float(batch), view_size, share) for batch in in_order(images, BATCH, device))


def extract_views(model: nn.Module, batches: Iterable[Tensor], numerics: Numerics) -> Tensor:
    """Return the outputs of ``model``, float32 (N, d), for batches of float32 views (B, C, S, S) in [0, 1] on its
    device.

    It runs in evaluation mode: batch norm uses its running statistics and keeps them. Afterwards every module is in the
    mode that it was in.
    """
    return torch.cat(list(features_of(model, batches, numerics)))


def features_of(model: nn.Module, batches: Iterable[Tensor], numerics: Numerics) -> Iterator[Tensor]:
    """Yield the outputs of each batch, float32 (B, d), as ``extract_views`` computes them."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        for views in batches:
            yield _features(model, views, numerics)
    finally:
        for module, mode in modes:
            module.training = mode


@torch.inference_mode()
def _features(model: nn.Module, views: Tensor, numerics: Numerics) -> Tensor:
    with numerics.autocast(views.device):
        features: Tensor = model(views.contiguous(memory_format=numerics.memory_format))
    return features.float()


def standardise(train: Tensor, *others: Tensor) -> list[Tensor]:
    """Scale features (N, d) to zero mean and unit variance, both measured on ``train`` only.

    A feature that is the same for all of ``train``, such as a dead unit of the encoder, becomes 0 in the others too:
    nothing was learned about it, and divided by almost 0 it would decide alone in an image where it is another.
    """
    mean, deviation = train.mean(dim=0), train.std(dim=0)
    scale = torch.where(deviation > 0, deviation.clamp(min=1e-6), torch.inf)
    return [(features - mean) / scale for features in (train, *others)]
