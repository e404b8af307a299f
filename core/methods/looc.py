"""LooC: MoCo in several embedding spaces, each of which does not ignore one augmentation (Xiao et al. 2021)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.augment.repeated import query_and_keys
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.encoder.head import Spaces, build_head
from core.encoder.target import Target
from core.loss.outcome import Outcome
from core.loss.unit import spread, unit
from core.methods.method import Method, See, Views
from core.methods.moco import enqueue
from core.randomness import generator


class LooC(Method):
    """A query and a key for each space. Key 0 shares no draw with the query, key i those that space i leaves out."""

    target: Target
    queue: Tensor
    written: Tensor

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        self.target = Target(encoder, self.head)
        size = (self.settings.spaces, self.settings.queue, config.projection_width)
        keys = torch.randn(size, generator=generator(config.seed, "queue"))
        self.register_buffer("queue", F.normalize(keys, dim=2))
        self.register_buffer("written", torch.zeros((), dtype=torch.long))

    @classmethod
    def build_head(cls, config: PretrainConfig, encoder: Encoder, classes: int) -> nn.Sequential:
        spaces = config.loss.spaces
        return nn.Sequential(Spaces([build_head(config.head, encoder.width) for _ in range(spaces)]))

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        groups = ((), *self.settings.left_out)
        query, *keys = query_and_keys(batch.images, self.config.augment, groups, draws, batch.view_size)
        return Views((query,), tuple(keys))

    def known(self, views: Views, see: See) -> Tensor:
        """Return the keys (k + 1, N, k + 1, d): of each view of an image, its projection in each space."""
        seen = (see(self.target.encoder, self.target.head, key) for key in views.others)
        return torch.stack([self._by_space(key) for key in seen])

    def loss(self, outputs: Tensor, known: Tensor, batch: Batch) -> Outcome:
        """Return the mean over the spaces of the cross entropy of a query with its key. In space 0 the other keys of
        the image are left out, in space i they are negatives."""
        queries, found, tau = self._by_space(outputs), [], self.settings.temperature
        for space in range(self.settings.spaces):
            query, own = queries[:, space], known[: None if space else 1, :, space]
            similar = torch.einsum("nd,knd->nk", query, own), query @ self.queue[space].to(query.dtype).T
            logits = torch.cat(similar, dim=1) / tau
            wanted = torch.full((len(query),), space, device=query.device)
            top1 = (logits.detach().argmax(dim=1) == wanted).float().mean()
            found.append((F.cross_entropy(logits, wanted), top1, spread(query)))
        loss, top1, width = (torch.stack(each).mean() for each in zip(*found, strict=True))
        return Outcome(loss, {"queue_top1": top1, "spread": width})

    def after_step(self, encoder: Encoder, outputs: Tensor, known: Tensor, batch: Batch) -> None:
        enqueue(known.diagonal(dim1=0, dim2=2).permute(2, 0, 1), self.queue, self.written)
        self.target.follow(encoder, self.head, self.settings.momentum)

    def _by_space(self, projections: Tensor) -> Tensor:
        """Return projections (N, (k + 1) * d) on the unit sphere of each space, (N, k + 1, d)."""
        apart = projections.unflatten(1, (self.settings.spaces, -1))
        return unit(apart.flatten(0, 1)).view_as(apart)
