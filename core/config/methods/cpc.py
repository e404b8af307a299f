"""Contrastive predictive coding (van den Oord et al. 2018; Henaff et al. 2020)."""

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, Strict

from core.config.encoder import PatchResNet
from core.config.measures import Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import NUMBER, SOFTMAX, product_flops, trained_bytes
from core.config.operations import Operations, check_channels

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

Direction = Literal["down", "up", "right", "left"]


@METHODS.add("core.methods.cpc:CPC")
class CPC(MethodConfig):
    """Each patch of a view is predicted from those above it, among the patches of all images (van den Oord et al. 2018;
    CPC v2: Henaff et al. 2020).

    It needs ``encoder.kind: patches``, which says grid and size of the patches and how they are normalised. The seven
    changes of CPC v2's Figure 3 are MC ``encoder.name`` or ``encoder.width``, BU and HP ``directions``, LN
    ``encoder.norm``, RC and PA ``patch_augment``, and LP ``encoder.patch``. Predictions, targets and context are those
    of the pseudo-code in its appendix A.2, as others quote it: the authors released no code. One context network serves
    all directions, as in rschwarz15/CPCV2-PyTorch. The loss is the mean over directions and steps, so that a switch
    does not change its scale. ``head`` is ignored.

    It takes many steps: on few images small batches and a high rate, and patches that are changed each on its own,
    since patches of one image are recognised by their colours otherwise.
    """

    gives = "other"
    measures = (Measure("patch_top1", "patches found (%)"), Measure("patch_spread", "spread of patches (0: collapse)"))

    kind: Literal["cpc"] = "cpc"

    directions: Annotated[tuple[Direction, ...], Strict(False), Field(min_length=1, max_length=4)] = (
        "down",
        "up",
        "right",
        "left",
    )
    """Directions of the predictions. CPC v1: ``[down]``. v2: all four; BU adds ``up``, HP ``right`` and ``left``."""

    first_step: Annotated[int, Field(ge=1)] = 2
    """Rows from the context to the nearest patch that is predicted. Nearer rows overlap with it where patches overlap
    by half. rschwarz15/CPCV2-PyTorch: 2; pseudo-code: 3."""

    last_step: Annotated[int, Field(ge=1)] = 3
    """Rows to the farthest. Pseudo-code: 3; CPC v1: 5 (from memory)."""

    target: Annotated[int, Field(ge=1)] = 64
    """Width of a patch's embedding, which is predicted. Pseudo-code: 64."""

    context: Annotated[int, Field(ge=1)] = 256
    """Channels of the context network's blocks. Pseudo-code: 256."""

    blocks: Annotated[int, Field(ge=1)] = 5
    """Blocks of the context network; each lets a context see one row more. Pseudo-code: 5."""

    scale: Annotated[float, Field(gt=0)] = 0.1
    """Factor of the predictions. Pseudo-code: 0.1."""

    patch_augment: Operations = ()
    """Operations on every patch, drawn for each on its own. RC: ``[one_channel]``. PA: two operations of AutoAugment,
    elastic deformations and shears among them (from memory); ``[auto_augment]`` is the nearest here."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass with one view of every image, of whose patches the encoder takes them all."""
        return (Pass(1, image_size),)

    def flops(self, pretrain: "PretrainConfig") -> int:
        grid = _grid(pretrain)
        context = len(self.directions) * grid**2 * self._block(pretrain) * self.blocks
        predictions = sum(self._places(grid)) * pretrain.encoder.output * self.target
        targets = grid**2 * pretrain.encoder.output * self.target
        logits = sum(self._places(grid)) * grid**2 * pretrain.batch_size * self.target
        again = product_flops(logits, trained=0, seen=1)  # in the backward pass
        return product_flops(context + predictions + targets + logits, trained=1) + again

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Return the memory of the context network, of predictions and targets, and of the logits of one direction and
        step for a batch."""
        matrices = 1 + len(self.directions) * len(self.steps)
        weights = self._block(pretrain) * self.blocks + matrices * pretrain.encoder.output * self.target
        grid, batch = _grid(pretrain), pretrain.batch_size
        logits = SOFTMAX * max(self._places(grid)) * batch * grid**2 * batch
        return trained_bytes(weights) + NUMBER * logits

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float:
        """Return the logarithm of the number of all patches of a batch."""
        return math.log(_grid(pretrain) ** 2 * pretrain.batch_size)

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raise ValueError where the encoder has no patches, the grid no row that far away, or images no colours that
        patches are changed by."""
        if not isinstance(pretrain.encoder, PatchResNet):
            raise ValueError(
                f"loss.kind cpc predicts patches, and encoder.kind {pretrain.encoder.kind} encodes whole views; take "
                "encoder.kind patches"
            )
        check_channels(self.patch_augment, "loss.patch_augment", pretrain.data.channels)
        if self.last_step < self.first_step:
            raise ValueError(
                f"loss.last_step is {self.last_step}, before loss.first_step {self.first_step}; raise it, or lower that"
            )
        if self.last_step >= _grid(pretrain):
            raise ValueError(
                f"loss.last_step is {self.last_step}, but encoder.grid {_grid(pretrain)} has at most "
                f"{_grid(pretrain) - 1} rows below a patch; lower it"
            )

    @property
    def steps(self) -> range:
        """Distances of what is predicted, in rows."""
        return range(self.first_step, self.last_step + 1)

    def _places(self, grid: int) -> list[int]:
        """Number of predictions of an image, for each direction and step."""
        return [(grid - step) * grid for _ in self.directions for step in self.steps]

    def _block(self, pretrain: "PretrainConfig") -> int:
        """Number of weights of a block of the context network."""
        return 2 * pretrain.encoder.output * self.context + 5 * self.context**2


def _grid(pretrain: "PretrainConfig") -> int:
    assert isinstance(pretrain.encoder, PatchResNet)
    return pretrain.encoder.grid
