"""The facts that a library gives of a model before it is built: its name, width, stages, and the sizes of views that it
takes."""

import difflib
from typing import Any

import torch
from torch import Tensor

from core.config.data import COLORS
from core.config.models.library import LibraryConfig, Timm
from core.encoder.libraries.model import patch_side, stage_indices
from core.encoder.libraries.network import on_meta, timm_card, timm_network

LISTED = {"timm": "timm.list_models()", "torchvision": "torchvision.models.list_models(torchvision.models)"}
"""Call that lists the names of a library's models."""


def facts(config: LibraryConfig) -> dict[str, Any]:
    """Return the values of ``core.config.models.facts.ModelFacts`` by name: width and stages of a model at its own
    size, read from it on the meta device, which computes nothing. Raises ValueError where there is no such model."""
    check_name(config)
    size = _own_size(config)
    network = on_meta(config, size)
    with torch.device("meta"):
        h = network(torch.empty(2, 3, size, size))
    if not isinstance(h, Tensor) or h.flatten(1).shape[0] != 2:
        raise ValueError(f"encoder.name {config.name} of {config.kind} returns no vector for an image; take another")
    return {"width": h.flatten(1).shape[1], "stages": len(stage_indices(network)) if config.kind == "timm" else 0}


def token_side(config: LibraryConfig) -> dict[str, Any]:
    """Return the side in pixels of the patches that a vision transformer has as tokens; 0 for every other model."""
    if not isinstance(config, Timm):
        return {"side": 0}
    from timm.models.vision_transformer import VisionTransformer

    network = on_meta(config, _own_size(config))
    return {"side": patch_side(network) if isinstance(network, VisionTransformer) else 0}


def check_sizes(config: LibraryConfig, image_size: int, side: int) -> dict[str, Any]:
    """Run a model that is built for ``image_size`` on views of ``side`` pixels, on the meta device. Raises ValueError
    where it cannot."""
    place = f"encoder.kind {config.kind}: {config.name} cannot take views of {side} pixels"
    built = "" if side == image_size else f" when it is built for {image_size}"
    try:
        network = on_meta(config, image_size)
        if side % (patch := patch_side(network)):
            raise ValueError(f"its patches have {patch} pixels a side, of which it is no multiple")
        with torch.device("meta"):
            h = network(torch.empty(2, 3, side, side))
    except Exception as error:  # an assertion, a RuntimeError or anything else, as each model has it
        raise ValueError(
            f"{place}{built} ({error}); take another data.image_size or encoder.patch_size, or another model"
        ) from error
    return {"width": h.flatten(1).shape[1]}


def check_channels(config: Timm, channels: int) -> dict[str, Any]:
    """Run a model that is built for ``channels`` channels, at its own size, on the meta device. Raises ValueError where
    it cannot."""
    size = _own_size(config)
    try:
        with torch.device("meta"):
            network = timm_network(config, size, channels=channels)
            h = network(torch.empty(2, channels, size, size))
    except Exception as error:  # as in ``check_sizes``
        raise ValueError(
            f"encoder.kind timm: {config.name} cannot take images of {channels} channels ({error}); take "
            f"data.channels: {COLORS}, or another model"
        ) from error
    return {"width": h.flatten(1).shape[1]}


def check_name(config: LibraryConfig) -> None:
    """Raise ValueError where the library has no model of that name."""
    known = _names(config.kind)
    if config.name in known:
        return
    name, dot, tag = config.name.partition(".")
    if dot and name in known:
        raise ValueError(f"encoder.name is {config.name}; write encoder.name {name} and encoder.weights timm:{tag}")
    close = difflib.get_close_matches(config.name, known, n=1)
    told = f"did you mean {close[0]!r}?" if close else f"{LISTED[config.kind]} has the names"
    raise ValueError(f"encoder.name: {config.kind} has no model {config.name!r}; {told}")


def _names(kind: str) -> list[str]:
    if kind == "timm":
        import timm

        return list(timm.list_models())
    from torchvision import models

    return list(models.list_models(models))


def _own_size(config: LibraryConfig) -> int:
    if not isinstance(config, Timm):
        return 224
    patch = config.patch_size or 1
    return int(timm_card(config.name).input_size[-1]) // patch * patch
