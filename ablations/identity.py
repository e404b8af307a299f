"""What makes a trial the same trial: a hash of its whole configuration."""

import hashlib
import json

from core.config import Config, PretrainConfig, TrainConfig

SCHEMA = 1
"""Raised when a configuration's fields change their meaning or number."""


def pretrain_id(config: PretrainConfig) -> str:
    """16 hex digits: equal for equal encoders."""
    return _digest("pretrain", config)


def trial_id(config: TrainConfig) -> str:
    """16 hex digits: equal for equal encoders that are scored alike."""
    return _digest("trial", config)


def canonical(config: Config) -> str:
    """The configuration as JSON in its one form.

    What is None is left out: an optional field that a later version adds changes no id.
    """
    values = config.model_dump(mode="json", exclude_none=True)
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _digest(kind: str, config: Config) -> str:
    return hashlib.sha256(f"{kind}/{SCHEMA}/{canonical(config)}".encode()).hexdigest()[:16]
