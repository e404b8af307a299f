"""k-means of all images' features, the same on every process and in every run."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

TABLE = 2**24
"""Numbers of a table of points and clusters that is computed at once: 64 MB."""
SHIFT = 1 / 1024
"""Share by which the two halves of a cluster that is split are moved apart, as in faiss."""
FLATTEST = 1e-5
"""Smallest variance of a component that is whitened, as a share of the largest: below it there is rounding only."""


class Clusters(NamedTuple):
    """Result of k-means."""

    centres: Tensor
    """(k, d)."""
    numbers: Tensor
    """Number of each point's cluster, int64 (n,)."""
    sizes: Tensor
    """Number of each cluster's points, (k,)."""


def k_means(points: Tensor, clusters: int, rounds: int, draws: torch.Generator, spherical: bool = False) -> Clusters:
    """Return clusters of points (n, d), from random points as first centres; ``draws`` is a generator on the CPU.

    A centre is the mean of its points. An empty cluster takes half of a large one, beginning with the
    largest; faiss draws the one that it splits. If ``spherical``, points are on the unit sphere and so are centres, and
    an empty cluster keeps its centre (``cluster_memory`` of ``main_deepclusterv2.py`` in facebookresearch/swav).
    """
    centres = points[torch.randperm(len(points), generator=draws)[:clusters].to(points.device)]
    for _ in range(rounds):
        sums, sizes = _totals(points, _nearest(points, centres), clusters)
        means = torch.where(sizes[:, None] > 0, sums / sizes.clamp(min=1)[:, None], centres)
        centres = F.normalize(means, dim=1) if spherical else _split(means, sizes)
    numbers = _nearest(points, centres)
    return Clusters(centres, numbers, _totals(points, numbers, clusters)[1])


def whitened(features: Tensor, components: int) -> Tensor:
    """Return the first principal components of features (n, d), each divided by its standard deviation, and every row
    l2-normalised: (n, min(components, d)), as ``preprocess_features`` of facebookresearch/deepcluster does."""
    centred = features - features.mean(dim=0)
    variances, directions = torch.linalg.eigh((centred.T @ centred / len(centred)).double())
    variances = variances.clamp(min=FLATTEST * variances[-1])
    scaled = (directions / variances.sqrt())[:, -components:].to(features.dtype)
    return F.normalize(centred @ scaled, dim=1)


def _nearest(points: Tensor, centres: Tensor) -> Tensor:
    """Return the number of the centre that is nearest to each point, int64 (n,)."""
    half_squares = centres.square().sum(dim=1) / 2
    return torch.cat([(part @ centres.T - half_squares).argmax(dim=1) for part in _parts(points, len(centres))])


def _totals(points: Tensor, numbers: Tensor, clusters: int) -> tuple[Tensor, Tensor]:
    """Return the sum of each cluster's points (k, d), and their number (k,).

    It is a product with a table of which point is in which cluster. An addition by index would not be the same each
    time on a GPU.
    """
    sums, sizes = points.new_zeros(clusters, points.shape[1]), points.new_zeros(clusters)
    every = torch.arange(clusters, device=points.device)
    for part, of_part in zip(_parts(points, clusters), _parts(numbers, clusters), strict=True):
        members = (of_part[:, None] == every).to(points.dtype)
        sums += members.T @ part
        sizes += members.sum(dim=0)
    return sums, sizes


def _parts(rows: Tensor, clusters: int) -> tuple[Tensor, ...]:
    return torch.split(rows, max(1, TABLE // clusters))


def _split(centres: Tensor, sizes: Tensor) -> Tensor:
    """Move each empty cluster to the centre of another, the first to that of the largest, and both a little apart."""
    order = sizes.argsort(descending=True, stable=True)
    rank = order.argsort()
    partner = order.flip(0)[rank]
    empty = sizes == 0
    apart = empty.to(centres.dtype) - (empty[partner] & ~empty).to(centres.dtype)
    sign = 1 - 2 * (torch.arange(centres.shape[1], device=centres.device) % 2)
    return torch.where(empty[:, None], centres[partner], centres) * (1 + SHIFT * apart[:, None] * sign)


def evenness(sizes: Tensor) -> Tensor:
    """Return how evenly clusters are used, a scalar, from their sizes (k,): exp(entropy of their shares) / k. It is 1
    if all have one size, and 1 / k if one cluster has everything, a collapse."""
    entropy: Tensor = torch.special.entr(sizes / sizes.sum()).sum()
    return entropy.exp() / len(sizes)
