"""A data set, in memory or decoded while it is used."""

from dataclasses import dataclass, field, replace

from torch import Tensor

from core.canvas import Canvas
from core.config.metrics import Metric
from core.data.streamed import StreamedImages


@dataclass(frozen=True)
class Split:
    """Images and their labels."""

    images: Tensor | StreamedImages
    """Images, uint8 (N, C, S, S): a tensor, or an object that is indexed like one."""
    labels: Tensor
    """Labels, int64 (N,); -1 for none. If images have several labels, (N, classes): 1 for a class that is there, 0 for
    one that is not, -1 where it is open."""
    view_size: int | None = None
    """Side in pixels of the views that are made of the images; None: S."""

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: Tensor | slice) -> "Split":
        """Return a part of the split. Streamed images stay streamed."""
        images = self.images[index] if isinstance(self.images, Tensor) else self.images.part(index)
        return replace(self, images=images, labels=self.labels[index])

    @property
    def multi_label(self) -> bool:
        """Whether an image can have several labels."""
        return self.labels.ndim == 2

    def labelled(self) -> "Split":
        """Return the split without images that have no label."""
        known = self.labels >= 0
        has_label = known.any(dim=1) if self.multi_label else known
        return self if bool(has_label.all()) else self[has_label]


@dataclass(frozen=True)
class Batch(Split):
    """Images of one training step, on the device."""

    images: Tensor | Canvas  # type: ignore[assignment]  # a batch is decoded
    """Images, uint8 (B, C, S, S), or a canvas of images that keep their shape. If several processes share the batch,
    only this process's."""
    numbers: Tensor = field(kw_only=True)
    """Positions of the images in the training split, int64 (N,). If several processes share the batch, ``labels`` and
    ``numbers`` are those of all."""

    def rows(self, own: slice) -> "Batch":
        """Return the same images, with the labels and numbers of ``own`` only."""
        return replace(self, labels=self.labels[own], numbers=self.numbers[own])


@dataclass(frozen=True)
class Dataset:
    """Training and test images of the same classes."""

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split
    metric: Metric | None = None
    """Metric of Table 8; None for a data set that is not in it."""
