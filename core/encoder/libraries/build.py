"""Encoders of timm and torchvision from their configuration."""

from core.config.models.library import Timm, Torchvision
from core.encoder.libraries.model import TimmModel, TorchvisionModel
from core.encoder.libraries.network import timm_network, torchvision_network
from core.encoder.libraries.normalisation import moments


def build_timm(config: Timm, image_size: int) -> TimmModel:
    """Build a model of timm for views of ``image_size`` pixels, initialised from torch's global generator."""
    return TimmModel(timm_network(config, image_size), config.output, moments(config))


def build_torchvision(config: Torchvision, image_size: int) -> TorchvisionModel:
    """Build a model of torchvision for views of ``image_size`` pixels, initialised from torch's global generator."""
    return TorchvisionModel(torchvision_network(config, image_size), config.output, moments(config))
