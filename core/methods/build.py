"""Initialised encoders and methods from a configuration."""

from torch import nn

from core.config.methods import METHODS
from core.config.train import PretrainConfig
from core.encoder.build import build_encoder
from core.encoder.encoder import Encoder
from core.encoder.weights import start_from_weights
from core.methods.method import Method
from core.randomness import generator, seeded


def build_training(config: PretrainConfig, images: int, classes: int) -> tuple[Encoder, Method]:
    """Build encoder and method on the CPU, initialised from ``config.seed`` or from the encoder's
    ``weights``, for this number of training images."""
    with seeded(generator(config.seed, "initialisation")):
        encoder = build_encoder(config.encoder, config.data.image_size, config.data.channels)
        start_from_weights(config.encoder, encoder, config.data.image_size)
        return encoder, method_of(config)(config, encoder, images, classes)


def build_model(config: PretrainConfig, classes: int) -> tuple[Encoder, nn.Sequential]:
    """Build the encoder f and the method's head only, with the same initialisation."""
    with seeded(generator(config.seed, "initialisation")):
        encoder = build_encoder(config.encoder, config.data.image_size, config.data.channels)
        return encoder, method_of(config).build_head(config, encoder, classes)


def method_of(config: PretrainConfig) -> type[Method]:
    """Return the class of the method that a configuration chooses."""
    found: type[Method] = METHODS.code(config.loss)
    return found
