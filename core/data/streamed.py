"""Images that are decoded when they are needed, since they do not fit in memory."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from core.config.data import COLORS
from core.data.decode import decode_all


@dataclass(frozen=True)
class StreamedImages:
    """Files that are indexed like a tensor uint8 (N, channels, size, size) of their images.

    ``core.data.ahead`` decodes many of them faster, and in their own shapes where ``longest`` is given.
    """

    paths: tuple[str, ...]
    size: int
    longest: int | None = None
    """Longer side at most, in pixels, of images that keep their shape; None: images are squares."""
    channels: int = COLORS

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: Tensor | slice) -> Tensor:
        """Decode the images at ``index`` as squares. Raises ``DataError`` with the path of a file that does not
        decode."""
        return decode_all(self.part(index).paths, self.size, self.channels)

    def part(self, index: Tensor | slice) -> "StreamedImages":
        """Return the files at ``index``, numbers or a mask, without decoding them."""
        numbers = torch.arange(len(self))[index].tolist()
        return replace(self, paths=tuple(self.paths[number] for number in numbers))
