"""Base class of the methods' configurations. They say what others need to know of a method, so that nobody needs to
know its name."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from core.config.base import Config
from core.config.measures import Measure
from core.config.registry import Registry

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

Gives = Literal["projection", "classes", "picture", "other"]
"""Output of the head: a projection z, logits of classes that images belong to, a picture, or none of these."""


@dataclass(frozen=True)
class Pass:
    """Views that go through the encoder together, as one batch for its batch norms."""

    copies: int
    """Views of each image."""
    size: int
    """Side of a view in pixels."""
    has_gradient: bool = True
    """False for views that only a target or a teacher sees."""
    share: float = 1.0
    """Share of its cost that counts: less for a pass that is not in every epoch, or that leaves patches out."""


class MethodConfig(Config):
    """Base of all methods: a loss with everything that belongs to it. The field ``loss`` of a training chooses a method
    by its kind."""

    kind: str

    gives: ClassVar[Gives] = "projection"
    """Output of the head. Only a projection can be scored as z."""
    supervised: ClassVar[bool] = False
    """Whether it learns from labels, so that images without a label are left out."""
    measures: ClassVar[tuple[Measure, ...]] = ()
    """Numbers that are reported for each epoch, besides the loss."""
    has_target: ClassVar[bool] = False
    """Whether it keeps a second encoder, such as a target or a key encoder, which counts as memory."""
    remedy: ClassVar[str] = ""
    """Settings to try first where the loss stays above that of a guess, besides those of the optimiser."""

    @property
    def spaces(self) -> int:
        """Number of embedding spaces that are side by side in z, each with a head of its own. ``z0``, ``z1`` and so on
        are scored where there are several."""
        return 1

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return what one training step passes through an encoder, for views of ``image_size`` pixels. Passes with a
        gradient come in the order of ``Views.trained``."""
        raise NotImplementedError

    def flops(self, pretrain: "PretrainConfig") -> int:
        """Return the floating-point operations of a training step for one image outside the encoder. 0 where they are
        a few percent at most, as those of SimCLR's head."""
        return 0

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Return the memory of the method's own modules and buffers in bytes, about: wide heads, predictors, queues,
        memories of all images. An encoder that it keeps is counted by ``has_target``."""
        return 0

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float | None:
        """Return the loss of a guess, which gives all candidates the same probability, on ``images`` training images of
        ``classes`` classes. None where a loss does not choose among candidates."""
        return None

    def check(self, pretrain: "PretrainConfig") -> None:
        """Check the rest of the configuration. Raises ValueError where the method cannot work with it."""

    def check_images(self, pretrain: "PretrainConfig", images: int) -> None:
        """Check the number of training images. Raises ``DataError`` where the method cannot work with it."""


METHODS: Registry[MethodConfig] = Registry("loss", MethodConfig, tag="kind", default="nt_xent")
"""Methods, each with its subclass of ``core.methods.Method``."""

LossConfig = Annotated[MethodConfig, METHODS]
