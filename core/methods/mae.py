"""MAE: the patches of a view that a transformer did not see, reconstructed from those that it saw (He et al. 2022)."""

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from core.augment.draw import draw
from core.augment.policy import one_view
from core.config.methods.mae import Mae
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.encoder.patch_tokens import marked, patch_pixels, sine_positions, visible_places
from core.loss.outcome import Outcome
from core.loss.unit import widened
from core.methods.method import Method, See, Views

Hidden = tuple[Tensor, Tensor]
"""Whole views (B, C, S, S), and bool (B, N): the patches that are hidden."""


class MaskedAutoencoder(Method):
    """An encoder of the visible patches, and a decoder of all."""

    joint = False
    reads: ClassVar[Literal["h", "map", "tokens"]] = "tokens"

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        self.side = config.encoder.token_side
        self.patches = (config.data.image_size // self.side) ** 2
        self.visible = self.settings.visible(self.patches)
        self.places = torch.empty(0, self.visible, dtype=torch.int64)
        """Places (B, visible) of the visible patches of the step's views, from ``views`` to ``project``."""

    @classmethod
    def build_head(cls, config: PretrainConfig, encoder: Encoder, classes: int) -> nn.Sequential:
        settings, side = config.loss, config.encoder.token_side
        assert isinstance(settings, Mae)
        across, values = config.data.image_size // side, config.data.channels * side**2
        return nn.Sequential(PatchDecoder(encoder.width, across, values, settings))

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        whole = one_view(batch.images, self.config.augment, draws, batch.view_size)
        order = draw(torch.rand, whole, draws, self.patches).argsort(dim=1).argsort(dim=1)
        hidden = order >= self.visible
        self.places = visible_places(hidden, self.visible)
        return Views((marked(whole, hidden, self.side),), (whole, hidden))

    def known(self, views: Views, see: See) -> Hidden:
        whole, hidden = views.others
        return whole, hidden

    def project(self, h: tuple[Tensor, ...]) -> Tensor:
        """Return the reconstruction of all patches (B, N, C * side^2)."""
        reconstructed: Tensor = self.head[0](h[0], self.places)
        return reconstructed

    def loss(self, outputs: Tensor, known: Hidden, batch: Batch) -> Outcome:
        """Return the mean of (reconstruction - pixel)^2 over the pixels of hidden patches, which are normalised by the
        mean and deviation of their patch."""
        whole, hidden = known
        wanted = patch_pixels(whole, self.side)
        if self.settings.normalize:
            deviation = (wanted.var(dim=2, keepdim=True) + 1e-6).sqrt()
            wanted = (wanted - wanted.mean(dim=2, keepdim=True)) / deviation
        errors = (widened(outputs) - wanted).square().mean(dim=2)
        error = (errors * hidden).sum() / hidden.sum()
        return Outcome(error, {"error": error.detach()})


class PatchDecoder(nn.Module):
    """A transformer on the tokens of visible patches and on one learned token in place of each hidden one."""

    positions: Tensor

    def __init__(self, width: int, across: int, values: int, settings: Mae) -> None:
        """``across`` is the number of patches along a side, ``values`` that of a patch's values."""
        super().__init__()
        own = settings.decoder_width
        self.embed = nn.Linear(width, own)
        self.missing = nn.Parameter(torch.zeros(own))
        self.register_buffer("positions", sine_positions(across, own), persistent=False)
        self.blocks = nn.ModuleList(_block(own, settings.decoder_heads) for _ in range(settings.decoder_blocks))
        self.norm = nn.LayerNorm(own)
        self.predict = nn.Linear(own, values)
        nn.init.normal_(self.missing, std=0.02)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, tokens: Tensor, places: Tensor) -> Tensor:
        """Return the values (B, N, values) of all patches, from the encoder's tokens (B, P + V, width) and the
        ``places`` (B, V) of visible patches. The first P tokens are of no patch, such as the class token."""
        visible = places.shape[1]
        first, seen = self.embed(tokens).split([tokens.shape[1] - visible, visible], dim=1)
        rows = places[..., None].expand_as(seen)
        every = self.missing.to(seen.dtype).expand(len(seen), len(self.positions), -1).scatter(1, rows, seen)
        x = torch.cat([first, every + self.positions], dim=1)
        for block in self.blocks:
            x = block(x)
        values: Tensor = self.predict(self.norm(x[:, first.shape[1] :]))
        return values


def _block(width: int, heads: int) -> nn.Module:
    return nn.TransformerEncoderLayer(
        width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
