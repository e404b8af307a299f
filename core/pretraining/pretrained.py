"""What a pretraining leaves behind."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import nn

from core.config.loss import CrossEntropy
from core.config.train import PretrainConfig
from core.encoder.head import build_classifier, build_head
from core.encoder.resnet import ResNet, build_encoder
from core.numerics import Numerics
from core.pretraining.checkpoint import load_checkpoint, save_checkpoint
from core.pretraining.history import Epoch
from core.randomness import generator
from core.remote import AnyPath


@dataclass(frozen=True)
class Pretrained:
    """An encoder f, its head g, and how they came about."""

    config: PretrainConfig
    classes: int
    """Of the data set that it was trained on."""
    encoder: ResNet
    head: nn.Sequential
    """g, or the classifier of a supervised training."""
    numerics: Numerics
    history: list[Epoch]
    seconds: float
    """Of training, interrupted attempts included up to their last checkpoint."""

    @property
    def device(self) -> torch.device:
        return next(self.encoder.parameters()).device

    def save(self, path: AnyPath) -> None:
        """Write everything to one file, whole or not at all."""
        state = {
            "config": self.config.model_dump(mode="json"),
            "classes": self.classes,
            "encoder": self.encoder.state_dict(),
            "head": self.head.state_dict(),
            "numerics": asdict(self.numerics),
            "history": [asdict(epoch) for epoch in self.history],
            "seconds": self.seconds,
        }
        save_checkpoint(path, state)


def load_pretrained(path: AnyPath, device: torch.device) -> Pretrained | None:
    """What ``Pretrained.save`` wrote, or None where there is no readable file."""
    state = load_checkpoint(path)
    if state is None:
        return None
    config = PretrainConfig.model_validate(state["config"])
    numerics = Numerics(**state["numerics"])
    encoder, head = _model_with(config, state["classes"], state["encoder"], state["head"], numerics, device)
    history = [Epoch(**epoch) for epoch in state["history"]]
    return Pretrained(config, state["classes"], encoder, head, numerics, history, state["seconds"])


def copied(pretrained: Pretrained) -> Pretrained:
    """With the same weights and batch norms that ask no other process for anything."""
    p = pretrained
    weights = p.encoder.state_dict(), p.head.state_dict()
    encoder, head = _model_with(p.config, p.classes, *weights, p.numerics, p.device)
    return replace(pretrained, encoder=encoder, head=head)


def _model_with(
    config: PretrainConfig,
    classes: int,
    encoder_weights: dict[str, Any],
    head_weights: dict[str, Any],
    numerics: Numerics,
    device: torch.device,
) -> tuple[ResNet, nn.Sequential]:
    encoder, head = build_model(config, classes)
    encoder.load_state_dict(encoder_weights)
    head.load_state_dict(head_weights)
    encoder.to(device, memory_format=numerics.memory_format)  # type: ignore[call-overload]
    return encoder, head.to(device)


def build_model(config: PretrainConfig, classes: int) -> tuple[ResNet, nn.Sequential]:
    """Encoder f and head g on the CPU, initialised from ``config.seed``; torch's global generators stay as they are.

    For a supervised training, a classifier of so many classes stands in the place of g.
    """
    with torch.random.fork_rng(devices=[]):
        # torch.manual_seed would seed the generators of all GPUs as well
        torch.default_generator.manual_seed(generator(config.seed, "initialisation").initial_seed())
        encoder = build_encoder(config.encoder, config.data.image_size)
        if isinstance(config.loss, CrossEntropy):
            return encoder, build_classifier(encoder.output, classes)
        return encoder, build_head(config.head, encoder.output)
