"""Scoring a pretrained encoder by the protocol of a configuration."""

from core.config.protocols import PROTOCOLS, EvaluateConfig, Protocol
from core.data.dataset import Dataset
from core.errors import DataError, check_type
from core.evaluation.scores import Scores
from core.trained.pretrained import Pretrained


def evaluate(config: EvaluateConfig, pretrained: Pretrained, data: Dataset) -> Scores:
    """Scores on ``data.test``, with the labels of ``data.train``. ``pretrained`` stays as it is.

    The metrics of each protocol are those that its configuration's ``measures`` names. Raises ``DataError`` where
    images have several labels and the protocol needs one.
    """
    check_type(config, Protocol, "config")
    check_type(pretrained, Pretrained, "pretrained")
    check_type(data, Dataset, "data")
    if data.test.multi_label and not config.several_labels:
        raise DataError(f"an image of {data.name} has several labels, and protocol {config.protocol} needs one")
    scores: Scores = PROTOCOLS.code(config)(config, pretrained, data)
    return scores
