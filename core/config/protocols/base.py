"""Base class of all protocols."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from core.config.base import Config
from core.config.data import EvaluationData
from core.config.measures import Measure
from core.config.registry import Registry

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Representation = Literal["h", "z"] | Annotated[int, Field(ge=1, le=4)]


class Protocol(Config):
    """Base of all protocols: ways to score a pretrained encoder."""

    several_labels: ClassVar[bool] = False
    """Whether it takes images with several labels, or needs none."""

    protocol: str

    representation: Representation = "h"
    """Representation that is scored: h, z = g(h), or the output of one of the head's layers, counted from 1, ReLU
    included. Paper, Sec 4.2: h; it is more than 10 % better than z. SimCLRv2 fine-tunes from the first layer."""

    data: EvaluationData | None = None
    """Images and labels to score on, in a transfer to another data set (appendix B.8). None: those of the
    pretraining, its subset included."""

    @property
    def holds_out(self) -> bool:
        """Whether it chooses a hyper-parameter on training images that it holds out, by ``holdout_seed``."""
        return False

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        """Return the numbers that it may report, the main one first."""
        raise NotImplementedError

    def check(self, pretrain: "PretrainConfig") -> None:
        """Check the training. Raises ValueError where the protocol cannot score its result."""
        wanted, depth, loss = self.representation, pretrain.head.depth, pretrain.loss
        if wanted != "h" and loss.gives not in ("projection", "classes"):
            raise ValueError(
                f"evaluate.representation is {wanted}, but loss.kind {loss.kind} trains no projection; take h"
            )
        if isinstance(wanted, int) and wanted > depth:
            raise ValueError(f"evaluate.representation is layer {wanted} of the head, which has {depth}")


PROTOCOLS: Registry[Protocol] = Registry("protocol", Protocol, tag="protocol", default="frozen")
"""Protocols, each with its function ``(config, pretrained, data) -> core.evaluation.scores.Scores``."""

EvaluateConfig = Annotated[Protocol, PROTOCOLS]
