"""Transfer to another data set by fine-tuning. Paper, appendix B.8.2."""

import itertools
import math
from dataclasses import dataclass

import torch
from torch import nn

from core.config.metrics import Metric
from core.config.protocols.tuning import FineTuneTransfer
from core.data.dataset import Dataset, Split
from core.data.subset import stratified_part
from core.evaluation.metrics import measure, metric_for
from core.evaluation.network import Network, network_on, predict
from core.evaluation.scores import Scores, accuracies
from core.evaluation.sgd import Recipe, check_finite, train
from core.optimizer.schedule import peak_rate
from core.randomness import generator
from core.trained.pretrained import Pretrained


@dataclass(frozen=True)
class Candidate:
    """A point of the grid, in the paper's units."""

    learning_rate: float
    """Learning rate of a batch of 256."""
    weight_decay: float
    """Weight decay, to be divided by the learning rate."""


def score_finetune_transfer(config: FineTuneTransfer, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return ``finetune_transfer/<metric>``, percent on ``data.test``, for a copy of the whole network trained on
    ``data.train``, and the chosen ``finetune_transfer/learning_rate`` and ``finetune_transfer/weight_decay``.

    Raises ``Diverged`` where the network trained on all training images is not finite.
    """
    split, classes, metric = data.train.labelled(), len(data.classes), metric_for(config.metric, data)
    chosen = choose(config, pretrained, split, classes, metric)
    network, recipe = fit(chosen, config, pretrained, split, classes)
    logits, labels = predict(network, pretrained, data.test, config.test_crop)
    check_finite(logits, recipe)
    found = {"learning_rate": chosen.learning_rate, "weight_decay": chosen.weight_decay}
    scores = Scores({f"finetune_transfer/{name}": value for name, value in found.items()}, images=len(labels))
    if metric == "top1":
        return accuracies("finetune_transfer", logits, labels, (1,)) | scores
    return Scores({f"finetune_transfer/{metric}": measure(logits, labels, metric)}) | scores


def choose(config: FineTuneTransfer, pretrained: Pretrained, split: Split, classes: int, metric: Metric) -> Candidate:
    """Return the candidate that is best on images held out of ``split``; the first of equally good ones. One that
    diverged is the worst. A grid of one candidate needs no such training. If no class has a second image, none can be
    held out, and the middle of the grid is taken."""
    grid = candidates(config, pretrained)
    if len(grid) == 1:
        return grid[0]
    seed = pretrained.config.seed if config.holdout_seed is None else config.holdout_seed
    inner, outer = hold_out(split, config.holdout, generator(seed, "fine-tuning holdout"))
    if not len(outer):
        return grid[len(grid) // 2]

    def score(candidate: Candidate) -> float:
        network, _ = fit(candidate, config, pretrained, inner, classes)
        logits, labels = predict(network, pretrained, outer, config.test_crop)
        return measure(logits, labels, metric) if logits.isfinite().all() else -math.inf

    return max(grid, key=score)


def fit(
    candidate: Candidate, config: FineTuneTransfer, pretrained: Pretrained, split: Split, classes: int
) -> tuple[Network, Recipe]:
    """Train a copy of the whole network on ``split``, with batch norm in training mode."""
    batch = min(config.batch_size, len(split))
    rate = peak_rate(candidate.learning_rate, "linear", batch)
    recipe = Recipe(rate, batch, config.steps_of(pretrained.config), candidate.weight_decay / rate)
    network = network_on(pretrained, config.representation, classes).train()
    set_batch_norm_momentum(network, len(split) // batch)
    train(network, split, recipe, pretrained)
    return network, recipe


def set_batch_norm_momentum(network: nn.Module, steps_per_epoch: int) -> None:
    """Set the share of the running statistics that is kept at a step to max(1 - 10 / s, 0.9); torch's momentum is the
    share that is replaced."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.momentum = 1 - max(1 - 10 / steps_per_epoch, 0.9)


def candidates(config: FineTuneTransfer, pretrained: Pretrained) -> list[Candidate]:
    """Return every learning rate with every weight decay."""
    rates, decays = config.tried_rates(pretrained.config), config.tried_decays(pretrained.config)
    return list(itertools.starmap(Candidate, itertools.product(rates, decays)))


def hold_out(split: Split, share: float, generator: torch.Generator) -> tuple[Split, Split]:
    """Divide ``split`` into the kept part and the held-out part, a ``share`` of every class, or of all images where
    they have several labels."""
    held = torch.zeros(len(split), dtype=torch.bool)
    held[stratified_part(split.labels, share, generator)] = True
    return split[~held], split[held]
