"""How well logits match labels, in percent."""

import torch
from torch import Tensor


def top_1(logits: Tensor, labels: Tensor) -> float:
    """Return the percentage of rows (N, classes) whose label (N,) has the largest logit."""
    return top_k(logits, labels, 1)


def top_k(logits: Tensor, labels: Tensor, k: int) -> float:
    """Return the percentage of rows (N, classes) whose label (N,) is among the k largest logits."""
    return percent(is_among(logits, labels, k))


def is_among(logits: Tensor, labels: Tensor, k: int) -> Tensor:
    """Return which rows (N, classes) have their label (N,) among the k largest logits: booleans (N,)."""
    guesses = logits.topk(min(k, logits.shape[1]), dim=1).indices
    return (guesses == labels[:, None]).any(dim=1)


def percent(right: Tensor) -> float:
    """Return the percentage of booleans (N,) that are true."""
    return 100 * right.float().mean().item()


def mean_per_class(logits: Tensor, labels: Tensor) -> float:
    """Return the mean top-1 over the classes that labels (N,) contain."""
    right = logits.argmax(dim=1) == labels
    return 100 * torch.stack([right[labels == label].double().mean() for label in labels.unique()]).mean().item()


def mean_average_precision(scores: Tensor, labels: Tensor) -> float:
    """Return the mean over the classes of the 11-point average precision of scores and labels (N, classes).

    It is that of PASCAL VOC 2007: the mean over recalls 0, 0.1, ..., 1 of the best precision at that recall or above.
    An image that leaves a class open (-1) counts neither for nor against it. A class without an image has 0.
    """
    ranked = labels.gather(0, scores.argsort(dim=0, descending=True, stable=True))
    hits = (ranked == 1).double().cumsum(dim=0)
    precision = hits / (ranked >= 0).cumsum(dim=0).clamp(min=1)
    recall = hits / hits[-1].clamp(min=1)
    best = [torch.where(recall >= level / 10 - 1e-9, precision, 0).amax(dim=0) for level in range(11)]
    return 100 * torch.stack(best).mean().item()
