"""From a configuration to an optimiser."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from torch import nn
from torch.optim import Optimizer

from core.config.optimizer import OPTIMIZERS, OptimizerConfig
from core.optimizer.groups import Group


def build_optimizer(config: OptimizerConfig, model: nn.Module, groups: Sequence[Group] = ()) -> Optimizer:
    """An optimiser of the model's trainable parameters; the schedule sets its learning rate at each step.

    Vectors (batch norm and biases) are excluded from weight decay and from LARS' adaptation. ``groups`` are parameters
    of the model that differ in something; all others come before them, matrices first.
    """
    apart = {id(weight) for group in groups for weight in group.parameters}
    common = [weight for weight in model.parameters() if id(weight) not in apart]
    parts = [*_parts(common, config.weight_decay)]
    for group in groups:
        own = {"rate": group.rate, "constant": group.constant, "frozen_steps": group.frozen_steps}
        parts += [part | own for part in _parts(group.parameters, group.decay * config.weight_decay)]
    optimizer: Optimizer = OPTIMIZERS.code(config)(parts, config)
    return optimizer


def _parts(weights: Iterable[nn.Parameter], decay: float) -> Iterator[dict[str, Any]]:
    """Matrices, then vectors."""
    trained = [weight for weight in weights if weight.requires_grad]
    yield {"params": [weight for weight in trained if weight.ndim > 1], "weight_decay": decay, "adapt": True}
    yield {"params": [weight for weight in trained if weight.ndim <= 1], "weight_decay": 0.0, "adapt": False}
