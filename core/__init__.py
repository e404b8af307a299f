"""Pretraining of one encoder, and its evaluation.

    from core import Frozen, PretrainConfig, evaluate, load_data, pretrain

Paths may be text, ``pathlib.Path`` or objects of S3 and Google Cloud Storage, devices text or ``torch.device``.
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
    ResNet,
    TrainConfig,
)
from core.errors import Collapsed, DataError, Diverged, ProcessLost
from core.history import Epoch

if TYPE_CHECKING:
    from core.data.dataset import Dataset, Split
    from core.data.load import load_data
    from core.encoder.encoder import Encoder
    from core.encoder.fingerprint import encoder_hash
    from core.evaluation.evaluate import evaluate
    from core.evaluation.scores import Scores
    from core.methods.method import Method
    from core.pretraining.loop import pretrain
    from core.trained.export import export_encoder, load_encoder, torchvision_weights
    from core.trained.pretrained import Pretrained, load_pretrained

__all__ = [
    "Collapsed",
    "DataConfig",
    "DataError",
    "Dataset",
    "Diverged",
    "Encoder",
    "EncoderConfig",
    "Epoch",
    "EvaluateConfig",
    "Frozen",
    "HeadConfig",
    "LossConfig",
    "Method",
    "PretrainConfig",
    "Pretrained",
    "ProcessLost",
    "ResNet",
    "Scores",
    "Split",
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

_PLACES = {
    "Dataset": "core.data.dataset",
    "Encoder": "core.encoder.encoder",
    "Method": "core.methods.method",
    "Pretrained": "core.trained.pretrained",
    "Scores": "core.evaluation.scores",
    "Split": "core.data.dataset",
    "encoder_hash": "core.encoder.fingerprint",
    "evaluate": "core.evaluation.evaluate",
    "export_encoder": "core.trained.export",
    "load_data": "core.data.load",
    "load_encoder": "core.trained.export",
    "load_pretrained": "core.trained.pretrained",
    "pretrain": "core.pretraining.loop",
    "torchvision_weights": "core.trained.export",
}
"""Modules of the public names that need torch, which is imported when one of them is first asked for."""


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'core' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
