"""Contrastive pretraining of one encoder, and its evaluation.

    from core import Frozen, PretrainConfig, evaluate, load_data, pretrain

Configurations import without torch; everything else brings it in when it is first named.
"""

import importlib
from typing import TYPE_CHECKING, Any

from core.config import (
    DataConfig,
    EncoderConfig,
    EvaluateConfig,
    Frozen,
    HeadConfig,
    LossConfig,
    PretrainConfig,
    TrainConfig,
)
from core.errors import DataError, Diverged, ProcessLost

if TYPE_CHECKING:
    from core.data.load import load_data
    from core.encoder.fingerprint import encoder_hash
    from core.evaluation.evaluate import evaluate
    from core.evaluation.scores import Scores
    from core.pretraining.loop import pretrain
    from core.trained.export import export_encoder, load_encoder, torchvision_weights
    from core.trained.pretrained import Pretrained, load_pretrained

__all__ = [
    "DataConfig",
    "DataError",
    "Diverged",
    "EncoderConfig",
    "EvaluateConfig",
    "Frozen",
    "HeadConfig",
    "LossConfig",
    "PretrainConfig",
    "Pretrained",
    "ProcessLost",
    "Scores",
    "TrainConfig",
    "encoder_hash",
    "evaluate",
    "export_encoder",
    "load_data",
    "load_encoder",
    "load_pretrained",
    "pretrain",
    "torchvision_weights",
]

_HOMES = {
    "Pretrained": "core.trained.pretrained",
    "Scores": "core.evaluation.scores",
    "encoder_hash": "core.encoder.fingerprint",
    "evaluate": "core.evaluation.evaluate",
    "export_encoder": "core.trained.export",
    "load_data": "core.data.load",
    "load_encoder": "core.trained.export",
    "load_pretrained": "core.trained.pretrained",
    "pretrain": "core.pretraining.loop",
    "torchvision_weights": "core.trained.export",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'core' has no attribute {name!r}")
