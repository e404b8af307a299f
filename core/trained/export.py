"""Encoders for other programs: a safetensors file with its configuration, whose tensors have the names of timm's or
torchvision's model where there is one.

An encoder takes views in [0, 1], and normalises them itself where ``encoder.normalize`` says so. A library's model that
is built from the file takes views that are normalised already; see ``moments``.
"""

import json
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from core.config.models.library import Timm
from core.config.train import PretrainConfig
from core.encoder.build import build_encoder
from core.encoder.encoder import Encoder
from core.encoder.layers.normalize import measured_moments, moments_of, set_moments
from core.encoder.libraries.network import timm_options, torchvision_options
from core.encoder.weights import CONFIG
from core.errors import DataError, check_type
from core.files import as_local, as_path, whole_file
from core.remote import AnyPath
from core.trained.module_input import take_images
from core.trained.pretrained import Pretrained

MOMENTS = "moments"
"""Key of a file's metadata: the moments that were measured on the training images."""
FORMER_PREFIX = "network."
"""Start of the names in files of earlier versions, for models of a library."""


def export_encoder(pretrained: Pretrained, path: str | AnyPath) -> None:
    """Write f, without g, to a safetensors file that holds the configuration too. ``load_encoder`` reads it, and so do
    timm and torchvision where f is one of their models: see ``library_call``."""
    check_type(pretrained, Pretrained, "pretrained")
    target, encoder = as_path(path), pretrained.encoder
    told = {CONFIG: pretrained.config.model_dump_json()}
    if measured := measured_moments(encoder):
        told[MOMENTS] = json.dumps(measured)
    content = save(_weights(encoder.named_as_elsewhere), metadata=told)
    with whole_file(target) as file:
        file.write(content)


def load_encoder(path: str | AnyPath) -> Encoder:
    """Load the encoder f that ``export_encoder`` wrote, on the CPU and in evaluation mode. Runs no code from the file.

    It maps images (N, C, H, W), uint8 or float in [0, 1], to h (N, width); see ``core.trained.module_input``. It
    resizes nothing: images should have about the size of the training's views, and for some encoders just that.

    Raises ``FileNotFoundError``, and ``DataError`` where ``export_encoder`` did not write the file.
    """
    try:
        with as_local(as_path(path)) as local, safe_open(local, "pt") as file:
            told = file.metadata()
            config = PretrainConfig.model_validate(json.loads(told[CONFIG]))
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, TypeError, KeyError, ValueError) as error:
        raise DataError(f"{path}: is not an encoder that export_encoder wrote ({error})") from error
    encoder = build_encoder(config.encoder, config.data.image_size, config.data.channels)
    if all(name.startswith(FORMER_PREFIX) for name in weights):
        weights = {name.removeprefix(FORMER_PREFIX): tensor for name, tensor in weights.items()}
    encoder.named_as_elsewhere.load_state_dict(weights)
    set_moments(encoder, json.loads(told.get(MOMENTS, "null")))
    take_images(encoder, config.data.channels)
    return encoder.eval()


def library_call(pretrained: Pretrained, path: str) -> str | None:
    """Return the line of Python by which timm or torchvision builds f, without a classifier of use, from the file that
    ``export_encoder`` wrote to ``path``. None where neither has such a model.

    torchvision's line returns the names that the file lacks, those of the classifier.
    """
    config, encoder = pretrained.config.encoder, pretrained.encoder
    if isinstance(config, Timm):
        data = pretrained.config.data
        options = {"num_classes": 0, "checkpoint_path": path} | timm_options(config, data.image_size, data.channels)
        return f"timm.create_model({config.name!r}, {_arguments(options)})"
    if encoder.unlike_torchvision():
        return None
    name: str = config.name  # type: ignore[attr-defined]  # torchvision has it by name
    options = torchvision_options(name, pretrained.config.data.image_size)
    built = f"torchvision.models.get_model({', '.join(filter(None, [repr(name), _arguments(options)]))})"
    return f"{built}.load_state_dict(safetensors.torch.load_file({path!r}), strict=False)"


def moments(pretrained: Pretrained) -> tuple[list[float], list[float]] | None:
    """Return mean and deviation, by channel, that the library's model of an exported f takes views normalised by. f
    itself normalises them. None where views are in [0, 1] as they are."""
    found = moments_of(pretrained.encoder)
    return None if found is None else (list(found[0]), list(found[1]))


def _arguments(options: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in options.items())


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
