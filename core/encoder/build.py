"""An encoder from its configuration."""

from core.config.data import COLORS
from core.config.encoder import ENCODERS, EncoderConfig
from core.encoder.encoder import Encoder


def build_encoder(config: EncoderConfig, image_size: int, channels: int = COLORS) -> Encoder:
    """Build the encoder f for views (B, channels, image_size, image_size), initialised from torch's global generator.

    Raises ``TypeError`` or ValueError where the module is not what its configuration says.
    """
    sizes = (image_size, channels) if config.takes_channels else (image_size,)
    encoder = ENCODERS.code(config)(config, *sizes)
    if not isinstance(encoder, Encoder):
        raise TypeError(f"encoder.kind {config.kind}: {type(encoder).__name__} is not a core.encoder.encoder.Encoder")
    if encoder.width != (width := config.output_of(channels)):
        raise ValueError(
            f"encoder.kind {config.kind}: its configuration says that h has {width} features, its module "
            f"{encoder.width}"
        )
    if missing := [stage for stage in config.stages if stage not in encoder.stage_names]:
        raise ValueError(
            f"encoder.kind {config.kind}: its configuration has the stages {', '.join(missing)}, and its module has "
            "none of that name"
        )
    return encoder
