"""Optimisers from configurations."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from torch import nn
from torch.optim import Optimizer

from core.config.optimizer import OPTIMIZERS, OptimizerConfig
from core.optimizer.groups import Group


def build_optimizer(config: OptimizerConfig, model: nn.Module, groups: Sequence[Group] = ()) -> Optimizer:
    """Build an optimiser of the model's trainable parameters; the schedule sets its learning rate at each step.

    Vectors (batch norm and biases) have no weight decay and no adaptation by LARS. ``groups`` are parameters of the
    model with other settings; all other parameters come before them, matrices first.
    """
    apart = {id(weight) for group in groups for weight in group.parameters}
    common = [weight for weight in model.parameters() if id(weight) not in apart]
    parts = [*_parts(common, config.weight_decay)]
    for group in groups:
        own = {"rate": group.rate, "constant": group.constant, "frozen_steps": group.frozen_steps}
        parts += [part | own for part in _parts(group.parameters, group.decay * config.weight_decay, group.adapt)]
    optimizer: Optimizer = OPTIMIZERS.code(config)(parts, config)
    return optimizer


def _parts(weights: Iterable[nn.Parameter], decay: float, adapt: bool = True) -> Iterator[dict[str, Any]]:
    """Yield the group of the matrices, then that of the vectors."""
    trained = [weight for weight in weights if weight.requires_grad]
    yield {"params": [weight for weight in trained if weight.ndim > 1], "weight_decay": decay, "adapt": adapt}
    yield {"params": [weight for weight in trained if weight.ndim <= 1], "weight_decay": 0.0, "adapt": False}
