"""A class-balanced part of a data set."""

import torch
from torch import Tensor


def balanced_subset(labels: Tensor, amount: int | float, generator: torch.Generator) -> Tensor:
    """Ascending indices of ``amount`` (a count, or a fraction as a float) of the samples with labels (N,).

    Every class gives equally many, to within one; a class that is too small gives all it has and the
    others make up for it. ValueError where the count is above N.
    """
    total = max(1, round(amount * len(labels))) if isinstance(amount, float) else amount
    if total > len(labels):
        raise ValueError(f"a subset of {total:,} was asked for, but there are {len(labels):,} images")
    shuffled = torch.randperm(len(labels), generator=generator)
    turn = _turns(labels[shuffled])
    order = torch.argsort(turn, stable=True)  # each class's first, then each class's second, ...
    return shuffled[order[:total]].sort().values


def _turns(labels: Tensor) -> Tensor:
    """For each sample, how many of its class stand before it."""
    by_class = torch.argsort(labels, stable=True)
    starts = torch.searchsorted(labels[by_class], labels[by_class])
    turns = torch.empty_like(by_class)
    turns[by_class] = torch.arange(len(labels)) - starts
    return turns
