"""Result of a pretraining."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from torch import nn

from core.config.train import PretrainConfig
from core.encoder.encoder import Encoder
from core.encoder.layers.normalize import measured_moments, set_moments
from core.files import as_path
from core.hardware import pick_device
from core.history import Epoch, history_from_json
from core.methods.build import build_model
from core.numerics import Numerics
from core.remote import AnyPath
from core.trained.checkpoint import load_checkpoint, save_checkpoint
from core.trained.features import BATCH, extract_views
from core.trained.images import as_views
from core.trained.kept import Kept

VERSION = 2
"""Version of the file's layout. Version 1 had epochs of version 1; see ``core.history``."""


@dataclass(frozen=True)
class Pretrained:
    """An encoder f with its head, and how it was trained."""

    config: PretrainConfig
    classes: int
    """Number of classes of the data set that it was trained on."""
    encoder: Encoder
    head: nn.Sequential
    """The method's head: the projection head g, a classifier or a decoder."""
    numerics: Numerics
    history: list[Epoch]
    seconds: float
    """Seconds of training, interrupted attempts included up to their last checkpoint."""
    kept: Kept = field(default_factory=Kept, init=False, repr=False, compare=False)
    """Representations for further evaluations, which no copy has."""

    @property
    def device(self) -> torch.device:
        """Device of its weights."""
        first: torch.Tensor = next(iter(self.encoder.state_dict().values()))
        return first.device

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return h, float32 (N, width) on the encoder's device, of images (N, C, H, W): uint8, or float in [0, 1].

        The square in the middle is resized to the size of the training's views; the encoder normalises it where
        ``encoder.normalize`` says so. Batch norm uses its running statistics. Raises as ``as_views`` does.
        """
        views = as_views(images, self.config.data.image_size, self.config.data.channels)
        return extract_views(self.encoder, (part.to(self.device) for part in views.split(BATCH)), self.numerics)

    def save(self, path: str | AnyPath) -> None:
        """Write everything to one file, whole or not at all."""
        path = as_path(path)
        state = {
            "version": VERSION,
            "config": self.config.model_dump(mode="json"),
            "classes": self.classes,
            "encoder": self.encoder.state_dict(),
            "head": self.head.state_dict(),
            "moments": measured_moments(self.encoder),
            "numerics": asdict(self.numerics),
            "history": [epoch.to_json() for epoch in self.history],
            "seconds": self.seconds,
        }
        save_checkpoint(path, state)


def load_pretrained(path: str | AnyPath, device: str | torch.device | None = None) -> Pretrained | None:
    """Load what ``Pretrained.save`` wrote, or return None where there is no readable file.

    ``device`` is where to put it; None: the first GPU, else the CPU.
    """
    state, device = load_checkpoint(as_path(path)), pick_device(device)
    if state is None:
        return None
    config = PretrainConfig.model_validate(state["config"])
    numerics = Numerics(**state["numerics"])
    encoder, head = _model_with(config, state["classes"], state["encoder"], state["head"], numerics, device)
    set_moments(encoder, state.get("moments"))
    history = history_from_json(state["history"], config.loss.measures)
    return Pretrained(config, state["classes"], encoder, head, numerics, history, state["seconds"])


def copied(pretrained: Pretrained) -> Pretrained:
    """Return a copy with its own weights, and with batch norms that do not wait for other processes."""
    p = pretrained
    weights = p.encoder.state_dict(), p.head.state_dict()
    encoder, head = _model_with(p.config, p.classes, *weights, p.numerics, p.device)
    set_moments(encoder, measured_moments(p.encoder))
    return replace(pretrained, encoder=encoder, head=head)


def _model_with(
    config: PretrainConfig,
    classes: int,
    encoder_weights: dict[str, Any],
    head_weights: dict[str, Any],
    numerics: Numerics,
    device: torch.device,
) -> tuple[Encoder, nn.Sequential]:
    encoder, head = build_model(config, classes)
    encoder.load_state_dict(encoder_weights)
    head.load_state_dict(head_weights)
    encoder.to(device, memory_format=numerics.memory_format)  # type: ignore[call-overload]
    return encoder, head.to(device)
