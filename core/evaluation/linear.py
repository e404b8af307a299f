"""Linear evaluation: multinomial logistic regression on frozen features. Paper, appendix B.8."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.config.evaluate import EvaluateConfig
from core.data.subset import balanced_subset
from core.randomness import generator

ITERATIONS = 300
TOLERANCE = 1e-4
"""Largest component of the gradient; scikit-learn stops at the same."""


@dataclass(frozen=True)
class LinearClassifier:
    """logits = weight @ h + bias."""

    weight: Tensor
    """(classes, d)"""
    bias: Tensor
    """(classes,)"""

    def __call__(self, features: Tensor) -> Tensor:
        """(N, d) -> (N, classes)."""
        return F.linear(features, self.weight, self.bias)


def fit(
    features: Tensor, labels: Tensor, classes: int, l2: float, start: LinearClassifier | None = None
) -> LinearClassifier:
    """Minimise mean cross-entropy + l2 / 2 * |weight|^2 by L-BFGS; the bias is not penalised.

    features (N, d), labels (N,). ``start`` is where the search begins; the problem is convex, so it saves
    time and does not change the answer.
    """
    zeros = LinearClassifier(features.new_zeros(classes, features.shape[1]), features.new_zeros(classes))
    start = start or zeros
    weight, bias = start.weight.clone().requires_grad_(), start.bias.clone().requires_grad_()
    columns = features.T.contiguous()  # a few long rows of logits multiply several times faster than many short ones
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=ITERATIONS, tolerance_grad=TOLERANCE, line_search_fn="strong_wolfe"
    )

    def objective() -> Tensor:
        optimizer.zero_grad()
        logits = weight @ columns + bias[:, None]
        loss = F.cross_entropy(logits[None], labels[None]) + l2 / 2 * weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(objective)
    return LinearClassifier(weight.detach(), bias.detach())


def choose_l2(features: Tensor, labels: Tensor, classes: int, config: EvaluateConfig) -> float:
    """The l2 weight of the grid with the best top-1 on images held out of the training set.

    Of equally good ones the strongest. The test set has no part in it.
    """
    held = balanced_subset(labels.cpu(), config.holdout, generator(0, "linear evaluation holdout"))
    kept = torch.ones(len(labels), dtype=torch.bool)
    kept[held] = False
    inner, outer = kept.nonzero().squeeze(1).to(labels.device), held.to(labels.device)
    best, best_top1, classifier = config.l2_high, -1.0, None
    for l2 in reversed(l2_grid(config)):
        classifier = fit(features[inner], labels[inner], classes, l2, classifier)
        top1 = top_k(classifier(features[outer]), labels[outer], 1)
        if top1 > best_top1:
            best, best_top1 = l2, top1
    return best


def l2_grid(config: EvaluateConfig) -> list[float]:
    """Ascending, evenly spaced on a logarithm."""
    low, high = math.log10(config.l2_low), math.log10(config.l2_high)
    return [float(10**exponent) for exponent in torch.linspace(low, high, config.l2_count, dtype=torch.float64)]


def top_k(logits: Tensor, labels: Tensor, k: int) -> float:
    """Percent of rows (N, classes) whose label (N,) is among the k largest logits."""
    guesses = logits.topk(min(k, logits.shape[1]), dim=1).indices
    return 100 * (guesses == labels[:, None]).any(dim=1).float().mean().item()
