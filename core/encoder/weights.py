"""Weights that an encoder starts from: of a file, or of a library."""

from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from core.config.encoder import EncoderConfig
from core.config.models.library import Timm
from core.config.models.weights import StartingWeights, file_hash
from core.encoder.encoder import Encoder
from core.encoder.library import pretrained_by_timm
from core.errors import DataError

INSIDE = ("encoder", "state_dict", "model")
"""Keys behind which a ``.pt`` file may have its tensors. ``encoder`` is that of a finished trial's file."""
PREFIXES = ("network.", "module.")
"""Starts of all names that are left out: of an exported encoder, and of DistributedDataParallel."""
CLASSIFIER = ("fc.", "classifier.", "head.", "heads.", "head_dist.", "aux", "AuxLogits.")
"""Starts of names that an encoder does not need."""
Weights = dict[str, Tensor]


def start_from_weights(config: EncoderConfig, encoder: Encoder, image_size: int) -> None:
    """Load the weights that the configuration names, if it does. Downloads only a library's tag.

    Raises ``DataError`` where the weights are gone, others than planned, or do not fit.
    """
    if not isinstance(config, StartingWeights) or config.weights_hash is None:
        return
    found = _of_library(config, config.tag, image_size) if config.tag else _of_planned_file(config)
    _load(encoder.named_as_elsewhere, found, config.weights or config.weights_hash)


def read_weights(path: str) -> Weights:
    """Return the tensors of a file by name, on the CPU. Runs no code from it. Raises ``DataError``."""
    try:
        found: Any = load_file(path) if path.endswith(".safetensors") else torch.load(path, "cpu", weights_only=True)
    except (SafetensorError, OSError) as error:
        raise DataError(f"encoder.weights: {path} cannot be read ({error})") from error
    except Exception as error:  # a damaged file, or one of other things than tensors, may raise almost anything
        raise DataError(
            f"encoder.weights: {path} is no file of tensors alone; save it as safetensors ({type(error).__name__})"
        ) from error
    inner = next((found[key] for key in INSIDE if isinstance(found.get(key), dict)), found)
    weights = {name: value for name, value in inner.items() if isinstance(value, Tensor)}
    prefix = next((each for each in PREFIXES if weights and all(name.startswith(each) for name in weights)), "")
    return {name.removeprefix(prefix): value for name, value in weights.items()}


def _of_planned_file(config: StartingWeights) -> Weights:
    known = config.weights_hash
    if config.weights is None:
        raise DataError(f"encoder.weights_hash is {known}, and no file is given; write encoder.weights")
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
    return dict(pretrained_by_timm(config, tag, image_size).state_dict())


def _no_tag(config: StartingWeights, tag: str, known: list[str]) -> DataError:
    name: str = config.name  # type: ignore[attr-defined]
    return DataError(
        f"encoder.weights: {config.library} has no weights {tag!r} of {name}; known are {', '.join(known)}"
    )


def _load(network: nn.Module, weights: Weights, source: str) -> None:
    wanted = network.state_dict()
    missing = [name for name in wanted if name not in weights and not name.endswith("num_batches_tracked")]
    other = [name for name in weights if name not in wanted and not name.startswith(CLASSIFIER)]
    shapes = [name for name in wanted if name in weights and weights[name].shape != wanted[name].shape]
    for told, names in (("lacks", missing), ("also has", other), ("has another shape of", shapes)):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise DataError(
                f"encoder.weights: {source} {told} {', '.join(names[:3])}{more}; it is of another encoder, take the "
                "encoder of the file"
            )
    network.load_state_dict({name: weights[name] for name in wanted if name in weights}, strict=False)
