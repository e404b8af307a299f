"""A data set in memory."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Split:
    """Images and what they show."""

    images: Tensor
    """uint8 (N, 3, S, S)"""
    labels: Tensor
    """int64 (N,); -1 where there is none"""

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: Tensor | slice) -> "Split":
        return Split(self.images[index], self.labels[index])

    def labelled(self) -> "Split":
        """Without the images that have no label."""
        has_label = self.labels >= 0
        return self if bool(has_label.all()) else self[has_label]


@dataclass(frozen=True)
class Dataset:
    """Training and test images of the same classes."""

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split
