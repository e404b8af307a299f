"""Optimisers from their configurations. Groups are those of ``core.optimizer.build``."""

from typing import Any

import torch
from torch.optim import Optimizer

from core.config import optimizer as config
from core.optimizer.lars import Lars

Groups = list[dict[str, Any]]
COMMON = config.OptimizerConfig.model_fields.keys()
"""Fields that are no arguments of PyTorch's classes under their names."""


def lars(groups: Groups, settings: config.Lars) -> Lars:
    """Build LARS as in the released code of SimCLR."""
    return Lars(
        groups,
        lr=settings.learning_rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
        trust_coefficient=settings.trust_coefficient,
    )


def torch_optimizer(groups: Groups, settings: config.TorchOptimizer) -> Optimizer:
    """Build an optimiser of ``torch.optim``. Weight decay and learning rate are those of the groups."""
    options = {name: getattr(settings, name) for name in type(settings).model_fields if name not in COMMON}
    if "beta1" in options:
        options["betas"] = (options.pop("beta1"), options.pop("beta2"))
    made: Optimizer = getattr(torch.optim, settings.torch_name)(groups, lr=settings.learning_rate, **options)
    return made
