"""Score of the classifier that a supervised training learned with its encoder."""

from torch import nn

from core.config.protocols.supervised import Classifier
from core.data.dataset import Dataset
from core.errors import DataError
from core.evaluation.scores import Scores, accuracies
from core.trained.features import encode
from core.trained.pretrained import Pretrained


def score_classifier(config: Classifier, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return ``classifier/top1`` and ``classifier/top5``, percent of ``data.test``, unaugmented.

    Raises ``DataError`` where the data has another number of classes than was learned.
    """
    if len(data.classes) != pretrained.classes:
        raise DataError(
            f"the classifier was trained on {pretrained.classes} classes, and {data.name} has {len(data.classes)}"
        )
    model = nn.Sequential(pretrained.encoder, pretrained.head)
    logits, labels = encode(model, pretrained, data.test, config.test_crop)
    return accuracies("classifier", logits, labels)
