"""Models of timm and torchvision as encoders: without their classifier, and without anything that draws at random.

Training draws from no running generator (see ``core.randomness``), so that a resumed training is the same; dropout and
stochastic depth would. timm is imported only here, and only when one of its models is built.
"""

import difflib
import inspect
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from core.config.data import COLORS
from core.config.models.library import STAGES, LibraryConfig, Timm, Torchvision
from core.config.models.normalization import Moments
from core.encoder.convolution import make_safe
from core.encoder.encoder import Encoder
from core.encoder.normalize import build_normalize
from core.encoder.patch_tokens import marks, visible_places

SIZE_OPTIONS = {"vit_": "image_size", "maxvit_": "input_size"}
"""Option of torchvision's models of fixed size that says for which size they are built, by the start of their names."""
RANDOM_SHARES = ("p", "drop_prob")
"""Attributes of dropout and stochastic depth that are the share of what is dropped."""


class LibraryModel(Encoder):
    """A library's model as it is. Parameter names behind ``network.`` are the library's."""

    def __init__(self, network: nn.Module, width: int, normalize: nn.Module) -> None:
        super().__init__()
        self.network, self.width, self.normalize = network, width, normalize
        for module in network.modules():
            never_random(module)
            make_safe(module)

    @property
    def named_as_elsewhere(self) -> nn.Module:
        return self.network

    def vectors(self) -> Iterable[nn.Parameter]:
        """Return tokens, embeddings of positions and scales, which are no matrices whatever their shape: parameters
        that are not called a weight, and those that timm says have no weight decay."""
        listed: Collection[str] = getattr(self.network, "no_weight_decay", tuple)()
        for name, parameter in self.network.named_parameters():
            if name in listed or not name.endswith("weight"):
                yield parameter

    def forward(self, views: Tensor) -> Tensor:
        h: Tensor = self.network(self.normalize(views))
        return h.flatten(1)


class TimmModel(LibraryModel):
    """A model of timm, with the outputs of its stages."""

    def __init__(self, network: nn.Module, width: int, normalize: nn.Module) -> None:
        super().__init__(network, width, normalize)
        self.indices = stage_indices(network)
        self.stage_names = STAGES[: len(self.indices)]

    def maps(self, views: Tensor) -> Iterator[Tensor]:
        if not self.indices:
            raise TypeError(f"timm's {type(self.network).__name__} has no stages, only h; score h, or take a ResNet")
        options = {"indices": self.indices, "intermediates_only": True, "output_fmt": "NCHW"}
        yield from self.network.forward_intermediates(self.normalize(views), **options)  # type: ignore[operator]

    def tokens(self, views: Tensor, visible: int) -> Tensor:
        """Run a vision transformer on the visible patches: the others are dropped once they have their positions."""
        places = visible_places(marks(views, _patch_side(self.network)), visible)
        first: int = getattr(self.network, "num_prefix_tokens", 0)

        def drop(module: nn.Module, inputs: tuple[Tensor]) -> Tensor:
            (x,) = inputs
            rows = torch.cat([torch.arange(first, device=x.device).expand(len(x), -1), places + first], dim=1)
            return x.gather(1, rows[..., None].expand(-1, -1, x.shape[2]))

        hook = self.network.norm_pre.register_forward_pre_hook(drop)  # type: ignore[union-attr]
        try:
            found: Tensor = self.network.forward_features(self.normalize(views[:, :-1]))  # type: ignore[operator]
        finally:
            hook.remove()
        return found


class TorchvisionModel(LibraryModel):
    """A model of torchvision."""

    def unlike_torchvision(self) -> list[str]:
        return []


def build_timm(config: Timm, image_size: int, channels: int = COLORS) -> TimmModel:
    """Build a model of timm for views (B, channels, image_size, image_size), initialised from torch's global
    generator."""
    network = _timm(config, image_size, channels=channels)
    return TimmModel(network, config.output, _normalize(config, channels))


def build_torchvision(config: Torchvision, image_size: int) -> TorchvisionModel:
    """Build a model of torchvision for views of ``image_size`` pixels, initialised from torch's global generator."""
    return TorchvisionModel(_torchvision(config, image_size), config.output, _normalize(config))


def facts(config: LibraryConfig) -> dict[str, Any]:
    """Return the values of ``core.config.models.facts.ModelFacts`` by name: width and stages of a model at its own
    size, read from it on the meta device, which computes nothing. Raises ValueError where there is no such model."""
    check_name(config)
    size = _own_size(config)
    network = _on_meta(config, size)
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

    network = _on_meta(config, _own_size(config))
    return {"side": _patch_side(network) if isinstance(network, VisionTransformer) else 0}


def check_sizes(config: LibraryConfig, image_size: int, side: int) -> dict[str, Any]:
    """Run a model that is built for ``image_size`` on views of ``side`` pixels, on the meta device. Raises ValueError
    where it cannot."""
    place = f"encoder.kind {config.kind}: {config.name} cannot take views of {side} pixels"
    built = "" if side == image_size else f" when it is built for {image_size}"
    try:
        network = _on_meta(config, image_size)
        if side % (patch := _patch_side(network)):
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
            network = _timm(config, size, channels=channels)
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
    told = f"did you mean {close[0]!r}?" if close else f"{_LISTED[config.kind]} has the names"
    raise ValueError(f"encoder.name: {config.kind} has no model {config.name!r}; {told}")


_LISTED = {"timm": "timm.list_models()", "torchvision": "torchvision.models.list_models(torchvision.models)"}


def stage_indices(network: nn.Module) -> list[int]:
    """Return which of a timm model's feature maps are its stages: its last four, or for equal blocks such as a ViT's
    those at each quarter of its depth. Empty where it has no feature maps."""
    found = getattr(network, "feature_info", None)
    if not found or not hasattr(network, "forward_intermediates"):
        return []
    sides = [each["reduction"] for each in found]
    count, wanted = len(sides), min(len(sides), len(STAGES))
    if len(set(sides)) > 1:
        return list(range(count - wanted, count))
    return [(count * quarter) // wanted - 1 for quarter in range(1, wanted + 1)]


def never_random(module: nn.Module) -> None:
    """Make dropout and stochastic depth drop nothing."""
    if "Drop" in type(module).__name__ or type(module).__name__ == "StochasticDepth":
        for name in RANDOM_SHARES:
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)


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
    return int(_timm_card(config.name).input_size[-1]) // patch * patch


def _timm_card(name: str) -> Any:
    """Return what timm knows of a model without building it: sizes, and how its views are normalised."""
    import timm

    return timm.get_pretrained_cfg(name)


def _on_meta(config: LibraryConfig, image_size: int) -> nn.Module:
    with torch.device("meta"):
        return _timm(config, image_size) if isinstance(config, Timm) else _torchvision(config, image_size)


def pretrained_by_timm(config: Timm, tag: str, image_size: int) -> nn.Module:
    """Download a model of timm, its positions and patches resampled for views of ``image_size`` pixels."""
    return _timm(config, image_size, tag)


def timm_options(config: Timm, image_size: int, channels: int = COLORS) -> dict[str, Any]:
    """Return the options of ``timm.create_model`` for a model that takes views (B, channels, image_size,
    image_size)."""
    options = _patches(config) | ({"in_chans": channels} if channels != COLORS else {})
    if _timm_card(config.name).fixed_input_size:
        options["img_size"] = image_size
        if _takes_other_sizes(config.same_form, image_size):
            options["dynamic_img_size"] = True
    return options


def torchvision_options(name: str, image_size: int) -> dict[str, Any]:
    """Return the options of ``torchvision.models.get_model`` for a model that takes views of ``image_size`` pixels."""
    size = next((option for start, option in SIZE_OPTIONS.items() if name.startswith(start)), None)
    sides = {"image_size": image_size, "input_size": (image_size, image_size)}
    options: dict[str, Any] = {size: sides[size]} if size else {}
    if name in ("googlenet", "inception_v3"):
        options |= {"aux_logits": False, "init_weights": True}
    return options


def _timm(config: Timm, image_size: int, tag: str = "", channels: int = COLORS) -> nn.Module:
    return _created(config, timm_options(config, image_size, channels), tag)


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


def _torchvision(config: LibraryConfig, image_size: int) -> nn.Module:
    from torchvision import models

    options = torchvision_options(config.name, image_size)
    network: nn.Module = models.get_model(config.name, weights=None, **options)
    return without_classifier(network, config.name)


def without_classifier(network: nn.Module, name: str) -> nn.Module:
    """Replace the last layer of a torchvision model by none. Raises ValueError where it is not linear."""
    last = [place for place, module in network.named_modules() if not list(module.children())]
    linear = [place for place in last if isinstance(network.get_submodule(place), nn.Linear)]
    if not linear or not linear[-1].startswith(("fc", "classifier", "head")):
        raise ValueError(f"encoder.name {name} of torchvision does not end with a linear classifier; take another")
    parent, _, child = linear[-1].rpartition(".")
    setattr(network.get_submodule(parent), child, nn.Identity())
    return network


def _patch_side(network: nn.Module) -> int:
    """Return the side of a model's patches in pixels, 1 for a model without patches."""
    found = getattr(getattr(network, "patch_embed", network), "patch_size", 1)
    return int(found[0] if isinstance(found, tuple | list) else found)


def _normalize(config: LibraryConfig, channels: int = COLORS) -> nn.Module:
    """Build what normalises the views: as the tag of the weights asks, or as the configuration says."""
    asked = _moments_of(config, config.tag) if config.normalize == "auto" and config.tag else config.moments
    return build_normalize(asked, channels)


def _moments_of(config: LibraryConfig, tag: str) -> Moments:
    if isinstance(config, Timm):
        card = _timm_card(f"{config.name}.{tag}")
        return tuple(card.mean), tuple(card.std)
    from torchvision import models

    shown = models.get_model_weights(config.name)[tag].transforms()
    return tuple(shown.mean), tuple(shown.std)
