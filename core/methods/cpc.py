"""CPC: patches are predicted from the patches on one side of them (van den Oord et al. 2018; Henaff et al. 2020)."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from core.augment.policy import apply_all, one_view
from core.config.encoder import PatchResNet
from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.encoder.resnets.patches import cut, tiled
from core.loss.outcome import Outcome
from core.loss.unit import spread, widened
from core.methods.context import build_context
from core.methods.method import Method, Views


class CPC(Method):
    """A context of the rows on one side predicts the rows on the other, linearly for each distance."""

    reads = "map"

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        settings = self.settings
        self.context = build_context(encoder.width, settings.context, settings.blocks)
        predicted = [(direction, step) for direction in settings.directions for step in settings.steps]
        self.predicted: list[tuple[str, int]] = predicted
        """Direction and distance of each prediction."""
        self.predictors = nn.ModuleList(nn.Conv2d(encoder.width, settings.target, 1) for _ in predicted)

    @classmethod
    def build_head(cls, config: PretrainConfig, encoder: Encoder, classes: int) -> nn.Sequential:
        """Build the embedding of patches, from maps (B, width, grid, grid)."""
        return nn.Sequential(nn.Conv2d(encoder.width, config.loss.target, 1))  # type: ignore[attr-defined]

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        """Return one view of every image. If there is a ``patch_augment``, its patches are augmented and put side by
        side, where the encoder takes them from."""
        view = one_view(batch.images, self.config.augment, draws, batch.view_size)
        encoder = self.config.encoder
        if not self.settings.patch_augment or not isinstance(encoder, PatchResNet):
            return Views((view,))
        patches = cut(view, encoder.grid, encoder.patch)
        changed = apply_all(self.settings.patch_augment, patches, draws, encoder.patch)
        return Views((tiled(changed, encoder.grid),))

    def project(self, h: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the embeddings of all patches (places * B, d), and each prediction (its places * B, d)."""
        (latents,) = h
        contexts = {direction: self.context(turned(latents, direction)) for direction in self.settings.directions}
        predictions = (
            predictor(contexts[direction][:, :, :-step])
            for predictor, (direction, step) in zip(self.predictors, self.predicted, strict=True)
        )
        return by_place(self.head(latents)), *map(by_place, predictions)

    def loss(self, outputs: tuple[Tensor, ...], known: Any, batch: Batch) -> Outcome:
        """Return the mean over directions and steps of the cross entropy of each prediction with its patch, among all
        patches of all images.

        The backward pass computes the logits again, those of one direction and step at a time: all of them together
        take several times as much memory.
        """
        patches, *predictions = map(widened, outputs)
        found = []
        for predicted, (direction, step) in zip(predictions, self.predicted, strict=True):
            wanted = self._wanted(direction, step, patches)
            pair = predicted, patches, wanted
            found.append(checkpoint(self._compared, *pair, use_reentrant=False, preserve_rng_state=False))
        loss, top1 = (torch.stack(each).mean() for each in zip(*found, strict=True))
        return Outcome(loss, {"patch_top1": top1, "patch_spread": spread(patches)})

    def _compared(self, predicted: Tensor, patches: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """Return the cross entropy of predictions with the ``wanted`` patches, and the share that is found."""
        logits = self.settings.scale * predicted @ patches.T
        loss = F.cross_entropy(logits, wanted)
        return loss, (logits.detach().argmax(dim=1) == wanted).float().mean()

    def _wanted(self, direction: str, step: int, patches: Tensor) -> Tensor:
        """Return the row of each prediction's patch among all patches."""
        grid = self.config.encoder.grid  # type: ignore[attr-defined]
        rows = torch.arange(len(patches), device=patches.device).view(grid, grid, -1).permute(2, 0, 1)
        return by_place(turned(rows, direction)[:, None, step:]).squeeze(1)


def turned(maps: Tensor, direction: str) -> Tensor:
    """Return maps (..., H, W) turned so that what is predicted in this direction lies below."""
    if direction in ("right", "left"):
        maps = maps.mT
    return maps.flip(-2) if direction in ("up", "left") else maps


def by_place(maps: Tensor) -> Tensor:
    """Return the vectors of maps (B, d, H, W) as rows (H * W * B, d): all images at the first place, then at the
    next."""
    return maps.permute(2, 3, 0, 1).flatten(0, 2)
