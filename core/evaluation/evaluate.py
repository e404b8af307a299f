"""Scoring a pretrained encoder by the protocol of a configuration."""

from collections.abc import Callable
from typing import Any

from core.config.evaluate import Classifier, EvaluateConfig, Frozen
from core.config.probes import Retrieval, Spectrum, TransformationProbe, Tsne
from core.data.dataset import Dataset
from core.evaluation.classifier import score_classifier
from core.evaluation.frozen import score_frozen
from core.evaluation.retrieval import score_retrieval
from core.evaluation.scores import Scores
from core.evaluation.spectrum import score_spectrum
from core.evaluation.transformation import score_transformation
from core.evaluation.tsne import score_tsne
from core.pretraining.pretrained import Pretrained

PROTOCOLS: dict[type[EvaluateConfig], Callable[[Any, Pretrained, Dataset], Scores]] = {
    Frozen: score_frozen,
    Classifier: score_classifier,
    TransformationProbe: score_transformation,
    Retrieval: score_retrieval,
    Spectrum: score_spectrum,
    Tsne: score_tsne,
}


def evaluate(config: EvaluateConfig, pretrained: Pretrained, data: Dataset) -> Scores:
    """Scores on ``data.test``, with the labels of ``data.train``. ``pretrained`` stays as it is.

    The metrics of each protocol are those that its function names.
    """
    return PROTOCOLS[type(config)](config, pretrained, data)
