"""Weights that an encoder starts from: of a file, of a finished trial, or of a library."""

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from core.config.encoder import EncoderConfig
from core.config.models.library import Timm
from core.config.models.weights import ENCODER, TRIAL, StartingWeights, file_hash
from core.config.train import PretrainConfig
from core.encoder.build import build_encoder
from core.encoder.encoder import Encoder
from core.encoder.fingerprint import encoder_hash
from core.encoder.libraries.network import timm_network
from core.errors import DataError, StorageAway, is_out_of_memory
from core.files import as_local, as_path

INSIDE = ("encoder", "state_dict", "model")
"""Keys behind which a ``.pt`` file may have its tensors. ``encoder`` is that of a finished trial's file."""
PREFIXES = ("network.", "module.")
"""Starts of all names that are left out: of an exported encoder, and of DistributedDataParallel."""
CLASSIFIER = ("fc.", "classifier.", "head.", "heads.", "head_dist.", "aux", "AuxLogits.")
"""Starts of names that an encoder does not need."""
PLAIN = ".safetensors"
CONFIG = "config"
"""Key of the training's configuration in a file that this program wrote."""
FEW = 3
"""Tensors that a message names."""
Weights = dict[str, Tensor]
Shapes = Mapping[str, torch.Size]
"""Shapes of tensors by name."""


def start_from_weights(config: EncoderConfig, encoder: Encoder, image_size: int) -> None:
    """Load the weights that the configuration names, if it does. Downloads only a library's tag.

    Raises ``DataError`` where the weights are gone, others than planned, or do not fit.
    """
    if not isinstance(config, StartingWeights) or config.weights_hash is None:
        return
    found = _of_library(config, config.tag, image_size) if config.tag else _of_planned_file(config)
    _load(encoder.named_as_elsewhere, found, config.weights or config.weights_hash)
    loaded = f"{ENCODER}{encoder_hash(encoder)}"
    if config.weights_hash.startswith(ENCODER) and config.weights_hash != loaded:
        raise DataError(
            f"encoder.weights: {config.weights} had {config.weights_hash} when it was planned, and has {loaded}; "
            "plan anew"
        )


def misfit(config: PretrainConfig, other: PretrainConfig) -> str:
    """Return why the encoder of a training cannot start from another's weights; empty if it can.

    Both are built on the meta device, which computes and stores nothing.
    """
    found = (_form(each.encoder, each.data.image_size, each.data.channels) for each in (config, other))
    return _difference(*found)


@lru_cache(maxsize=64)
def file_misfit(config: StartingWeights, image_size: int, channels: int) -> str:
    """Return why an encoder for views (B, channels, image_size, image_size) cannot start from the file that it names,
    and what the file holds; empty if it can. Reads the shapes of the file's tensors alone. Raises ``DataError``."""
    assert isinstance(config, EncoderConfig)
    found = _shapes(read_weights(str(config.weights), "meta"))
    told = _difference(_form(config, image_size, channels), found)
    return told and f"{told}; {_content(str(config.weights), found)}"


def read_weights(path: str, device: str = "cpu") -> Weights:
    """Return the tensors of a file or an object by name; on the device ``meta``, their shapes alone are read. Runs no
    code from it. Raises ``DataError`` for a file that cannot be read. A storage that does not answer, and
    memory that ran out, are raised as they are."""
    try:
        with as_local(as_path(path)) as local:
            found: Any = _plain(local, device) if path.endswith(PLAIN) else _pickled(local, device)
    except StorageAway:  # it may answer again, and so is no fault of the file
        raise
    except (SafetensorError, OSError) as error:
        raise DataError(f"encoder.weights: {path} cannot be read ({error})") from error
    except Exception as error:  # a damaged file, or one of other things than tensors, may raise almost anything
        if is_out_of_memory(error):
            raise
        raise DataError(
            f"encoder.weights: {path} is no file of tensors alone; save it as safetensors ({type(error).__name__})"
        ) from error
    inner = next((found[key] for key in INSIDE if isinstance(found.get(key), dict)), found)
    weights = {name: value for name, value in inner.items() if isinstance(value, Tensor)}
    prefix = next((each for each in PREFIXES if weights and all(name.startswith(each) for name in weights)), "")
    return {name.removeprefix(prefix): value for name, value in weights.items()}


def _plain(path: Path, device: str) -> Weights:
    if device != "meta":
        return load_file(path, device)
    with safe_open(path, "pt") as file:
        shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
    return {name: torch.empty(shape, device=device) for name, shape in shapes.items()}


def _pickled(path: Path, device: str) -> Any:
    return torch.load(path, device, weights_only=True)


def _content(path: str, found: Shapes) -> str:
    """The content of a file of other weights: the encoder's settings, if this program wrote it, else some tensors."""
    with as_local(as_path(path)) as local, suppress(ValidationError, LookupError, TypeError):
        values = _config(local) if path.endswith(PLAIN) else _pickled(local, "meta")[CONFIG]
        known = PretrainConfig.model_validate(values)
        encoder = known.encoder.model_dump(exclude_defaults=True, exclude={"kind", "weights_hash"})
        settings = ", ".join(f"{name}: {value}" for name, value in {"kind": known.encoder.kind, **encoder}.items())
        return f"it holds encoder {{{settings}}} for data.image_size {known.data.image_size}"
    first = ", ".join(f"{name} {tuple(shape)}" for name, shape in list(found.items())[:FEW])
    return f"it holds {len(found)} tensors, {first} and so on" if found else "it holds no tensor"


def _config(path: Path) -> Any:
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()[CONFIG])


def _of_planned_file(config: StartingWeights) -> Weights:
    known = config.weights_hash
    if config.weights is None:
        raise DataError(f"encoder.weights_hash is {known}, and no file is given; write encoder.weights")
    if config.weights.startswith(TRIAL):
        raise DataError(
            f"encoder.weights: {config.weights} is looked up by the plan of a study; without one, write the path of "
            "the trial's encoder.pt"
        )
    if str(known).startswith(ENCODER):
        return read_weights(config.weights)  # the hash is one of tensors, and is checked once they are loaded
    try:
        found = file_hash(config.weights)
    except ValueError as error:
        raise DataError(f"encoder.{error}, on this machine") from error
    if found != known:
        raise DataError(
            f"encoder.weights: {config.weights} had {known} when it was planned, and has {found}; plan anew"
        )
    return read_weights(config.weights)


def _of_library(config: StartingWeights, tag: str, image_size: int) -> Weights:
    if isinstance(config, Timm):
        return _of_timm(config, tag, image_size)
    from torchvision import models

    known = models.get_model_weights(config.name)  # type: ignore[attr-defined]
    if tag not in known.__members__:
        raise _no_tag(config, tag, list(known.__members__))
    return dict(known[tag].get_state_dict(progress=False, check_hash=True))


def _of_timm(config: Timm, tag: str, image_size: int) -> Weights:
    import timm

    known = [name.partition(".")[2] for name in timm.list_pretrained(f"{config.name}.*")]
    if tag not in known:
        raise _no_tag(config, tag, known)
    return dict(timm_network(config, image_size, tag).state_dict())


def _no_tag(config: StartingWeights, tag: str, known: list[str]) -> DataError:
    name: str = config.name  # type: ignore[attr-defined]
    return DataError(
        f"encoder.weights: {config.library} has no weights {tag!r} of {name}; known are {', '.join(known)}"
    )


def _load(network: nn.Module, weights: Weights, source: str) -> None:
    wanted = network.state_dict()
    if told := _difference(_shapes(wanted), _shapes(weights)):
        raise DataError(f"encoder.weights: {source} {told}; it is of another encoder, take the encoder of the file")
    network.load_state_dict({name: weights[name] for name in wanted if name in weights}, strict=False)


@lru_cache(maxsize=64)
def _form(config: EncoderConfig, image_size: int, channels: int) -> Shapes:
    with torch.device("meta"):
        network = build_encoder(config, image_size, channels).named_as_elsewhere
    return _shapes(network.state_dict())


def _shapes(tensors: Weights) -> Shapes:
    return {name: value.shape for name, value in tensors.items()}


def _difference(wanted: Shapes, found: Shapes) -> str:
    """Return what is wrong with tensors that are to be those of an encoder; empty if nothing is."""
    missing = [name for name in wanted if name not in found and not name.endswith("num_batches_tracked")]
    other = [name for name in found if name not in wanted and not name.startswith(CLASSIFIER)]
    shapes = [
        f"{name} ({tuple(found[name])}, not {tuple(wanted[name])})"
        for name in wanted
        if name in found and found[name] != wanted[name]
    ]
    for told, names in (("has another shape of", shapes), ("lacks", missing), ("also has", other)):
        if names:
            more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
            return f"{told} {', '.join(names[:FEW])}{more}"
    return ""
