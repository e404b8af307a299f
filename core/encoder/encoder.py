"""Base class of the encoders f: everything that the rest of the program asks of one."""

from collections import deque
from collections.abc import Iterable, Iterator

from torch import Tensor, nn


class Encoder(nn.Module):
    """Maps views (B, C, S, S) in [0, 1] to representations h (B, width).

    A subclass sets ``width`` and defines ``maps``. A subclass without maps defines ``forward`` instead; it then serves
    every method and protocol except those that need a map or a stage.
    """

    stage_names: tuple[str, ...] = ()
    """Names of the maps that ``maps`` returns, from the input to the output."""

    width: int
    """Width of h."""
    recompute: bool = False
    """Whether the backward pass recomputes activations instead of keeping them. An encoder that cannot do that ignores
    it."""

    def maps(self, views: Tensor) -> Iterator[Tensor]:
        """Yield the outputs (B, C, H, W) of the stages. Raises ``TypeError`` where there are none."""
        raise TypeError(f"{type(self).__name__} has no maps, only h")

    def tokens(self, views: Tensor, visible: int) -> Tensor:
        """Return the tokens (B, P + visible, width) of views (B, C + 1, S, S), whose last channel is 1 in the patches
        that are left out, all but ``visible`` of each view. The first P are of no patch, such as the class token.
        Raises ``TypeError`` where there are no tokens."""
        raise TypeError(f"{type(self).__name__} has no tokens of patches, only h")

    def map(self, views: Tensor) -> Tensor:
        """Return the last map (B, width, H, W), before it is pooled."""
        return deque(self.maps(views), maxlen=1).pop()  # keeps no earlier map

    def stages(self, views: Tensor) -> dict[str, Tensor]:
        """Return the pooled output (B, C) of every stage by name."""
        return {name: pool(each) for name, each in zip(self.stage_names, self.maps(views), strict=True)}

    @property
    def named_as_elsewhere(self) -> nn.Module:
        """Module whose parameters have the names that files of weights have."""
        return self

    def vectors(self) -> Iterable[nn.Parameter]:
        """Return the parameters that have no weight decay and no adaptation by LARS although they have more than one
        dimension, such as tokens."""
        return ()

    def unlike_torchvision(self) -> list[str]:
        """Return the reasons why its weights are not those of torchvision's model of the same name; empty where they
        are."""
        return [f"the form of {type(self).__name__}"]

    def forward(self, views: Tensor) -> Tensor:
        return pool(self.map(views))


def pool(values: Tensor) -> Tensor:
    """Return the mean over all places: (B, C) for maps (B, C, H, W)."""
    return values.mean(dim=(2, 3))
