"""Configurations of the methods: what the field ``loss`` may be. A new file in this folder needs no mention here."""

from core.config.discovery import import_all
from core.config.methods.base import METHODS, LossConfig, MethodConfig, Pass
from core.config.methods.contrastive import LOSSES, ContrastiveLoss, Margin, NtLogistic, NtXent
from core.config.methods.supervised import CrossEntropy

__all__ = [
    "LOSSES",
    "METHODS",
    "ContrastiveLoss",
    "CrossEntropy",
    "LossConfig",
    "Margin",
    "MethodConfig",
    "NtLogistic",
    "NtXent",
    "Pass",
]

import_all(__name__, __path__)
