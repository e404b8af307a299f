"""Configurations of the methods: what the field ``loss`` may be."""

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
