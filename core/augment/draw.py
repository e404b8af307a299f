"""Random numbers for each image of a batch, of which this process may have a share alone."""

from collections.abc import Callable

import torch
from torch import Tensor

from core.distributed import Share


class SharedGenerator(torch.Generator):
    """Draws for the whole batch, of which this process keeps the numbers of its own images: so the views are the same
    whatever the number of processes. What is drawn are parameters, a few numbers an image, but for noise."""

    share: Share
    images: int
    """Of the share."""


def shared(generator: torch.Generator, share: Share, batch_size: int) -> torch.Generator:
    """For the share of a batch of so many images; the generator itself where that is all of them."""
    if share.processes == 1:
        return generator
    result = SharedGenerator(generator.device)
    result.set_state(generator.get_state())
    rows = share.rows(batch_size)
    result.share, result.images = share, rows.stop - rows.start
    return result


def draw(
    distribution: Callable[..., Tensor],
    images: Tensor,
    generator: torch.Generator,
    *each: int,
    first: tuple[int, ...] = (),
) -> Tensor:
    """``torch.rand``, or what is called like it, for images (B, C, H, W) -> (*first, B, *each)."""
    if not isinstance(generator, SharedGenerator):
        return distribution((*first, len(images), *each), generator=generator, device=images.device)
    share, copies = generator.share, len(images) // generator.images
    count = len(images) * share.processes
    whole = distribution((*first, count, *each), generator=generator, device=images.device)
    return share.part(whole, copies, len(first))
