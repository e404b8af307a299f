"""How a pretrained encoder is scored: one configuration for each protocol."""

# isort: off  (the reference lists protocols in the order in which they are registered)
from core.config.protocols.base import PROTOCOLS, EvaluateConfig, Protocol
from core.config.protocols.frozen import Frozen
from core.config.protocols.pictures import ColourHistograms, ExampleViews
from core.config.protocols.probes import Retrieval, Spectrum, TransformationProbe, Tsne
from core.config.protocols.supervised import Classifier
from core.config.protocols.tuning import FineTune, FineTuneTransfer, LinearSgd

# isort: on

__all__ = [
    "PROTOCOLS",
    "Classifier",
    "ColourHistograms",
    "EvaluateConfig",
    "ExampleViews",
    "FineTune",
    "FineTuneTransfer",
    "Frozen",
    "LinearSgd",
    "Protocol",
    "Retrieval",
    "Spectrum",
    "TransformationProbe",
    "Tsne",
]
