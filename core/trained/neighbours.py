"""k-nearest-neighbour classification of frozen features."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from core.config.protocols.frozen import Distance

CHUNK = 1000


def nearest_neighbours(
    train: Tensor,
    labels: Tensor,
    queries: Tensor,
    classes: int,
    counts: Sequence[int],
    temperature: float,
    distance: Distance = "cosine",
) -> list[Tensor]:
    """Return votes (M, classes) for queries (M, d) by the k nearest of train (N, d) with labels (N,), for each k of
    ``counts``; at most all vote.

    For cosine, a neighbour's vote counts exp(similarity / temperature), relative to the nearest one's (Wu et al. 2018).
    For euclidean, each counts once.
    """
    most = min(max(counts), len(train))
    if distance == "cosine":
        similarity, index = most_similar(train, queries, most)
        weight = ((similarity - similarity[:, :1]) / temperature).exp()
    else:
        index = nearest(train, queries, most)
        weight = train.new_ones(index.shape)
    empty = weight.new_zeros(len(queries), classes)
    return [empty.scatter_add(1, labels[index[:, :k]], weight[:, :k]) for k in counts]


def nearest(keys: Tensor, queries: Tensor, count: int) -> Tensor:
    """Return the indices (M, count) of the keys (N, d) with the smallest Euclidean distance to queries (M, d),
    ascending."""
    centre = keys.mean(dim=0)  # distances are the same, and numbers are smaller
    keys = keys - centre
    squares = keys.square().sum(dim=1)
    found = [(2 * chunk @ keys.T - squares).topk(count, dim=1).indices for chunk in (queries - centre).split(CHUNK)]
    return torch.cat(found)


def most_similar(keys: Tensor, queries: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the highest cosine similarities of queries (M, d) to keys (N, d), descending, and the keys' indices, both
    (M, count)."""
    keys = F.normalize(keys, dim=1)
    found = [(chunk @ keys.T).topk(count, dim=1) for chunk in F.normalize(queries, dim=1).split(CHUNK)]
    return torch.cat([chunk.values for chunk in found]), torch.cat([chunk.indices for chunk in found])
