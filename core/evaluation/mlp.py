"""A small network on frozen features."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.config.protocols.probes import TransformationProbe
from core.data.batches import Batches
from core.data.dataset import Split
from core.optimizer.build import build_optimizer
from core.optimizer.schedule import Schedule, peak_rate
from core.randomness import generator


def fit_mlp(features: Tensor, labels: Tensor, classes: int, config: TransformationProbe) -> Callable[[Tensor], Tensor]:
    """Fit a network to features (N, d) on their device and labels (N,) on the CPU. It maps features (M, d) to logits
    (M, classes)."""
    batch_size = min(config.batch_size, len(labels))
    batches = Batches(Split(features, labels), batch_size, config.seed, features.device)
    steps = config.epochs * batches.steps_per_epoch
    rate = Schedule(peak_rate(config.optimizer.learning_rate, config.optimizer.scaling, batch_size), 0, steps)
    mlp = build_mlp(features.shape[1], classes, generator(config.seed, "mlp")).to(features.device)
    optimizer = build_optimizer(config.optimizer, mlp)
    for step in range(steps):
        rate.set(optimizer, step)
        batch = batches[step]
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(mlp(batch.images), batch.labels).backward()
        optimizer.step()
    return torch.no_grad()(mlp)


def build_mlp(width: int, classes: int, draws: torch.Generator) -> nn.Sequential:
    """Build a network with one hidden layer as wide as the features, on the CPU; torch's global generators stay as they
    are."""
    return nn.Sequential(_layer(width, width, draws), nn.ReLU(), _layer(width, classes, draws))


def _layer(inputs: int, outputs: int, draws: torch.Generator) -> nn.Linear:
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=draws)
    nn.init.zeros_(layer.bias)
    return layer
