"""Encoders for other programs: a safetensors file with its configuration, or weights for torchvision's ResNet.

An encoder takes views in [0, 1] that are not normalised by a mean and a deviation.
"""

import json

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from core.config.train import PretrainConfig
from core.encoder.build import build_encoder
from core.encoder.encoder import Encoder
from core.errors import DataError, check_type
from core.files import as_local, as_path, whole_file
from core.remote import AnyPath
from core.trained.pretrained import Pretrained

CONFIG = "config"


def export_encoder(pretrained: Pretrained, path: str | AnyPath) -> None:
    """Write f, without g, to a safetensors file that holds the configuration too. ``load_encoder`` reads it."""
    check_type(pretrained, Pretrained, "pretrained")
    target = as_path(path)
    content = save(_weights(pretrained.encoder), metadata={CONFIG: pretrained.config.model_dump_json()})
    with whole_file(target) as file:
        file.write(content)


def load_encoder(path: str | AnyPath) -> Encoder:
    """Load the encoder f that ``export_encoder`` wrote, on the CPU and in evaluation mode. Runs no code from the file.

    Raises ``FileNotFoundError``, and ``DataError`` where ``export_encoder`` did not write the file.
    """
    try:
        with as_local(as_path(path)) as local, safe_open(local, "pt") as file:
            config = PretrainConfig.model_validate(json.loads(file.metadata()[CONFIG]))
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, TypeError, KeyError, ValueError) as error:
        raise DataError(f"{path}: is not an encoder that export_encoder wrote ({error})") from error
    encoder = build_encoder(config.encoder, config.data.image_size)
    encoder.load_state_dict(weights)
    return encoder.eval()


def torchvision_weights(pretrained: Pretrained) -> dict[str, Tensor]:
    """Return f as a state dict of torchvision's model of the same name, without its ``fc``:
    ``model.load_state_dict(weights, strict=False)``.

    Raises ValueError for an encoder that torchvision does not have, such as a ResNet of another width.
    """
    if wrong := pretrained.encoder.unlike_torchvision():
        raise ValueError(f"torchvision has no encoder with {' and '.join(wrong)}")
    return _weights(pretrained.encoder.named_as_elsewhere)


def _weights(encoder: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.cpu().contiguous() for name, tensor in encoder.state_dict().items()}
