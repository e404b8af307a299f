"""Evaluation of a pretrained encoder by a protocol."""

from core.config.protocols import PROTOCOLS, EvaluateConfig, Protocol
from core.data.dataset import Dataset
from core.errors import DataError, check_type
from core.evaluation.scores import Scores
from core.trained.pretrained import Pretrained


def evaluate(config: EvaluateConfig, pretrained: Pretrained, data: Dataset) -> Scores:
    """Score an encoder on ``data.test``, with the labels of ``data.train``. ``pretrained`` stays as it is.

    The metrics are those that ``measures`` of the protocol's configuration names. Raises ``DataError`` where images
    have several labels and the protocol needs one, ``TypeError`` where an argument is of a wrong type.
    """
    check_type(config, Protocol, "config")
    check_type(pretrained, Pretrained, "pretrained")
    check_type(data, Dataset, "data")
    if data.test.multi_label and not config.several_labels:
        raise DataError(f"an image of {data.name} has several labels, and protocol {config.protocol} needs one")
    scores: Scores = PROTOCOLS.code(config)(config, pretrained, data)
    return scores
