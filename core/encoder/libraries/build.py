"""Encoders of timm and torchvision from their configuration."""

from core.config.data import COLORS
from core.config.models.library import Timm, Torchvision
from core.encoder.layers.normalize import build_normalize
from core.encoder.libraries.model import TimmModel, TorchvisionModel
from core.encoder.libraries.network import timm_network, torchvision_network
from core.encoder.libraries.normalisation import moments


def build_timm(config: Timm, image_size: int, channels: int = COLORS) -> TimmModel:
    """Build a model of timm for views (B, channels, image_size, image_size), initialised from torch's global
    generator."""
    network = timm_network(config, image_size, channels=channels)
    return TimmModel(network, config.output, build_normalize(moments(config), channels))


def build_torchvision(config: Torchvision, image_size: int) -> TorchvisionModel:
    """Build a model of torchvision for views of ``image_size`` pixels, initialised from torch's global generator."""
    network = torchvision_network(config, image_size)
    return TorchvisionModel(network, config.output, build_normalize(moments(config), COLORS))
