"""Scoring a pretrained encoder by the protocol of a configuration."""

from collections.abc import Callable
from typing import Any

from core.config.evaluate import Classifier, EvaluateConfig, Frozen
from core.data.dataset import Dataset
from core.evaluation.classifier import score_classifier
from core.evaluation.frozen import score_frozen
from core.evaluation.scores import Scores
from core.pretraining.pretrained import Pretrained

PROTOCOLS: dict[type[EvaluateConfig], Callable[[Any, Pretrained, Dataset], Scores]] = {
    Frozen: score_frozen,
    Classifier: score_classifier,
}


def evaluate(config: EvaluateConfig, pretrained: Pretrained, data: Dataset) -> Scores:
    """Scores on ``data.test``, with the labels of ``data.train``. ``pretrained`` stays as it is.

    The metrics of each protocol are those that its function names.
    """
    return PROTOCOLS[type(config)](config, pretrained, data)
