"""Optimisers from configurations."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from torch import nn
from torch.optim import Optimizer

from core.config.optimizer import OPTIMIZERS, OptimizerConfig
from core.encoder.encoder import Encoder
from core.optimizer.groups import Group


def build_optimizer(config: OptimizerConfig, model: nn.Module, groups: Sequence[Group] = ()) -> Optimizer:
    """Build an optimiser of the model's trainable parameters; the schedule sets its learning rate at each step.

    Vectors (batch norm, biases, and what an encoder says) have no weight decay and no adaptation by LARS. ``groups``
    are parameters of the model with other settings; all other parameters come before them, matrices first.
    """
    apart = {id(weight) for group in groups for weight in group.parameters}
    common = [weight for weight in model.parameters() if id(weight) not in apart]
    vectors = {id(weight) for each in model.modules() if isinstance(each, Encoder) for weight in each.vectors()}
    parts = [*_parts(common, vectors, config.weight_decay)]
    for group in groups:
        own = {"rate": group.rate, "constant": group.constant, "frozen_steps": group.frozen_steps}
        parts += [
            part | own for part in _parts(group.parameters, vectors, group.decay * config.weight_decay, group.adapt)
        ]
    optimizer: Optimizer = OPTIMIZERS.code(config)(parts, config)
    return optimizer


def _parts(
    weights: Iterable[nn.Parameter], vectors: Collection[int], decay: float, adapt: bool = True
) -> Iterator[dict[str, Any]]:
    """Yield the group of the matrices, then that of the vectors."""
    trained = [weight for weight in weights if weight.requires_grad]
    is_matrix = [weight.ndim > 1 and id(weight) not in vectors for weight in trained]
    matrices = [weight for weight, matrix in zip(trained, is_matrix, strict=True) if matrix]
    others = [weight for weight, matrix in zip(trained, is_matrix, strict=True) if not matrix]
    yield {"params": matrices, "weight_decay": decay, "adapt": adapt}
    yield {"params": others, "weight_decay": 0.0, "adapt": False}
