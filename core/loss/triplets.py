"""Losses of a view, its positive and one negative, over a batch: Table 2's NT-Logistic and margin triplet, and the
triplet loss on squared distances.

Table 2 gives a loss for one negative. In a batch it is the mean over all triplets of a view, its positive and each of
its negatives, or with semi-hard mining over one triplet for each view. The paper does not say how it weighs a view's
negatives against its positive; here both have the same weight.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.config.methods import Margin, NtLogistic
from core.config.methods.contrastive import Triplet
from core.loss.distances import candidates, squared_distances


def nt_logistic_of(z: Tensor, config: NtLogistic) -> Tensor:
    """Return ``nt_logistic`` with the settings of a configuration."""
    return nt_logistic(z, config.temperature, config.negatives == "one_view", config.semi_hard)


def margin_of(z: Tensor, config: Margin) -> Tensor:
    """Return ``margin`` with the settings of a configuration."""
    return margin(z, config.margin, config.negatives == "one_view", config.semi_hard)


def triplet_of(z: Tensor, config: Triplet) -> Tensor:
    """Return ``triplet`` with the settings of a configuration."""
    return triplet(z, config.margin, config.negatives == "one_view", config.semi_hard)


def nt_logistic(z: Tensor, temperature: float, one_view: bool = False, semi_hard: bool = False) -> Tensor:
    """Return -log sigma(u.v+ / tau) - log sigma(-u.v- / tau), a scalar, for z (2N, d) where rows i and N + i are a
    positive pair."""
    positive, negative, weight = _triplets(z @ z.T, one_view, semi_hard)
    return -F.logsigmoid(positive / temperature).mean() - (weight * F.logsigmoid(-negative / temperature)).sum()


def margin(z: Tensor, margin: float, one_view: bool = False, semi_hard: bool = False) -> Tensor:
    """Return max(u.v- - u.v+ + m, 0), a scalar, for z (2N, d) where rows i and N + i are a positive pair."""
    return _hinge(z @ z.T, margin, one_view, semi_hard)


def triplet(z: Tensor, margin: float, one_view: bool = False, semi_hard: bool = True) -> Tensor:
    """Return max(|u - v+|^2 - |u - v-|^2 + m, 0), a scalar, for z (2N, d) where rows i and N + i are a positive
    pair."""
    return _hinge(-squared_distances(z), margin, one_view, semi_hard)


def _hinge(similarity: Tensor, margin: float, one_view: bool, semi_hard: bool) -> Tensor:
    positive, negative, weight = _triplets(similarity, one_view, semi_hard)
    return (weight * F.relu(negative - positive[:, None] + margin)).sum()


def _triplets(similarity: Tensor, one_view: bool, semi_hard: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Return the similarity to the positive (2N,), to every view (2N, 2N), and the weight of each as a negative (2N,
    2N), of similarities (2N, 2N); the weights sum to 1."""
    batch = len(similarity) // 2
    positive = torch.cat([similarity.diagonal(batch), similarity.diagonal(-batch)])
    chosen = candidates(batch, one_view, similarity.device)
    if semi_hard:
        chosen = _semi_hard(similarity.detach(), positive.detach(), chosen)
    weight = chosen.to(similarity.dtype)
    return positive, similarity, weight / weight.sum()


def _semi_hard(similarity: Tensor, positive: Tensor, candidates: Tensor) -> Tensor:
    """Return one negative for each view: the most similar of those less similar than the positive, else the least
    similar of all (Schroff et al. 2015)."""
    easier = candidates & (similarity < positive[:, None])
    hardest = similarity.masked_fill(~easier, float("-inf")).argmax(dim=1)
    easiest = similarity.masked_fill(~candidates, float("inf")).argmin(dim=1)
    chosen = torch.where(easier.any(dim=1), hardest, easiest)
    return F.one_hot(chosen, len(similarity)).bool()
