"""Encoders that wrap a model of timm or torchvision."""

from collections.abc import Collection, Iterable, Iterator

import torch
from torch import Tensor, nn

from core.config.models.library import STAGES
from core.encoder.encoder import Encoder
from core.encoder.layers.convolution import make_safe
from core.encoder.patch_tokens import marks, visible_places

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
        places = visible_places(marks(views, patch_side(self.network)), visible)
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


def patch_side(network: nn.Module) -> int:
    """Return the side of a model's patches in pixels, 1 for a model without patches."""
    found = getattr(getattr(network, "patch_embed", network), "patch_size", 1)
    return int(found[0] if isinstance(found, tuple | list) else found)
