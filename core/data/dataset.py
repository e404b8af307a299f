"""A data set: images that are in memory, or are decoded while they are used."""

from dataclasses import dataclass, field, replace

from torch import Tensor

from core.config.metrics import Metric
from core.data.streamed import StreamedImages


@dataclass(frozen=True)
class Split:
    """Images and what they show."""

    images: Tensor | StreamedImages
    """uint8 (N, 3, S, S), or what indexes as that does"""
    labels: Tensor
    """int64 (N,); -1 where there is none. Where images have several, (N, classes): 1 for a class that is there, 0 for
    one that is not, -1 where that is left open."""
    view_size: int | None = None
    """Side in pixels of the views that are made of the images; None: S"""

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: Tensor | slice) -> "Split":
        """A part of the split; what is streamed stays so."""
        images = self.images[index] if isinstance(self.images, Tensor) else self.images.part(index)
        return replace(self, images=images, labels=self.labels[index])

    @property
    def multi_label(self) -> bool:
        """Whether an image can be of several classes."""
        return self.labels.ndim == 2

    def labelled(self) -> "Split":
        """Without the images that have no label."""
        known = self.labels >= 0
        has_label = known.any(dim=1) if self.multi_label else known
        return self if bool(has_label.all()) else self[has_label]


@dataclass(frozen=True)
class Batch(Split):
    """Images of one training step, on the device."""

    images: Tensor
    """uint8 (B, 3, S, S); where several processes share the batch, only this one's"""
    numbers: Tensor = field(kw_only=True)
    """int64 (N,): the images' places in the training split. Where several processes share the batch, ``labels`` and
    ``numbers`` are those of all."""

    def rows(self, own: slice) -> "Batch":
        """The same images, with the labels and numbers of ``own`` alone."""
        return replace(self, labels=self.labels[own], numbers=self.numbers[own])


@dataclass(frozen=True)
class Dataset:
    """Training and test images of the same classes."""

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split
    metric: Metric | None = None
    """Table 8's; None of a data set that is not in it."""
