"""The views of every image, made by a policy."""

from collections.abc import Sequence
from dataclasses import replace
from typing import overload

import torch
from torch import Tensor

from core.canvas import Canvas
from core.config.operations import OPERATIONS, OperationConfig, Operations
from core.config.policies import PolicyConfig
from core.resample import resize


def two_views(
    images: Tensor | Canvas, policy: PolicyConfig, generator: torch.Generator, size: int | None = None
) -> Tensor:
    """Return float32 views (2N, C, size, size), or (2N, C, H, W), in [0, 1], of uint8 images (N, C, H, W) or of a
    canvas.

    Rows i and N + i are the positive pair made from image i. Every parameter is drawn for each sample. The first
    operation gives the views their size: a crop takes its box from the whole image, and before any other operation the
    image is resized.
    """
    branches = policy.branches()
    views = apply_all(branches.shared, as_float(images), generator, size)
    views = apply_all(branches.both, _twice(views), generator, size)
    pair = zip((branches.first, branches.second), _halves(views), strict=True)
    return torch.cat([resize(apply_all(operations, half, generator, size), size) for operations, half in pair])


def one_view(
    images: Tensor | Canvas, policy: PolicyConfig, generator: torch.Generator, size: int | None = None
) -> Tensor:
    """Return float32 views (N, C, size, size), or (N, C, H, W), in [0, 1], of uint8 images (N, C, H, W) or of a canvas,
    made as the first branch of a policy makes them."""
    return resize(apply_all(policy.branches().first_branch, as_float(images), generator, size), size)


def as_float(images: Tensor | Canvas) -> Tensor | Canvas:
    """Return uint8 images as float32 in [0, 1]. A canvas stays as it is until it is cropped."""
    return images if isinstance(images, Canvas) else images.float().div_(255)


def _twice(views: Tensor | Canvas) -> Tensor | Canvas:
    return views.twice() if isinstance(views, Canvas) else torch.cat([views, views])


def _halves(views: Tensor | Canvas) -> Sequence[Tensor | Canvas]:
    if isinstance(views, Canvas):
        half = replace(views, copies=views.copies // 2)
        return half, half
    return views.chunk(2)


@overload
def apply_all(
    operations: Operations, images: Tensor, generator: torch.Generator, size: int | None = None
) -> Tensor: ...
@overload
def apply_all(
    operations: Operations, images: Tensor | Canvas, generator: torch.Generator, size: int | None = None
) -> Tensor | Canvas: ...
def apply_all(
    operations: Operations, images: Tensor | Canvas, generator: torch.Generator, size: int | None = None
) -> Tensor | Canvas:
    """Apply operations in their order to float images (B, C, H, W) in [0, 1], or to a canvas; the first one makes the
    size."""
    for operation in operations:
        images = apply(operation, images, generator, size)
    return images


def apply(
    operation: OperationConfig, images: Tensor | Canvas, generator: torch.Generator, size: int | None = None
) -> Tensor:
    """Apply one operation to float images (B, C, H, W) in [0, 1], or to a canvas; the result has side ``size`` if that
    is given."""
    code = OPERATIONS.code(operation)
    if operation.makes_size:
        return code(images, generator, operation, size)  # type: ignore[no-any-return]
    return code(resize(images, size), generator, operation)  # type: ignore[no-any-return]
