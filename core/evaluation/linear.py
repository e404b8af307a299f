"""Linear evaluation: logistic regression on frozen features. Paper, appendix B.8.

It is multinomial; where images have several labels, it is a binary one for each class.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.config.metrics import Metric
from core.config.protocols.frozen import Frozen
from core.data.subset import stratified_part
from core.evaluation.likelihood import cross_entropy, curvature
from core.evaluation.metrics import measure
from core.randomness import generator
from core.trained.features import standardise

ITERATIONS = 1000
TOLERANCE = 1e-5
"""Largest component of the gradient at which a search ends, unless the l2 weight is smaller still: the gradient of the
penalty is as small as the l2 weight, and must not be taken for convergence."""
MEMORY = 20
"""Steps from which L-BFGS estimates the curvature."""


@dataclass(frozen=True)
class LinearClassifier:
    """Linear classifier: logits = weight @ h + bias."""

    weight: Tensor
    """(classes, d)"""
    bias: Tensor
    """(classes,)"""

    def __call__(self, features: Tensor) -> Tensor:
        """Return logits (N, classes) of features (N, d)."""
        return F.linear(features, self.weight, self.bias)


def fit_path(features: Tensor, labels: Tensor, classes: int, l2s: Sequence[float]) -> Iterator[LinearClassifier]:
    """Yield for each of l2s the minimiser of ``cross_entropy`` + l2 / 2 * |weight|^2; the bias is not penalised.

    features (N, d), labels (N,) or (N, classes). Each search starts where the one before it ended, so descending l2s
    are best. The problem is convex: the start saves time, and changes the result only by what the search leaves undone,
    in float32 at most some thousandths of the objective.
    """
    axes = torch.linalg.eigh(features.T @ features).eigenvectors  # a rotation, which leaves |weight| as it is
    rotated = features @ axes
    classifier = LinearClassifier(features.new_zeros(classes, features.shape[1]), features.new_zeros(classes))
    for l2 in l2s:
        classifier = _minimise(rotated, labels, l2, classifier)
        yield LinearClassifier(classifier.weight @ axes.T, classifier.bias)


def _minimise(features: Tensor, labels: Tensor, l2: float, start: LinearClassifier) -> LinearClassifier:
    """Minimise by L-BFGS along principal axes, each stretched by the curvature at the start of the search.

    Frozen features vary a thousand times as much along some axes as along others. Without stretching, a weak l2 weight
    takes thousands of steps.
    """
    stretch = (curvature(start(features).T, labels) * features.square().mean(dim=0) + l2).rsqrt()
    weight, bias = (start.weight / stretch).requires_grad_(), start.bias.clone().requires_grad_()
    columns = features.new_empty(features.shape[::-1])  # long rows of logits multiply several times faster than short
    torch.mul(features.T, stretch[:, None], out=columns)
    optimizer = torch.optim.LBFGS(
        [weight, bias],
        max_iter=ITERATIONS,
        tolerance_grad=min(TOLERANCE, l2),
        history_size=MEMORY,
        line_search_fn="strong_wolfe",
    )

    def objective() -> Tensor:
        optimizer.zero_grad()
        logits = weight @ columns + bias[:, None]
        loss = cross_entropy(logits, labels) + l2 / 2 * (weight * stretch).square().sum()
        loss.backward()
        return loss

    optimizer.step(objective)
    return LinearClassifier(weight.detach() * stretch, bias.detach())


def choose_l2(
    features: Tensor, labels: Tensor, classes: int, config: Frozen, metric: Metric
) -> tuple[float, float | None]:
    """Return the l2 weight of the grid that scores best on images held out of the training set, and its score.

    features (N, d) as the encoder gives them; the statistics that standardise them are measured without the held-out
    images. Among equally good l2 weights the strongest is chosen. The middle of the grid, and no score, is returned if
    no class has a second image, so that none can be held out. The test set is not used.
    """
    grid = l2_grid(config)
    held = stratified_part(labels.cpu(), config.holdout, generator(config.holdout_seed, "linear evaluation holdout"))
    if not len(held):
        return grid[len(grid) // 2], None
    kept = torch.ones(len(labels), dtype=torch.bool)
    kept[held] = False
    inner, outer = kept.nonzero().squeeze(1).to(labels.device), held.to(labels.device)
    fitted, scored = standardise(features[inner], features[outer])
    path = fit_path(fitted, labels[inner], classes, grid)
    scores = [measure(classifier(scored), labels[outer], metric) for classifier in path]
    return grid[scores.index(max(scores))], max(scores)


def fit_chosen(features: Tensor, labels: Tensor, classes: int, config: Frozen, l2: float) -> LinearClassifier:
    """Fit the classifier of one l2 weight of the grid, along the path on which it was chosen."""
    *_, classifier = fit_path(features, labels, classes, [weight for weight in l2_grid(config) if weight >= l2])
    return classifier


def l2_grid(config: Frozen) -> list[float]:
    """Return the l2 weights, descending and evenly spaced on a logarithm."""
    low, high = math.log10(config.l2_low), math.log10(config.l2_high)
    return [float(10**exponent) for exponent in torch.linspace(high, low, config.l2_count, dtype=torch.float64)]
