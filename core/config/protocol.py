"""What all protocols have in common."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.base import Config
from core.config.data import EvaluationData

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

Metric = Literal["top1", "mean_per_class", "map_11"]
"""Of Table 8, in percent: top-1; the mean of each class's top-1; the 11-point mean average precision."""


class Protocol(Config):
    """What all protocols have in common."""

    representation: Literal["h", "z"] | Annotated[int, Field(ge=1, le=4)] = "h"
    """What is scored: h, z = g(h), or what the head's first so many layers make of h, ReLU included. Paper,
    Sec 4.2: h; it is more than 10 % better than z. SimCLRv2 fine-tunes from the first layer."""

    data: EvaluationData | None = None
    """Images and labels to score on, in a transfer to another data set (appendix B.8). None: those of the
    pretraining, its subset included."""

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raises ValueError where what such a training gives cannot be scored so."""
        wanted, depth = self.representation, pretrain.head.depth
        if isinstance(wanted, int) and wanted > depth:
            raise ValueError(f"evaluate.representation is layer {wanted} of the head, which has {depth}")
