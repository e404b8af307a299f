"""Scoring a pretrained encoder by the protocol of a configuration."""

from collections.abc import Callable
from typing import Any

from core.config.evaluate import Classifier, EvaluateConfig, Frozen
from core.data.dataset import Dataset
from core.errors import DataError
from core.evaluation.classifier import score_classifier
from core.evaluation.frozen import score_frozen
from core.evaluation.scores import Scores
from core.pretraining.pretrained import Pretrained

PROTOCOLS: dict[type[EvaluateConfig], Callable[[Any, Pretrained, Dataset], Scores]] = {
    Frozen: score_frozen,
    Classifier: score_classifier,
}

MULTI_LABEL = (Frozen,)
"""Protocols for images with several labels, or that need none."""


def evaluate(config: EvaluateConfig, pretrained: Pretrained, data: Dataset) -> Scores:
    """Scores on ``data.test``, with the labels of ``data.train``. ``pretrained`` stays as it is.

    The metrics of each protocol are those that its function names. Raises ``DataError`` where images have several
    labels and the protocol is not in ``MULTI_LABEL``.
    """
    if data.test.multi_label and not isinstance(config, MULTI_LABEL):
        raise DataError(f"an image of {data.name} has several labels, and protocol {config.protocol} needs one")
    return PROTOCOLS[type(config)](config, pretrained, data)
