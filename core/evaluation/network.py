"""An encoder with a linear classifier, to be trained by labels or by a teacher."""

import copy

import torch
from torch import Tensor, nn

from core.config.protocols.base import Representation
from core.data.dataset import Split
from core.numerics import Numerics
from core.trained.features import encode, extract, scored_part
from core.trained.pretrained import Pretrained


class Network(nn.Module):
    """Body and classifier, which computes in float32 whatever the precision of the body is."""

    def __init__(self, body: nn.Module, classifier: nn.Linear, numerics: Numerics) -> None:
        super().__init__()
        self.body = body
        """Maps views (B, C, S, S) to features (B, d)."""
        self.classifier = classifier
        """Maps features (B, d) to logits (B, classes)."""
        self.numerics = numerics

    def forward(self, views: Tensor) -> Tensor:
        """Return logits, float32 (B, classes), of views (B, C, S, S) in [0, 1]."""
        with self.numerics.autocast(views.device):
            features = self.body(views.contiguous(memory_format=self.numerics.memory_format))
        logits: Tensor = self.classifier(features.float())
        return logits


def network_on(pretrained: Pretrained, representation: Representation, classes: int) -> Network:
    """Return a copy of the scored part of a pretrained network, with a linear classifier that starts at zero.

    The released code sets the classifier to zero wherever it loads an encoder.
    """
    body = copy.deepcopy(scored_part(pretrained, representation))
    width, device = _width(body, pretrained), pretrained.device
    classifier = nn.utils.skip_init(nn.Linear, width, classes, device=device)  # no draw from the global generator
    nn.init.zeros_(classifier.weight)
    nn.init.zeros_(classifier.bias)
    return Network(body, classifier, pretrained.numerics)


def predict(network: Network, pretrained: Pretrained, split: Split, test_crop: float) -> tuple[Tensor, Tensor]:
    """Return logits (N, classes) and labels of the images that have a label, in evaluation mode. ``test_crop`` is the
    side of the square that is scored, as a share of an image's shorter side."""
    features, labels = encode(network.body, pretrained, split, test_crop)
    with torch.inference_mode():
        return network.classifier(features), labels


def _width(body: nn.Module, pretrained: Pretrained) -> int:
    """Return the number of features d, found with a black image."""
    data = pretrained.config.data
    image = torch.zeros(1, data.channels, data.image_size, data.image_size, dtype=torch.uint8)
    return extract(body, image, pretrained.numerics, pretrained.device).shape[1]
