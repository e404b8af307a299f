"""Scoring a pretrained encoder by the protocol of a configuration."""

from collections.abc import Callable
from typing import Any

from core.config.evaluate import Classifier, EvaluateConfig, Frozen
from core.config.pictures import ColourHistograms, ExampleViews
from core.config.probes import Retrieval, Spectrum, TransformationProbe, Tsne
from core.config.tuning import FineTune, FineTuneTransfer, LinearSgd
from core.data.dataset import Dataset
from core.errors import DataError
from core.evaluation.classifier import score_classifier
from core.evaluation.colour_histograms import score_colour_histograms
from core.evaluation.example_views import score_example_views
from core.evaluation.finetune import score_finetune
from core.evaluation.finetune_transfer import score_finetune_transfer
from core.evaluation.frozen import score_frozen
from core.evaluation.linear_sgd import score_linear_sgd
from core.evaluation.retrieval import score_retrieval
from core.evaluation.scores import Scores
from core.evaluation.spectrum import score_spectrum
from core.evaluation.transformation import score_transformation
from core.evaluation.tsne import score_tsne
from core.trained.pretrained import Pretrained

PROTOCOLS: dict[type[EvaluateConfig], Callable[[Any, Pretrained, Dataset], Scores]] = {
    Frozen: score_frozen,
    LinearSgd: score_linear_sgd,
    FineTune: score_finetune,
    FineTuneTransfer: score_finetune_transfer,
    Classifier: score_classifier,
    TransformationProbe: score_transformation,
    Retrieval: score_retrieval,
    Spectrum: score_spectrum,
    Tsne: score_tsne,
    ExampleViews: score_example_views,
    ColourHistograms: score_colour_histograms,
}

MULTI_LABEL = (Frozen, FineTuneTransfer, TransformationProbe, Spectrum, ExampleViews, ColourHistograms)
"""Protocols for images with several labels, or that need none."""


def evaluate(config: EvaluateConfig, pretrained: Pretrained, data: Dataset) -> Scores:
    """Scores on ``data.test``, with the labels of ``data.train``. ``pretrained`` stays as it is.

    The metrics of each protocol are those that its function names. Raises ``DataError`` where images have several
    labels and the protocol is not in ``MULTI_LABEL``.
    """
    if data.test.multi_label and not isinstance(config, MULTI_LABEL):
        raise DataError(f"an image of {data.name} has several labels, and protocol {config.protocol} needs one")
    return PROTOCOLS[type(config)](config, pretrained, data)
