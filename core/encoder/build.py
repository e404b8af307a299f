"""An encoder from its configuration."""

from core.config.encoder import ENCODERS, EncoderConfig
from core.encoder.encoder import Encoder


def build_encoder(config: EncoderConfig, image_size: int) -> Encoder:
    """Build the encoder f for views of ``image_size`` pixels, initialised from torch's global generator.

    Raises ``TypeError`` or ValueError where the module is not what its configuration says.
    """
    encoder = ENCODERS.code(config)(config, image_size)
    if not isinstance(encoder, Encoder):
        raise TypeError(f"encoder.kind {config.kind}: {type(encoder).__name__} is not a core.encoder.encoder.Encoder")
    if encoder.width != config.output:
        raise ValueError(
            f"encoder.kind {config.kind}: its configuration says that h has {config.output} features, its module "
            f"{encoder.width}"
        )
    if missing := [stage for stage in config.stages if stage not in encoder.stage_names]:
        raise ValueError(
            f"encoder.kind {config.kind}: its configuration has the stages {', '.join(missing)}, and its module has "
            "none of that name"
        )
    return encoder
