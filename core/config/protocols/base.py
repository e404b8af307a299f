"""Base class of all protocols."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field

from core.config.base import Config
from core.config.data import COLORS, EvaluationData
from core.config.encoder import EncoderConfig
from core.config.measures import Measure
from core.config.registry import Registry

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Stage = Literal["stage1", "stage2", "stage3", "stage4"]
"""A stage of the encoder, whose output is pooled."""
Space = Literal["z0", "z1", "z2", "z3", "z4"]
"""An embedding space, of a method that has several."""
Representation = Literal["h", "z"] | Stage | Space | Annotated[int, Field(ge=1, le=4)]


@dataclass(frozen=True)
class Runs:
    """Passes through one encoder of networks that an evaluation trains."""

    encoder: EncoderConfig
    passes: float
    """Forward passes for each training image, about; a training step is three."""


class Protocol(Config):
    """Base of all protocols: ways to score a pretrained encoder."""

    several_labels: ClassVar[bool] = False
    """Whether images may have several labels: it takes these, or needs no label."""
    one_pass: ClassVar[bool] = False
    """Whether it takes the representations of all images by ``core.trained.representations.represent``, so that one
    pass over the images serves several such evaluations."""
    needs_labels: ClassVar[bool] = True
    """Whether it needs test images with labels."""
    reads_representation: ClassVar[bool] = True
    """Whether it scores a representation that can be chosen."""
    task_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that choose a task. Scores of two tasks are never compared with each other."""

    protocol: str

    representation: Representation = "h"
    """Representation that is scored: h, z = g(h), the output of one of the head's layers, counted from 1, ReLU
    included, the pooled output of one of the encoder's stages, or one of several embedding spaces. A ResNet's
    ``stage4`` is h. Paper, Sec 4.2: h; it is more than 10 % better than z. SimCLRv2 fine-tunes from the first
    layer."""

    data: EvaluationData | None = None
    """Images and labels to score on, in a transfer to another data set (appendix B.8). None: those of the
    pretraining, its subset included, with all classes."""

    @classmethod
    def named_parts(cls, values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
        return (("metric", values.get("metric")),)

    @property
    def needs_color(self) -> bool:
        """Whether images must have the channels red, green and blue."""
        return False

    @property
    def holds_out(self) -> bool:
        """Whether it chooses a hyper-parameter on training images that it holds out, by ``holdout_seed``."""
        return False

    def runs(self, pretrain: "PretrainConfig") -> tuple[Runs, ...]:
        """Return the passes of networks that an evaluation trains, where these cost as much as a pretraining."""
        return ()

    def trained_images(self, pretrain: "PretrainConfig", images: int, labelled: int) -> int:
        """Return the images that go through the networks that an evaluation trains, in all epochs, about, if there are
        so many training ``images``, of which so many are ``labelled``. 0 where it trains no network, or one on
        representations."""
        return 0

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        """Return the numbers that it may report, the main one first."""
        raise NotImplementedError

    def check(self, pretrain: "PretrainConfig") -> None:
        """Check the training. Raises ValueError where the protocol cannot score its result."""
        if self.needs_color and pretrain.data.channels != COLORS:
            raise ValueError(
                f"evaluate.protocol {self.protocol} changes colours, and data.channels is {pretrain.data.channels}; "
                f"take another protocol or task, or data.channels: {COLORS}"
            )
        wanted, depth, loss = self.representation, pretrain.head.depth, pretrain.loss
        if wanted in get_args(Stage):
            self._check_stage(str(wanted), pretrain)
        elif wanted != "h" and loss.gives not in ("projection", "classes"):
            raise ValueError(
                f"evaluate.representation is {wanted}, but loss.kind {loss.kind} trains no projection; take h"
            )
        if isinstance(wanted, int) and wanted > depth:
            raise ValueError(f"evaluate.representation is layer {wanted} of the head, which has {depth}")
        if wanted in get_args(Space) or (isinstance(wanted, int) and loss.spaces > 1):
            self._check_space(loss.spaces, loss.kind)

    def _check_space(self, spaces: int, kind: str) -> None:
        known = get_args(Space)[:spaces] if spaces > 1 else ()
        if self.representation not in known:
            has = f"the embedding spaces {', '.join(known)}" if known else "one projection"
            raise ValueError(
                f"evaluate.representation is {self.representation}, but loss.kind {kind} has {has}; take one of "
                f"{', '.join(('h', 'z', *known))}"
            )

    def _check_stage(self, stage: str, pretrain: "PretrainConfig") -> None:
        if not self.reads_representation:
            raise ValueError(
                f"evaluate.representation is {stage}, and protocol {self.protocol} scores no stage; take h"
            )
        if stage not in pretrain.encoder.stages:
            known = ", ".join(pretrain.encoder.stages) or "none"
            raise ValueError(
                f"evaluate.representation is {stage}, but the stages of encoder.kind {pretrain.encoder.kind} are "
                f"{known}; take h, or an encoder with that stage"
            )


TestCrop = Annotated[float, Field(gt=0, le=1)]
"""Side of the square in the middle of a test image that is scored, as a share of the image's shorter side."""

PROTOCOLS: Registry[Protocol] = Registry("protocol", Protocol, tag="protocol", default="frozen")
"""Protocols, each with its function ``(config, pretrained, data) -> core.evaluation.scores.Scores``."""

EvaluateConfig = Annotated[Protocol, PROTOCOLS]
