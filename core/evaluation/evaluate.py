"""Evaluation of a pretrained encoder by a protocol."""

from collections.abc import Collection

from core.config.protocols import PROTOCOLS, EvaluateConfig, Protocol
from core.config.protocols.base import Representation
from core.data.dataset import Dataset
from core.errors import DataError, check_type
from core.evaluation.scores import Scores
from core.trained.pretrained import Pretrained


def evaluate(
    config: EvaluateConfig, pretrained: Pretrained, data: Dataset, later: Collection[Representation] = ()
) -> Scores:
    """Score an encoder on ``data.test``, with the labels of ``data.train``. Its weights stay as they are.

    ``later`` are the representations of the evaluations that come next on the same data: a protocol that takes one pass
    over the images computes them in the same pass. No result depends on it.

    The metrics are those that ``measures`` of the protocol's configuration names. Raises ``DataError`` where images
    have several labels and the protocol needs one, ``TypeError`` where an argument is of a wrong type.
    """
    check_type(config, Protocol, "config")
    check_type(pretrained, Pretrained, "pretrained")
    check_type(data, Dataset, "data")
    if data.test.multi_label and not config.several_labels:
        raise DataError(f"an image of {data.name} has several labels, and protocol {config.protocol} needs one")
    if config.one_pass:
        pretrained.kept.expect(config.representation, later)
    scores: Scores = PROTOCOLS.code(config)(config, pretrained, data)
    return scores
