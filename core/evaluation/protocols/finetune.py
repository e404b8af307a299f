"""Fine-tuning with few labels. Paper, appendix B.5."""

from core.config.protocols.tuning import FineTune
from core.data.dataset import Dataset, Split
from core.data.subset import balanced_subset
from core.errors import DataError
from core.evaluation.network import Network, predict
from core.evaluation.scores import Scores, accuracies
from core.evaluation.sgd import check_finite, recipe_of_epochs, train
from core.randomness import generator
from core.trained.pretrained import Pretrained

FEW_LABELS = 0.01
"""Largest share of labelled training images for which there are more epochs."""


def score_finetune(config: FineTune, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return ``finetune/top1`` and ``finetune/top5``, percent of ``data.test``, for a copy of the whole network trained
    on ``config.labels`` of ``data.train``. Raises ``DataError`` where there are fewer labels, and ``Diverged``."""
    labelled = data.train.labelled()
    split = keep_labels(config, labelled)
    network = Network(pretrained, config.representation, len(data.classes)).train()
    epochs = config.epochs or default_epochs(config.labels, len(labelled))
    recipe = recipe_of_epochs(epochs, config.learning_rate, config.batch_size, len(split))
    train(network, split, recipe, pretrained)
    logits, labels = predict(network, pretrained, data.test, config.test_crop)
    check_finite(logits, recipe)
    return accuracies("finetune", logits, labels)


def keep_labels(config: FineTune, split: Split) -> Split:
    """Return a part with the same number of images of every class, to within one, and at least one."""
    amount = config.labels if isinstance(config.labels, int) else round(config.labels * len(split))
    amount = max(amount, len(split.labels.unique()))
    if amount > len(split):
        raise DataError(f"evaluate.labels is {amount:,}, but there are {len(split):,} labelled images; lower it")
    if amount == len(split):
        return split  # copies nothing
    return split[balanced_subset(split.labels, amount, generator(config.labels_seed, "fine-tuning labels"))]


def default_epochs(labels: int | float, images: int) -> int:
    """Return 60 for up to 1 % of the images, 30 for more."""
    share = labels / images if isinstance(labels, int) else labels
    return 60 if share <= FEW_LABELS else 30
