"""Networks of timm and torchvision, as the libraries build them, without their classifier."""

import inspect
from functools import lru_cache
from typing import Any

import torch
from torch import nn

from core.config.data import COLORS
from core.config.models.library import LibraryConfig, Timm

SIZE_OPTIONS = {"vit_": "image_size", "maxvit_": "input_size"}
"""Option of torchvision's models of fixed size that says for which size they are built, by the start of their names."""


def on_meta(config: LibraryConfig, image_size: int) -> nn.Module:
    """Build a model for views of ``image_size`` pixels on the meta device, which computes and stores nothing."""
    with torch.device("meta"):
        return timm_network(config, image_size) if isinstance(config, Timm) else torchvision_network(config, image_size)


def timm_network(config: Timm, image_size: int, tag: str = "", channels: int = COLORS) -> nn.Module:
    """Build a model of timm for views (B, channels, image_size, image_size). If there is a tag, its weights are
    downloaded, and positions and patches are resampled for that size."""
    return _created(config, timm_options(config, image_size, channels), tag)


def timm_options(config: Timm, image_size: int, channels: int = COLORS) -> dict[str, Any]:
    """Return the options of ``timm.create_model`` for a model that takes views (B, channels, image_size,
    image_size)."""
    options = _patches(config) | ({"in_chans": channels} if channels != COLORS else {})
    if timm_card(config.name).fixed_input_size:
        options["img_size"] = image_size
        if _takes_other_sizes(config.same_form, image_size):
            options["dynamic_img_size"] = True
    return options


def timm_card(name: str) -> Any:
    """Return what timm knows of a model without building it: sizes, and how its views are normalised."""
    import timm

    return timm.get_pretrained_cfg(name)


def _patches(config: Timm) -> dict[str, Any]:
    return {"patch_size": config.patch_size} if config.patch_size else {}


@lru_cache(maxsize=1024)
def _takes_other_sizes(config: Timm, image_size: int) -> bool:
    """Whether a model of fixed size can be built so that it takes smaller crops too."""
    with torch.device("meta"):
        network = _created(config, _patches(config) | {"img_size": image_size})
    return "dynamic_img_size" in inspect.signature(type(network)).parameters


def _created(config: Timm, options: dict[str, Any], tag: str = "") -> nn.Module:
    import timm

    try:
        name = f"{config.name}.{tag}" if tag else config.name
        network: nn.Module = timm.create_model(name, pretrained=bool(tag), num_classes=0, **options)
    except TypeError as error:
        if not config.patch_size:
            raise
        raise ValueError(f"encoder.patch_size: {config.name} has no patches of a given size ({error})") from error
    return network


def torchvision_network(config: LibraryConfig, image_size: int) -> nn.Module:
    """Build a model of torchvision for views of ``image_size`` pixels."""
    from torchvision import models

    options = torchvision_options(config.name, image_size)
    network: nn.Module = models.get_model(config.name, weights=None, **options)
    return without_classifier(network, config.name)


def torchvision_options(name: str, image_size: int) -> dict[str, Any]:
    """Return the options of ``torchvision.models.get_model`` for a model that takes views of ``image_size`` pixels."""
    size = next((option for start, option in SIZE_OPTIONS.items() if name.startswith(start)), None)
    sides = {"image_size": image_size, "input_size": (image_size, image_size)}
    options: dict[str, Any] = {size: sides[size]} if size else {}
    if name in ("googlenet", "inception_v3"):
        options |= {"aux_logits": False, "init_weights": True}
    return options


def without_classifier(network: nn.Module, name: str) -> nn.Module:
    """Replace the last layer of a torchvision model by none. Raises ValueError where it is not linear."""
    last = [place for place, module in network.named_modules() if not list(module.children())]
    linear = [place for place in last if isinstance(network.get_submodule(place), nn.Linear)]
    if not linear or not linear[-1].startswith(("fc", "classifier", "head")):
        raise ValueError(f"encoder.name {name} of torchvision does not end with a linear classifier; take another")
    parent, _, child = linear[-1].rpartition(".")
    setattr(network.get_submodule(parent), child, nn.Identity())
    return network
