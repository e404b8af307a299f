"""A classifier on a copy of a pretrained network, to be trained by SGD."""

import copy

import torch
from torch import Tensor, nn

from core.config.protocols.base import Representation
from core.data.dataset import Split
from core.trained.features import encode, extract, scored_part
from core.trained.pretrained import Pretrained


class Network(nn.Module):
    """A copy of the scored part of a pretrained network, with a linear classifier that starts at zero.

    The released code sets the classifier to zero wherever it loads an encoder.
    """

    def __init__(self, pretrained: Pretrained, representation: Representation, classes: int) -> None:
        super().__init__()
        self.body = copy.deepcopy(scored_part(pretrained, representation))
        """Maps views (B, 3, S, S) to features (B, d)."""
        self.classifier = nn.utils.skip_init(  # its initialisation would use torch's global generator
            nn.Linear, _width(self.body, pretrained), classes, device=pretrained.device
        )
        """Maps features (B, d) to logits (B, classes)."""
        nn.init.zeros_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)


def predict(network: Network, pretrained: Pretrained, split: Split, test_crop: float) -> tuple[Tensor, Tensor]:
    """Return logits (N, classes) and labels of the images that have a label, in evaluation mode. ``test_crop`` is the
    side of the square that is scored, as a share of an image's shorter side."""
    features, labels = encode(network.body, pretrained, split, test_crop)
    with torch.inference_mode():
        return network.classifier(features), labels


def _width(body: nn.Module, pretrained: Pretrained) -> int:
    """Return the number of features d, found with a black image."""
    side = pretrained.config.data.image_size
    image = torch.zeros(1, 3, side, side, dtype=torch.uint8)
    return extract(body, image, pretrained.numerics, pretrained.device).shape[1]
