"""Configurations: plain frozen values, importable without torch."""

from core.config.augment import (
    AugmentConfig,
    AutoAugment,
    CompositionAugment,
    CustomAugment,
    Operation,
    SimclrAugment,
)
from core.config.base import Config
from core.config.data import DataConfig
from core.config.evaluate import Classifier, EvaluateConfig, Frozen
from core.config.methods import ContrastiveLoss, CrossEntropy, LossConfig, Margin, MethodConfig, NtLogistic, NtXent
from core.config.model import EncoderConfig, HeadConfig
from core.config.optimize import AdamW, Lars, OptimizerConfig, ScheduleConfig, Sgd
from core.config.pictures import ColourHistograms, ExampleViews
from core.config.probes import Retrieval, Spectrum, TransformationProbe, Tsne
from core.config.train import PretrainConfig, TrainConfig
from core.config.tuning import FineTune, FineTuneTransfer, LinearSgd

__all__ = [
    "AdamW",
    "AugmentConfig",
    "AutoAugment",
    "Classifier",
    "ColourHistograms",
    "CompositionAugment",
    "Config",
    "ContrastiveLoss",
    "CrossEntropy",
    "CustomAugment",
    "DataConfig",
    "EncoderConfig",
    "EvaluateConfig",
    "ExampleViews",
    "FineTune",
    "FineTuneTransfer",
    "Frozen",
    "HeadConfig",
    "Lars",
    "LinearSgd",
    "LossConfig",
    "Margin",
    "MethodConfig",
    "NtLogistic",
    "NtXent",
    "Operation",
    "OptimizerConfig",
    "PretrainConfig",
    "Retrieval",
    "ScheduleConfig",
    "Sgd",
    "SimclrAugment",
    "Spectrum",
    "TrainConfig",
    "TransformationProbe",
    "Tsne",
]
