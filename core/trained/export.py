"""Encoders for other programs: a safetensors file with its configuration, whose tensors have the names of timm's or
torchvision's model where there is one.

An encoder takes views in [0, 1] that are not normalised by a mean and a deviation. A library's model that was trained
on normalised views takes these.
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
from core.encoder.library import LibraryModel, timm_options, torchvision_options
from core.errors import DataError, check_type
from core.files import as_local, as_path, whole_file
from core.remote import AnyPath
from core.trained.pretrained import Pretrained

CONFIG = "config"
FORMER_PREFIX = "network."
"""Start of the names in files of earlier versions, for models of a library."""


def export_encoder(pretrained: Pretrained, path: str | AnyPath) -> None:
    """Write f, without g, to a safetensors file that holds the configuration too. ``load_encoder`` reads it, and so do
    timm and torchvision where f is one of their models: see ``library_call``."""
    check_type(pretrained, Pretrained, "pretrained")
    target = as_path(path)
    content = save(
        _weights(pretrained.encoder.named_as_elsewhere), metadata={CONFIG: pretrained.config.model_dump_json()}
    )
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
    encoder = build_encoder(config.encoder, config.data.image_size, config.data.channels)
    if all(name.startswith(FORMER_PREFIX) for name in weights):
        weights = {name.removeprefix(FORMER_PREFIX): tensor for name, tensor in weights.items()}
    encoder.named_as_elsewhere.load_state_dict(weights)
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
    """Return mean and deviation, by colour, that the library's model of an exported f takes views normalised by. f
    itself normalises them. None where views are in [0, 1] as they are."""
    encoder = pretrained.encoder
    if not isinstance(encoder, LibraryModel) or not encoder.normalizes:
        return None
    return encoder.mean.flatten().tolist(), encoder.deviation.flatten().tolist()


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
