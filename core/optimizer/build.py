"""From a configuration to an optimiser."""

from typing import Any

from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from core.config import optimize as config
from core.optimizer.lars import Lars


def build_optimizer(optimizer: config.OptimizerConfig, model: nn.Module) -> Optimizer:
    """An optimiser of the model's trainable parameters; the schedule sets its learning rate at each step.

    Vectors (batch norm and biases) are excluded from weight decay and from LARS' adaptation.
    """
    weights = [p for p in model.parameters() if p.requires_grad]
    matrices: dict[str, Any] = {"params": [w for w in weights if w.ndim > 1]}
    vectors: dict[str, Any] = {"params": [w for w in weights if w.ndim <= 1], "weight_decay": 0.0}
    match optimizer:
        case config.Lars():
            return Lars(
                [matrices, {**vectors, "adapt": False}],
                lr=optimizer.learning_rate,
                momentum=optimizer.momentum,
                weight_decay=optimizer.weight_decay,
                trust_coefficient=optimizer.trust_coefficient,
            )
        case config.Sgd():
            return SGD(
                [matrices, vectors],
                lr=optimizer.learning_rate,
                momentum=optimizer.momentum,
                nesterov=optimizer.nesterov,
                weight_decay=optimizer.weight_decay,
            )
        case config.AdamW():
            return AdamW(
                [matrices, vectors],
                lr=optimizer.learning_rate,
                betas=(optimizer.beta1, optimizer.beta2),
                weight_decay=optimizer.weight_decay,
            )
