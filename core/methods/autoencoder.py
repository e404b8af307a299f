"""Autoencoder: a view is drawn again from its representation."""

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

Drawn = tuple[Tensor, Tensor]
"""Pictures (N, 3, S, S), and the mean of |h| of each image (N,)."""


class Autoencoder(Method):
    """An encoder and a decoder with the representation between them."""

    joint = False

    @classmethod
    def build_head(cls, config: PretrainConfig, encoder: Encoder, classes: int) -> nn.Sequential:
        return build_decoder(encoder.width, config.data.image_size)

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        whole = one_view(batch.images, self.config.augment, draws, batch.view_size)
        return Views((whole,), whole)

    def known(self, views: Views, see: See) -> Tensor:
        whole: Tensor = views.others
        return whole

    def project(self, h: tuple[Tensor, ...]) -> Drawn:
        return self.head(h[0]), h[0].abs().mean(dim=1)

    def loss(self, outputs: Drawn, known: Tensor, batch: Batch) -> Outcome:
        """Return the mean of (drawn - view)^2 over images, colours and pixels, plus ``sparsity`` times that of |h|."""
        picture, penalty = map(widened, outputs)
        error, l1 = (picture - known).square().mean(), penalty.mean()
        return Outcome(error + self.settings.sparsity * l1, {"error": error.detach(), "l1": l1.detach()})
