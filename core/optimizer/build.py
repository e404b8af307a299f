"""From a configuration to an optimiser."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from core.config import optimize as config
from core.optimizer.groups import Group
from core.optimizer.lars import Lars


def build_optimizer(optimizer: config.OptimizerConfig, model: nn.Module, groups: Sequence[Group] = ()) -> Optimizer:
    """An optimiser of the model's trainable parameters; the schedule sets its learning rate at each step.

    Vectors (batch norm and biases) are excluded from weight decay and from LARS' adaptation. ``groups`` are parameters
    of the model that differ in something; all others come before them, matrices first.
    """
    apart = {id(weight) for group in groups for weight in group.parameters}
    common = [weight for weight in model.parameters() if id(weight) not in apart]
    parts = [*_parts(common, optimizer.weight_decay)]
    for group in groups:
        own = {"rate": group.rate, "constant": group.constant, "frozen_steps": group.frozen_steps}
        parts += [part | own for part in _parts(group.parameters, group.decay * optimizer.weight_decay)]
    return _build(optimizer, parts)


def _parts(weights: Iterable[nn.Parameter], decay: float) -> Iterator[dict[str, Any]]:
    """Matrices, then vectors."""
    trained = [weight for weight in weights if weight.requires_grad]
    yield {"params": [weight for weight in trained if weight.ndim > 1], "weight_decay": decay, "adapt": True}
    yield {"params": [weight for weight in trained if weight.ndim <= 1], "weight_decay": 0.0, "adapt": False}


def _build(optimizer: config.OptimizerConfig, parts: list[dict[str, Any]]) -> Optimizer:
    match optimizer:
        case config.Lars():
            return Lars(
                parts,
                lr=optimizer.learning_rate,
                momentum=optimizer.momentum,
                weight_decay=optimizer.weight_decay,
                trust_coefficient=optimizer.trust_coefficient,
            )
        case config.Sgd():
            return SGD(
                parts,
                lr=optimizer.learning_rate,
                momentum=optimizer.momentum,
                nesterov=optimizer.nesterov,
                weight_decay=optimizer.weight_decay,
            )
        case config.AdamW():
            return AdamW(
                parts,
                lr=optimizer.learning_rate,
                betas=(optimizer.beta1, optimizer.beta2),
                weight_decay=optimizer.weight_decay,
            )
