"""Weighted k-nearest-neighbour classification of frozen features (Wu et al. 2018)."""

import torch
import torch.nn.functional as F
from torch import Tensor

CHUNK = 1000


def nearest_neighbours(
    train: Tensor, labels: Tensor, queries: Tensor, classes: int, neighbors: int, temperature: float
) -> Tensor:
    """Votes (M, classes) for queries (M, d) by the nearest of train (N, d) with labels (N,).

    A neighbour's vote weighs exp(cosine similarity / temperature), relative to the nearest one's.
    """
    keys = F.normalize(train, dim=1)
    neighbors = min(neighbors, len(train))
    votes = []
    for chunk in F.normalize(queries, dim=1).split(CHUNK):
        similarity, index = (chunk @ keys.T).topk(neighbors, dim=1)
        weight = ((similarity - similarity[:, :1]) / temperature).exp()
        votes.append(weight.new_zeros(len(chunk), classes).scatter_add_(1, labels[index], weight))
    return torch.cat(votes)
