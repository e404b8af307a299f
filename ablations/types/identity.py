"""The id of a trial: a hash of its whole configuration."""

import hashlib
import json
import re
from typing import Any

from core.config import Config, PretrainConfig, TrainConfig

SCHEMA = 1
"""Version of the configuration. It is raised if a field changes its meaning; see ``store.upkeep.migration``."""

_ID = re.compile("[0-9a-f]{16}")


def pretrain_id(config: PretrainConfig) -> str:
    """16 hex digits, equal for equal encoders."""
    return digest("pretrain", SCHEMA, config.model_dump(mode="json"))


def trial_id(config: TrainConfig) -> str:
    """16 hex digits, equal for equal encoders that are scored alike."""
    return digest("trial", SCHEMA, config.model_dump(mode="json"))


def canonical(config: Config) -> str:
    """The configuration as JSON in its one form."""
    return _canonical(config.model_dump(mode="json"))


def digest(kind: str, schema: int, values: dict[str, Any]) -> str:
    """The id of a configuration in plain values, in a schema of any version."""
    return hashlib.sha256(f"{kind}/{schema}/{_canonical(values)}".encode()).hexdigest()[:16]


def is_id(value: Any) -> bool:
    """Whether a value has the form of an id. A value from a file is checked so before it becomes part of a path."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def schema_of(trial: str, encoder: str | None, config: dict[str, Any]) -> int | None:
    """The schema in which both ids belong to the trial's configuration; None if they fit no known schema."""
    for schema in range(SCHEMA, 0, -1):
        ids = digest("trial", schema, config), digest("pretrain", schema, config.get("pretrain", {}))
        if ids == (trial, encoder):
            return schema
    return None


def _canonical(values: dict[str, Any]) -> str:
    return json.dumps(without_none(values), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def without_none(values: Any) -> Any:
    """The values without None, so that an optional field that a later version adds changes no id."""
    if isinstance(values, dict):
        return {name: without_none(value) for name, value in values.items() if value is not None}
    return [without_none(value) for value in values] if isinstance(values, list) else values
