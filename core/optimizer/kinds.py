"""Optimisers from their configurations. Groups are those of ``core.optimizer.build``."""

from typing import Any

from torch.optim import SGD, Adam, AdamW

from core.config import optimizer as config
from core.optimizer.lars import Lars

Groups = list[dict[str, Any]]


def lars(groups: Groups, settings: config.Lars) -> Lars:
    """Build LARS as in the released code of SimCLR."""
    return Lars(
        groups,
        lr=settings.learning_rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
        trust_coefficient=settings.trust_coefficient,
    )


def sgd(groups: Groups, settings: config.Sgd) -> SGD:
    """Build PyTorch's SGD."""
    return SGD(groups, lr=settings.learning_rate, momentum=settings.momentum, nesterov=settings.nesterov)


def adamw(groups: Groups, settings: config.AdamW) -> AdamW:
    """Build PyTorch's AdamW."""
    return AdamW(groups, lr=settings.learning_rate, betas=(settings.beta1, settings.beta2))


def adam(groups: Groups, settings: config.Adam) -> Adam:
    """Build PyTorch's Adam."""
    return Adam(groups, lr=settings.learning_rate, betas=(settings.beta1, settings.beta2))
