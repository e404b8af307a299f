"""Configurations of the protocols: how an encoder is scored. A new file in this folder needs no mention here."""

from core.config.discovery import import_all

# In the order of registration, which is that of the reference.
# isort: off
from core.config.protocols.base import PROTOCOLS, EvaluateConfig, Protocol
from core.config.protocols.frozen import Frozen
from core.config.protocols.tuning import FineTune, FineTuneTransfer, LinearSgd
from core.config.protocols.distill import Distill, Student
from core.config.protocols.supervised import Classifier
from core.config.protocols.probes import Retrieval, Spectrum, TransformationProbe, Tsne
from core.config.protocols.pictures import ColourHistograms, ExampleViews
# isort: on

__all__ = [
    "PROTOCOLS",
    "Classifier",
    "ColourHistograms",
    "Distill",
    "EvaluateConfig",
    "ExampleViews",
    "FineTune",
    "FineTuneTransfer",
    "Frozen",
    "LinearSgd",
    "Protocol",
    "Retrieval",
    "Spectrum",
    "Student",
    "TransformationProbe",
    "Tsne",
]

import_all(__name__, __path__)
