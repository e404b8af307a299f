"""The facts about a library's model that a plan needs. The library is imported only for a model that was not looked at
before."""

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from core.config.registry import imported
from core.files import cache_dir, write_text

if TYPE_CHECKING:
    from core.config.models.library import LibraryConfig

EXTRAS = {"timm": "pip install 'simclr-ablations[timm]'", "torchvision": "pip install torchvision"}
"""Command that installs a library."""


@dataclass(frozen=True)
class ModelFacts:
    """A model without its classifier."""

    width: int
    """Width of h."""
    stages: int
    """Number of stages whose outputs can be scored."""


def facts_of(config: "LibraryConfig") -> ModelFacts:
    """Return the facts of a model. Raises ValueError where the library is not installed or has no such model."""
    if importlib.util.find_spec(config.kind) is None:
        raise ValueError(f"encoder.kind {config.kind} needs the package {config.kind}: {EXTRAS[config.kind]}")
    return ModelFacts(**_kept("core.encoder.libraries.facts:facts", config.same_form))


def check_sizes(config: "LibraryConfig", image_size: int, side: int) -> None:
    """Check that a model built for ``image_size`` takes views of ``side`` pixels. Raises ValueError where it does
    not."""
    if importlib.util.find_spec(config.kind) is not None:  # else the model's name has said so already
        _kept("core.encoder.libraries.facts:check_sizes", config.same_form, image_size, side)


def check_channels(config: "LibraryConfig", channels: int) -> None:
    """Check that a model takes images with so many channels. Raises ValueError where it does not."""
    if importlib.util.find_spec(config.kind) is not None:
        _kept("core.encoder.libraries.facts:check_channels", config.same_form, channels)


def token_side_of(config: "LibraryConfig") -> int:
    """Return the side in pixels of the patches that a model has as tokens; 0 where it has none."""
    return int(_kept("core.encoder.libraries.facts:token_side", config.same_form)["side"])


@lru_cache(maxsize=1024)
def _kept(code: str, config: "LibraryConfig", *sizes: int) -> dict[str, Any]:
    """Return what the code says about a model: from the user's cache folder where it is known. Errors are not kept."""
    told = f"{code}/{config.model_dump_json()}/{sizes}/{version(config.kind)}"
    path = cache_dir() / "encoders" / f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.facts.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = imported(code)(config, *sizes)
        write_text(path, json.dumps(found))
    return found
