"""What an encoder costs, counted from its configuration alone: no model is built, and torch is not imported."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.config.model import EncoderConfig

STAGES: dict[str, tuple[int, int, int, int]] = {
    "resnet10": (1, 1, 1, 1),
    "resnet18": (2, 2, 2, 2),
    "resnet34": (3, 4, 6, 3),
    "resnet50": (3, 4, 6, 3),
    "resnet101": (3, 4, 23, 3),
    "resnet152": (3, 8, 36, 3),
}
"""Blocks of each of the four stages (He et al. 2016, Table 1)."""
BASIC = ("resnet10", "resnet18", "resnet34")
SMALL_SIDE = 32
TORCHVISION_WIDTH = 64
"""Channels of the first stage."""
BESIDE = 2**29
"""Bytes that a process takes of a GPU beside its tensors, about: CUDA's context and its kernels."""
BACKWARD = 2
"""A backward pass is about two forward passes."""


@dataclass(frozen=True)
class Convolution:
    """One convolution, applied to a square of ``side`` output pixels a side."""

    inputs: int
    outputs: int
    kernel: int
    side: int

    @property
    def parameters(self) -> int:
        return self.inputs * self.outputs * self.kernel**2

    @property
    def flops(self) -> int:
        """Of one image; a multiplication and an addition are two."""
        return 2 * self.parameters * self.side**2

    @property
    def activations(self) -> int:
        """Output values of one image."""
        return self.outputs * self.side**2


def has_small_stem(config: EncoderConfig, image_size: int) -> bool:
    """Whether the stem is the 3x3 convolution of stride 1 without pooling (appendix B.9)."""
    return config.stem == "small" or (config.stem == "auto" and image_size <= SMALL_SIDE)


def parameters(config: EncoderConfig, image_size: int) -> int:
    """Weights of the encoder f, convolutions alone."""
    return sum(layer.parameters for layer in convolutions(config, image_size))


def forward_flops(config: EncoderConfig, image_size: int) -> int:
    """Of one view, convolutions alone: the rest is thousandths of it."""
    return sum(layer.flops for layer in convolutions(config, image_size))


def training_flops(config: EncoderConfig, image_size: int, views: int = 2) -> int:
    """Of one image: forward and backward of its views."""
    return views * (1 + BACKWARD) * forward_flops(config, image_size)


def training_bytes(config: EncoderConfig, image_size: int, views: int, value_bytes: int) -> int:
    """Memory of a step on so many views, about: what the backward pass needs, a convolution's output once before
    batch norm and once after, and the weights with their gradient and momentum in float32."""
    layers = list(convolutions(config, image_size))
    kept = 2 * value_bytes * views * sum(layer.activations for layer in layers)
    return kept + 3 * 4 * parameters(config, image_size)


def convolutions(config: EncoderConfig, image_size: int) -> Iterator[Convolution]:
    """In the order of ``core.encoder.resnet``."""
    width, small = round(64 * config.width), has_small_stem(config, image_size)
    side = image_size if small else _halved(image_size)
    yield from _stem(config, width, small, side)
    side = side if small else _halved(side)
    expansion = 1 if config.name in BASIC else 4
    channels = width
    for stage, blocks in enumerate(STAGES[config.name]):
        inner, stride = width * 2**stage, 1 if stage == 0 else 2
        for block in range(blocks):
            first = block == 0
            out = _halved(side) if first and stride == 2 else side
            output = inner * expansion
            project = first and (stride != 1 or channels != output or inner > TORCHVISION_WIDTH)
            yield from _block(config, channels, inner, side, out)
            if project:
                yield Convolution(channels, output, 1, out)
            channels, side = output, out


def _stem(config: EncoderConfig, width: int, small: bool, side: int) -> Iterator[Convolution]:
    if small:
        yield Convolution(3, width, 3, side)
    elif config.selective_kernels:
        half = width // 2
        yield from (
            Convolution(inputs, outputs, 3, side) for inputs, outputs in ((3, half), (half, half), (half, width))
        )
    else:
        yield Convolution(3, width, 7, side)


def _block(config: EncoderConfig, channels: int, width: int, side: int, out: int) -> Iterator[Convolution]:
    if config.name in BASIC:
        yield from (Convolution(channels, width, 3, out), Convolution(width, width, 3, out))
        return
    yield Convolution(channels, width, 1, side)
    if config.selective_kernels:
        squeezed = max(width // 16, 32)
        yield Convolution(width, 2 * width, 3, out)
        yield from (Convolution(width, squeezed, 1, 1), Convolution(squeezed, 2 * width, 1, 1))
    else:
        yield Convolution(width, width, 3, out)
    yield Convolution(width, 4 * width, 1, out)


def _halved(side: int) -> int:
    """By a stride of 2 with padding."""
    return (side + 1) // 2
