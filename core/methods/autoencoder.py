"""Autoencoder: a decoder reconstructs a view from its representation."""

from typing import Any

import torch
from torch import Tensor, nn

from core.augment.policy import one_view
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.decoder import build_decoder
from core.encoder.encoder import Encoder
from core.loss.outcome import Outcome
from core.loss.unit import widened
from core.methods.method import Method, See, Views

Reconstructed = tuple[Tensor, Tensor]
"""Reconstructions (N, channels, S, S), and the mean of |h| of each image (N,)."""


class Autoencoder(Method):
    """An encoder and a decoder with the representation between them. A subclass hides a part of the view from the
    encoder: its ``shown`` returns what the encoder sees, and what the decoder should reconstruct."""

    joint = False

    @classmethod
    def build_head(cls, config: PretrainConfig, encoder: Encoder, classes: int) -> nn.Sequential:
        channels: int = config.loss.channels(config)  # type: ignore[attr-defined]
        return build_decoder(encoder.width, config.data.image_size, channels)

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        seen, wanted = self.shown(one_view(batch.images, self.config.augment, draws, batch.view_size), draws)
        return Views((seen,), wanted)

    def shown(self, whole: Tensor, draws: torch.Generator) -> tuple[Tensor, Any]:
        """Return what the encoder sees of views (B, C, S, S), and what ``error`` needs to know of them."""
        return whole, whole

    def known(self, views: Views, see: See) -> Any:
        return views.others

    def project(self, h: tuple[Tensor, ...]) -> Reconstructed:
        return self.head(h[0]), h[0].abs().mean(dim=1)

    def loss(self, outputs: Reconstructed, known: Any, batch: Batch) -> Outcome:
        """Return the mean error plus ``sparsity`` times the mean of |h|."""
        picture, penalty = map(widened, outputs)
        error, l1 = self.error(picture, known), penalty.mean()
        return Outcome(error + self.settings.sparsity * l1, {"error": error.detach(), "l1": l1.detach()})

    def error(self, picture: Tensor, known: Any) -> Tensor:
        """Return the mean of (reconstruction - view)^2 over images, colours and pixels."""
        error: Tensor = (picture - known).square().mean()
        return error
