"""The views of every image, made by a policy."""

import torch
from torch import Tensor

from core.augment.resample import resize
from core.config.operations import OPERATIONS, OperationConfig, Operations
from core.config.policies import PolicyConfig


def two_views(images: Tensor, policy: PolicyConfig, generator: torch.Generator, size: int | None = None) -> Tensor:
    """Return float32 views (2N, 3, size, size), or (2N, 3, H, W), in [0, 1], of uint8 images (N, 3, H, W).

    Rows i and N + i are the positive pair made from image i. Every parameter is drawn for each sample. The first
    operation gives the views their size: a crop takes its box from the whole image, and before any other operation the
    image is resized.
    """
    branches = policy.branches()
    views = apply_all(branches.shared, images.float().div_(255), generator, size)
    views = apply_all(branches.both, torch.cat([views, views]), generator, size)
    pair = zip((branches.first, branches.second), views.chunk(2), strict=True)
    return torch.cat([resize(apply_all(operations, half, generator, size), size) for operations, half in pair])


def one_view(images: Tensor, policy: PolicyConfig, generator: torch.Generator, size: int | None = None) -> Tensor:
    """Return float32 views (N, 3, size, size), or (N, 3, H, W), in [0, 1], of uint8 images (N, 3, H, W), made as the
    first branch of a policy makes them."""
    branches = policy.branches()
    operations = branches.shared + branches.both + branches.first
    return resize(apply_all(operations, images.float().div_(255), generator, size), size)


def apply_all(operations: Operations, images: Tensor, generator: torch.Generator, size: int | None = None) -> Tensor:
    """Apply operations in their order to float images (B, 3, H, W) in [0, 1]; the first one makes the size."""
    for operation in operations:
        images = apply(operation, images, generator, size)
    return images


def apply(operation: OperationConfig, images: Tensor, generator: torch.Generator, size: int | None = None) -> Tensor:
    """Apply one operation to float images (B, 3, H, W) in [0, 1]; the result has side ``size`` if that is given."""
    code = OPERATIONS.code(operation)
    if operation.makes_size:
        return code(images, generator, operation, size)  # type: ignore[no-any-return]
    return code(resize(images, size), generator, operation)  # type: ignore[no-any-return]
