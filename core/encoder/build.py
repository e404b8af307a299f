"""An encoder from its configuration."""

from core.config.encoder import ENCODERS, EncoderConfig
from core.encoder.encoder import Encoder


def build_encoder(config: EncoderConfig, image_size: int) -> Encoder:
    """Build the encoder f for views of ``image_size`` pixels, initialised from torch's global generator."""
    encoder = ENCODERS.code(config)(config, image_size)
    assert isinstance(encoder, Encoder), f"{type(encoder).__name__} is not a core.encoder.encoder.Encoder"
    return encoder
