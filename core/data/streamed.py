"""Images that are decoded whenever they are asked for, since there are more than fit in memory."""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.data.decode import decode_all


@dataclass(frozen=True)
class StreamedImages:
    """Files that index as a tensor uint8 (N, 3, size, size) of their images does.

    ``core.data.ahead`` decodes many of them faster.
    """

    paths: tuple[str, ...]
    size: int

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: Tensor | slice) -> Tensor:
        """The images at index, decoded. Raises ``DataError`` with the path of a file that does not decode."""
        return decode_all(self.part(index).paths, self.size)

    def part(self, index: Tensor | slice) -> "StreamedImages":
        """The images at index, numbers or a mask, not decoded."""
        numbers = torch.arange(len(self))[index].tolist()
        return StreamedImages(tuple(self.paths[number] for number in numbers), self.size)
