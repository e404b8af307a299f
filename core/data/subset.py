"""Parts of a data set that keep its classes balanced."""

import torch
from torch import Tensor


def balanced_subset(labels: Tensor, amount: int | float, generator: torch.Generator) -> Tensor:
    """Return the ascending indices of ``amount`` (a count, or a fraction as a float) of the samples with labels (N,).

    Every class contributes the same number, to within one; a class that is too small contributes all it has, and the
    others make up for it. Images without a label (-1) are no class: their share of the subset is their share of the
    data, rounded down. Images with several labels, (N, classes), are drawn regardless of them. Raises ValueError where
    the count is above N.
    """
    total = max(1, round(amount * len(labels))) if isinstance(amount, float) else amount
    if total > len(labels):
        raise ValueError(f"a subset of {total:,} was asked for, but there are {len(labels):,} images")
    shuffled = torch.randperm(len(labels), generator=generator)
    if labels.ndim == 2:
        return shuffled[:total].sort().values
    has_label = labels[shuffled] >= 0
    labelled, unlabelled = shuffled[has_label], shuffled[~has_label]
    without = total * len(unlabelled) // len(labels)
    order = torch.argsort(_turns(labels[labelled]), stable=True)  # each class's first, then each class's second, ...
    return torch.cat([labelled[order[: total - without]], unlabelled[:without]]).sort().values


def stratified_part(labels: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Return the ascending indices of a ``share`` of every class of labels (N,), rounded to whole samples.

    A class keeps at least one sample outside the part, and has at least one inside if it has two. Samples with several
    labels, (N, classes), count as one class.
    """
    if labels.ndim == 2:
        labels = labels.new_zeros(len(labels))
    sizes = labels.bincount()
    wanted = (share * sizes.double()).round().long().clamp(min=1).minimum(sizes - 1)
    return counted_subset(labels, wanted, generator)


def counted_subset(labels: Tensor, wanted: Tensor, generator: torch.Generator) -> Tensor:
    """Return the ascending indices of as many samples of each class of labels (N,) as ``wanted`` (classes,) says, at
    most all."""
    shuffled = torch.randperm(len(labels), generator=generator)
    chosen = _turns(labels[shuffled]) < wanted[labels[shuffled]]
    return shuffled[chosen].sort().values


def _turns(labels: Tensor) -> Tensor:
    """Return for each sample the number of samples of its class before it."""
    by_class = torch.argsort(labels, stable=True)
    starts = torch.searchsorted(labels[by_class], labels[by_class])
    turns = torch.empty_like(by_class)
    turns[by_class] = torch.arange(len(labels)) - starts
    return turns
