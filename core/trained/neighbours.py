"""Weighted k-nearest-neighbour classification of frozen features (Wu et al. 2018)."""

import torch
import torch.nn.functional as F
from torch import Tensor

CHUNK = 1000


def nearest_neighbours(
    train: Tensor, labels: Tensor, queries: Tensor, classes: int, neighbors: int, temperature: float
) -> Tensor:
    """Return votes (M, classes) for queries (M, d) by the nearest of train (N, d) with labels (N,).

    A neighbour's vote counts exp(cosine similarity / temperature), relative to the nearest one's.
    """
    similarity, index = most_similar(train, queries, min(neighbors, len(train)))
    weight = ((similarity - similarity[:, :1]) / temperature).exp()
    return weight.new_zeros(len(queries), classes).scatter_add_(1, labels[index], weight)


def most_similar(keys: Tensor, queries: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the highest cosine similarities of queries (M, d) to keys (N, d), descending, and the keys' indices, both
    (M, count)."""
    keys = F.normalize(keys, dim=1)
    found = [(chunk @ keys.T).topk(count, dim=1) for chunk in F.normalize(queries, dim=1).split(CHUNK)]
    return torch.cat([chunk.values for chunk in found]), torch.cat([chunk.indices for chunk in found])
