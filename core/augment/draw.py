"""Random numbers for each image of a batch, of which this process may have only a share."""

from collections.abc import Callable

import torch
from torch import Tensor

from core.canvas import Canvas
from core.distributed import Share


class SharedGenerator(torch.Generator):
    """A generator that draws the numbers of the whole batch, so that views do not depend on the number of processes.

    ``draw`` keeps those of this process's images. Most draws are a few parameters of each image; noise is one number of
    each value.
    """

    share: Share
    images: int
    """Number of images in the share."""


def shared(generator: torch.Generator, share: Share, batch_size: int) -> torch.Generator:
    """Return a generator for this share of a batch of ``batch_size`` images; the generator itself where the share is
    all of them."""
    if share.processes == 1:
        return generator
    result = SharedGenerator(generator.device)
    result.set_state(generator.get_state())
    rows = share.rows(batch_size)
    result.share, result.images = share, rows.stop - rows.start
    return result


def draw(
    distribution: Callable[..., Tensor],
    images: Tensor | Canvas,
    generator: torch.Generator,
    *each: int,
    first: tuple[int, ...] = (),
) -> Tensor:
    """Draw (*first, B, *each) numbers for images (B, C, H, W) from ``torch.rand``, or from another function with its
    arguments."""
    if not isinstance(generator, SharedGenerator):
        return distribution((*first, len(images), *each), generator=generator, device=images.device)
    share, copies = generator.share, len(images) // generator.images
    count = len(images) * share.processes
    whole = distribution((*first, count, *each), generator=generator, device=images.device)
    return share.part(whole, copies, len(first))
