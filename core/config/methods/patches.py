"""Base of the tasks on patches of a view."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from core.config.methods.base import MethodConfig, Pass

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

SMALLEST = 4
"""Smallest side of a patch in pixels."""


class PatchTask(MethodConfig):
    """Base of the tasks on patches of a view, one from each cell of a grid.

    A patch is not standardised by itself, as it is in released code, since the encoder is scored on whole images that
    are not.
    """

    gives = "other"

    patch: Annotated[float, Field(gt=0, le=1)] = 0.75
    """Side of a patch as a share of its cell's. It lies anywhere in the cell, so that edges do not run on from patch to
    patch. Released code: 64 pixels of 85, from views of 255."""

    @property
    def along(self) -> int:
        """Number of patches along a side of the view."""
        raise NotImplementedError

    def size(self, image_size: int) -> int:
        """Side of a patch in pixels."""
        return round(self.patch * (image_size // self.along))

    def jitter(self, image_size: int) -> int:
        """Number of pixels by which a patch may lie lower, or further to the right, than in its cell's corner."""
        return image_size // self.along - self.size(image_size)

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass with all patches of every image."""
        return (Pass(self.along**2, self.size(image_size)),)

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raise ValueError where patches are too small."""
        side, size = pretrain.data.image_size, self.size(pretrain.data.image_size)
        if size < SMALLEST:
            raise ValueError(
                f"loss.kind {self.kind}: a patch of a view of {side} pixels has a side of {size}; take a larger "
                "data.image_size or loss.patch"
            )
