"""The masked autoencoder (He et al. 2022, "MAE")."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import product_flops, trained_bytes

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

BLOCK = 12
"""Weights of a transformer's block, in squares of its width: 4 of the attention, 8 of the two layers after it."""


@METHODS.add("core.methods.mae:MaskedAutoencoder")
class Mae(MethodConfig):
    """A vision transformer encodes a quarter of a view's patches, without the others, and a small transformer
    reconstructs these (He et al. 2022).

    Defaults are those of the released code (facebookresearch/mae) and of its command, which normalises the pixels of
    each patch. Its views are a crop of 20 % to 100 % and a flip; its optimiser is ``{kind: adamw, learning_rate:
    1.5e-4, beta2: 0.95, weight_decay: 0.05}`` with 40 epochs of warmup (rate and warmup from memory). Its encoder's
    positions are fixed sines; here they are timm's, which are learned. ``head`` is ignored.

    It is for ``encoder.kind: timm`` and a model called ``vit_...``: a convolution cannot leave patches out;
    ``masked_squares`` is for those. A linear classifier says little about what it learned: fine-tune it.
    """

    gives = "picture"
    measures = (Measure("error", "squared error of a pixel"),)

    kind: Literal["mae"] = "mae"

    hidden: Annotated[float, Field(gt=0, lt=1)] = 0.75
    """Share of the patches that are left out, the same number in every view. Released code: 0.75."""

    normalize: bool = True
    """Whether the pixels of each patch are normalised before they are compared. Released command: yes."""

    decoder_width: Annotated[int, Field(ge=4, multiple_of=4)] = 512
    """Width of the decoder. Released code: 512."""

    decoder_blocks: Annotated[int, Field(ge=1)] = 8
    """Blocks of the decoder. Released code: 8."""

    decoder_heads: Annotated[int, Field(ge=1)] = 16
    """Heads of the decoder's attention. Released code: 16."""

    def visible(self, patches: int) -> int:
        """Number of patches that the encoder sees. Released code: rounded down."""
        return int(patches * (1 - self.hidden))

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass with the visible patches of every image."""
        return (Pass(1, image_size, share=1 - self.hidden),)

    def flops(self, pretrain: "PretrainConfig") -> int:
        patches, width = self._patches(pretrain), self.decoder_width
        attention = 2 * 2 * patches**2 * width * self.decoder_blocks
        return product_flops(self._weights(pretrain) * patches, trained=1) + 3 * attention

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        return trained_bytes(self._weights(pretrain))

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raise ValueError where the encoder has no tokens, or none of them is visible, or the heads do not divide the
        decoder's width."""
        encoder = pretrain.encoder
        if not encoder.token_side:
            raise ValueError(
                f"loss.kind mae leaves patches out, which encoder.kind {encoder.kind} cannot: take encoder.kind timm "
                "with a vision transformer such as vit_small_patch16_224, or loss.kind masked_squares"
            )
        patches = self._patches(pretrain)
        if not self.visible(patches):
            raise ValueError(
                f"loss.hidden is {self.hidden:g}, so none of the {patches} patches of a view is visible; lower it, or "
                "encoder.patch_size"
            )
        if self.decoder_width % self.decoder_heads:
            raise ValueError(
                f"loss.decoder_width is {self.decoder_width}, which loss.decoder_heads ({self.decoder_heads}) does not "
                "divide"
            )

    def _patches(self, pretrain: "PretrainConfig") -> int:
        return int((pretrain.data.image_size // pretrain.encoder.token_side) ** 2)

    def _weights(self, pretrain: "PretrainConfig") -> int:
        """Number of weights of the decoder, each of which is used once for a patch, about."""
        values = pretrain.data.channels * pretrain.encoder.token_side**2
        own = self.decoder_blocks * BLOCK * self.decoder_width
        return self.decoder_width * (pretrain.encoder.output + own + values)
