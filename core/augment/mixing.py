"""Images that are mixed with others of their batch."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Beta

from core.config.methods.mixing import MIXES, MixConfig
from core.distributed import Share, gathered
from core.hardware import send
from core.randomness import seeded

ALL = Share()
"""The whole batch, in one process."""


class Mixing(NamedTuple):
    """The images that each of the N views of a batch shows, those of all processes."""

    partners: Tensor
    """Position in the batch of the other image in each view, int64 (N,)."""
    shares: Tensor
    """Share of the view that is the image itself, float32 (N,). The rest is the other one."""


def mix(
    views: Tensor, config: MixConfig, draws: torch.Generator, share: Share = ALL, keep_main: bool = False
) -> tuple[Tensor, Mixing]:
    """Mix each of the views (B, C, S, S) with that of another image, and return them with what they show.

    If ``share`` is one of several processes, ``views`` are its own, and the other image is one of the whole batch: all
    processes exchange their views, and mix them as one process would. ``keep_main`` makes the image itself the larger
    part. Only the seed of ``draws`` counts.
    """
    count = len(views) * share.processes
    rows = share.rows(count)
    with seeded(draws):  # on the CPU, so that all devices mix the same
        partners, places = torch.randperm(count), torch.rand(count, 2)
        shares = Beta(config.alpha, config.alpha).sample((count,))
        shares = shares.where(torch.rand(count) < config.probability, 1.0)
    if keep_main:
        shares = shares.maximum(1 - shares)
    partners, places, shares = (send(each, views.device) for each in (partners, places, shares))
    weights = MIXES.code(config)(shares[rows], places[rows], views.shape[-1])
    mixed = torch.lerp(_whole(views, share)[partners[rows]], views, weights)
    return mixed, Mixing(partners, _whole(weights.mean(dim=(1, 2, 3)), share))


def mixup(shares: Tensor, places: Tensor, side: int) -> Tensor:
    """Return the same weight for all pixels of an image: its share."""
    return shares[:, None, None, None]


def cutmix(shares: Tensor, places: Tensor, side: int) -> Tensor:
    """Return 0 in a square, and 1 around it. The square is in the middle of the place, and as large as the rest of the
    share where no border cuts it."""
    half = (side * (1 - shares).sqrt() / 2).long()[:, None]
    middle = (side * places).long()
    along = torch.arange(side, device=shares.device)
    inside = (along >= (middle - half)[..., None]) & (along < (middle + half)[..., None])
    return 1 - (inside[:, 0, :, None] & inside[:, 1, None, :])[:, None].float()


def _whole(own: Tensor, share: Share) -> Tensor:
    """Return the rows of all processes."""
    return own if share.processes == 1 else gathered(own).flatten(0, 1)
