"""Fine-tuning with few labels. Paper, appendix B.5."""

from dataclasses import replace

import torch

from core.config.protocols.tuning import FineTune
from core.data.dataset import Dataset, Split
from core.data.subset import balanced_subset
from core.errors import DataError
from core.evaluation.network import Network, network_on, predict
from core.evaluation.scores import Scores, accuracies
from core.evaluation.sgd import Recipe, check_finite, recipe_of_epochs, train
from core.randomness import generator
from core.trained.pretrained import Pretrained


def score_finetune(config: FineTune, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return ``finetune/top1`` and ``finetune/top5``, percent of ``data.test``, for a copy of the whole network trained
    on ``config.labels`` of ``data.train``. Raises ``DataError`` where there are fewer labels, and ``Diverged``."""
    network, recipe = fine_tune(config, pretrained, data)
    logits, labels = predict(network, pretrained, data.test, config.test_crop)
    check_finite(logits, recipe)
    return accuracies("finetune", logits, labels)


def fine_tune(config: FineTune, pretrained: Pretrained, data: Dataset) -> tuple[Network, Recipe]:
    """Return a copy of the whole network trained on ``config.labels`` of ``data.train``, and how it was trained."""
    labelled = data.train.labelled()
    split = keep_labels(config, labelled).labelled()
    network = network_on(pretrained, config.representation, len(data.classes)).train()
    recipe = recipe_of_epochs(config.epochs_of(len(labelled)), config.learning_rate, config.batch_size, len(split))
    train(network, split, replace(recipe, mix=config.mix), pretrained)
    return network, recipe


def keep_labels(config: FineTune, split: Split) -> Split:
    """Return all images, with a label for the same number of every class, to within one, and at least one. The others
    have none (-1). Raises ``DataError`` where there are fewer labels."""
    known = (split.labels >= 0).nonzero().squeeze(1)
    labels = split.labels[known]
    amount = config.labels if isinstance(config.labels, int) else round(config.labels * len(labels))
    amount = max(amount, len(labels.unique()))
    if amount > len(labels):
        raise DataError(f"evaluate.labels is {amount:,}, but there are {len(labels):,} labelled images; lower it")
    if amount == len(labels):
        return split
    kept = known[balanced_subset(labels, amount, generator(config.labels_seed, "fine-tuning labels"))]
    few = torch.full_like(split.labels, -1)
    few[kept] = split.labels[kept]
    return replace(split, labels=few)
