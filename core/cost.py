"""Cost of a training: floating-point operations and memory. Torch is imported only for an encoder that was not counted
before."""

import hashlib
import importlib.util
import inspect
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.config.data import COLORS
from core.config.encoder import ENCODERS, EncoderConfig
from core.config.train import PretrainConfig
from core.files import cache_dir, write_text

BACKWARD = 2
"""Number of forward passes that cost as much as a backward pass, about."""
FLOAT32 = 4
"""Bytes of a number in single precision."""


@dataclass(frozen=True)
class EncoderCost:
    """Cost of one encoder for views of one size."""

    parameters: int
    """Number of weights in matrices and kernels; vectors (batch norm and biases) are thousandths of them."""
    flops: int
    """Floating-point operations of a forward pass for one view; a multiplication and an addition are two."""
    activations: int
    """Number of output values of its convolutions and linear layers for one view."""


def encoder_cost(config: EncoderConfig, image_size: int, channels: int = COLORS) -> EncoderCost:
    """Return the cost of an encoder for views (B, channels, image_size, image_size).

    Counting builds the encoder, which needs torch. The counts are therefore kept in the user's cache folder, so that a
    program that plans trainings of known encoders starts without torch. An encoder whose code has changed is counted
    again.
    """
    return _encoder_cost(config, image_size, channels, _code_of(type(config)))


@lru_cache(maxsize=1024)
def _encoder_cost(config: EncoderConfig, image_size: int, channels: int, code: str) -> EncoderCost:
    key = hashlib.sha256(f"{config.model_dump_json()}/{image_size}/{channels}/{code}".encode()).hexdigest()[:16]
    path = cache_dir() / "encoders" / f"{key}.json"
    try:
        return EncoderCost(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        pass
    from core.encoder.count import count  # here, since torch comes with it

    counts = count(config, image_size, channels)
    write_text(path, json.dumps(counts))
    return EncoderCost(**counts)


def parameters(config: EncoderConfig, image_size: int, channels: int = COLORS) -> int:
    """Number of weights of the encoder f, without those of batch norm."""
    return encoder_cost(config, image_size, channels).parameters


def forward_flops(config: EncoderConfig, image_size: int, channels: int = COLORS) -> int:
    """Floating-point operations of a forward pass for one view."""
    return encoder_cost(config, image_size, channels).flops


def training_flops(config: PretrainConfig) -> int:
    """Floating-point operations of a training step for one image: a forward pass for each of its views, a backward pass
    for each view that is trained on, and what the method computes outside the encoder. A pass counts by its
    share."""
    channels = config.data.channels
    passes = sum(
        each.share
        * each.copies
        * (1 + BACKWARD * each.has_gradient)
        * forward_flops(config.encoder, each.size, channels)
        for each in config.passes
    )
    return round(passes) + config.loss.flops(config)


def training_passes(config: PretrainConfig) -> float:
    """Forward passes through the encoder for each image, in all epochs. A backward pass is two; a view of another size
    than the images counts by its pixels."""
    side = config.data.image_size
    step = sum(
        each.share * each.copies * (1 + BACKWARD * each.has_gradient) * (each.size / side) ** 2
        for each in config.passes
    )
    return config.epochs * step


def training_pixels(config: PretrainConfig) -> int:
    """Number of pixels of all views of one image in a training step."""
    return round(sum(each.share * each.copies * each.size**2 for each in config.passes))


def training_bytes(config: PretrainConfig, value_bytes: int, workers: int = 1, images: int = 0) -> int:
    """Memory of a training step in bytes, about, for each of several ``workers`` that share the batch.

    It is the sum of what the backward pass needs (each convolution's output before and after batch norm, in values of
    ``value_bytes``), of the weights with their gradients and the optimiser's values in float32, of a target's weights,
    of what the method keeps for this number of training ``images``, and of a batch of images that keep their shape.
    Recomputation, which needs less, is not counted.
    """
    kept = [_kept_values(config, each.copies, each.size, workers, each.share) for each in config.trained_passes]
    activations = max(kept) if config.batch_norm_chunk else sum(kept)
    each, data = 2 + config.optimizer.state_values + config.loss.has_target, config.data
    weights = each * FLOAT32 * parameters(config.encoder, data.image_size, data.channels)
    state = config.loss.state_bytes(config, images)
    return 2 * value_bytes * activations + weights + state + canvas_bytes(config, workers)


def canvas_bytes(config: PretrainConfig, workers: int = 1) -> int:
    """Bytes of one batch of images that keep their shape, each on a square of the longest side: a worker's share of it.
    0 for squares, which lie on the device all together or take a few bytes."""
    data = config.data
    return config.batch_size // workers * data.channels * data.longest_side**2 if data.shape == "own" else 0


def _kept_values(config: PretrainConfig, copies: int, size: int, workers: int, share: float) -> int:
    views = copies * config.batch_size
    at_once = min(views, config.batch_norm_chunk or views) // workers
    return round(share * at_once * encoder_cost(config.encoder, size, config.data.channels).activations)


@lru_cache(maxsize=1024)
def _code_of(kind: type[EncoderConfig]) -> str:
    """Hash of an encoder's source: of the module that builds it, and of the modules beside it if it was registered by
    name. The user's own code has its hash with it, and its file need not be there."""
    if kind.own_code:
        return kind.own_code.hash
    code = ENCODERS.source(kind)
    if isinstance(code, str):
        spec = importlib.util.find_spec(code.partition(":")[0])
        assert spec is not None
        assert spec.origin is not None
        files = sorted(Path(spec.origin).parent.glob("*.py"))
    else:
        files = [Path(inspect.getfile(code))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
