"""What the configuration of a method says about the method, so that nobody else needs to know its name."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from core.config.base import Config
from core.config.measures import Measure
from core.config.registry import Registry

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

Gives = Literal["projection", "classes", "picture", "other"]
"""Output of the head: a projection z, class logits, a picture, or none of these."""


@dataclass(frozen=True)
class Pass:
    """Views that pass the encoder together, as one batch for its batch norms."""

    copies: int
    """Views of each image."""
    size: int
    """Side of a view in pixels."""
    has_gradient: bool = True
    """False for views that only a target or a teacher sees."""


class MethodConfig(Config):
    """Base of all methods: a loss, and what belongs to it. The field ``loss`` of a training chooses one by its kind."""

    kind: str

    gives: ClassVar[Gives] = "projection"
    """Output of the head. Only a projection can be scored as z."""
    supervised: ClassVar[bool] = False
    """Whether it learns from labels, so that images without a label are left out."""
    measures: ClassVar[tuple[Measure, ...]] = ()
    """Numbers that are reported for each epoch, besides the loss."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """What one training step passes through an encoder, for views of ``image_size`` pixels. Passes with a gradient
        come in the order of ``Views.trained``."""
        raise NotImplementedError

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Memory that the method's own modules and buffers take, in bytes: targets, queues, memories of all images."""
        return 0

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raises ValueError where the method cannot work with the rest of the configuration."""

    def check_images(self, pretrain: "PretrainConfig", images: int) -> None:
        """Raises ``DataError`` where the method cannot work with so many training images."""


METHODS: Registry[MethodConfig] = Registry("loss", MethodConfig, tag="kind", default="nt_xent")
"""Methods, each with its subclass of ``core.methods.Method``."""

LossConfig = Annotated[MethodConfig, METHODS]
