"""Encoders of other libraries, by name."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from core.config.data import COLORS
from core.config.encoder import ENCODERS, EncoderConfig
from core.config.models.facts import check_channels, check_sizes, facts_of, token_side_of
from core.config.models.normalization import Normalization, Normalizing
from core.config.models.weights import StartingWeights

STAGES = ("stage1", "stage2", "stage3", "stage4")


class LibraryConfig(EncoderConfig, StartingWeights, Normalizing):
    """Base of the encoders of a library: a model without its classifier, and without dropout and stochastic depth."""

    added_later = {"weights_hash": None}

    name: str

    normalize: Literal["auto"] | Normalization = "auto"  # type: ignore[assignment]
    """Normalisation of the views before the model. ``auto``: as the library's weights ask if ``weights`` is a tag, else
    ``none``, as in the paper. Others as for ``resnet``: ``imagenet``, ``data``, or ``[[means], [deviations]]``."""

    @property
    def same_form(self) -> Self:
        """The configuration of a model of the same form, without weights."""
        return self.model_copy(update={"weights": None, "weights_hash": None, "normalize": "auto"})

    @property
    def output(self) -> int:
        """Width of h, as the model has it."""
        return facts_of(self).width

    @property
    def stages(self) -> tuple[str, ...]:  # type: ignore[override]  # each model has its own
        """Names of the stages whose outputs can be scored."""
        return STAGES[: facts_of(self).stages]

    @property
    def token_side(self) -> int:
        """Side of a vision transformer's patches in pixels."""
        return token_side_of(self)

    def check(self, image_size: int) -> None:
        """Raise ValueError where the model cannot be built for views of this side."""
        check_sizes(self, image_size, image_size)

    def check_small(self, image_size: int, side: int) -> None:
        """Raise ValueError where the model, built for ``image_size``, does not take views of this side."""
        check_sizes(self, image_size, side)

    @model_validator(mode="after")
    def _check_name(self) -> Self:
        facts_of(self)
        return self


@ENCODERS.add("core.encoder.libraries.build:build_timm")
class Timm(LibraryConfig):
    """Any model of timm (Wightman 2019) without its classifier; h is what the classifier would get. It needs ``pip
    install 'simclr-ablations[timm]'``.

    A model whose size is fixed, such as a ViT, is built for views of ``data.image_size``. If a model has four stages or
    more, the last four can be scored; in a ViT, its blocks at each quarter of its depth.
    """

    library: ClassVar[str | None] = "timm"
    takes_channels = True

    kind: Literal["timm"] = "timm"

    name: str = "vit_small_patch16_224"
    """Name of the model, as ``timm.list_models()`` has it, without a tag of weights."""

    patch_size: Annotated[int, Field(ge=1)] | None = None
    """Side of a ViT's patches in pixels, for small views. None: as the name says."""

    def check_channels(self, channels: int) -> None:
        """Raise ValueError where the model cannot be built for images with so many channels."""
        if channels != COLORS:
            check_channels(self, channels)


@ENCODERS.add("core.encoder.libraries.build:build_torchvision")
class Torchvision(LibraryConfig):
    """Any classification model of torchvision without its last linear layer. It has no stages to score; timm has most
    of these models with theirs."""

    library: ClassVar[str | None] = "torchvision"

    kind: Literal["torchvision"] = "torchvision"

    name: str = "convnext_tiny"
    """Name of the model, as ``torchvision.models.list_models(torchvision.models)`` has it."""
