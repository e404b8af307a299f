"""ResNet (He et al. 2016) as in SimCLR: every width multiplied, the last gamma of a block initialised to zero.

Parameter names are torchvision's, and so is the place of the stride (the 3x3 convolution of a bottleneck).
"""

from collections.abc import Callable, Iterator

from torch import Tensor, nn

from core.config import encoder as config
from core.config.data import COLORS
from core.encoder.encoder import Encoder
from core.encoder.layers.normalize import build_normalize
from core.encoder.layers.recompute import recomputed
from core.encoder.resnets.blocks import BasicBlock, Bottleneck
from core.encoder.resnets.selective import SelectiveBottleneck, deep_stem

STAGES: dict[str, tuple[int, int, int, int]] = {
    "resnet10": (1, 1, 1, 1),
    "resnet18": (2, 2, 2, 2),
    "resnet34": (3, 4, 6, 3),
    "resnet50": (3, 4, 6, 3),
    "resnet101": (3, 4, 23, 3),
    "resnet152": (3, 8, 36, 3),
}
"""Blocks of each of the four stages (He et al. 2016, Table 1)."""
SMALL_SIDE = 32
"""Largest side in pixels for which ``stem: auto`` is the small stem (appendix B.9)."""
TORCHVISION_NAMES = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
TORCHVISION_WIDTH = 64
"""Channels of torchvision's first stage."""
TRUNCATED_DEVIATION = 0.87962566103423978
"""Standard deviation of a standard normal that is cut off at -2 and 2."""


def build_resnet(settings: config.ResNet, image_size: int, channels: int = COLORS) -> "ResNet":
    """Build the encoder f for views (B, channels, image_size, image_size), initialised from torch's global
    generator."""
    small = settings.stem == "small" or (settings.stem == "auto" and image_size <= SMALL_SIDE)
    return ResNet(settings, small, channels)


class ResNet(Encoder):
    """A ResNet; h is the output of the average pool. Paper, Sec 2.1."""

    stage_names = ("stage1", "stage2", "stage3", "stage4")

    def __init__(self, settings: config.ResNet, small_stem: bool, channels: int = COLORS) -> None:
        super().__init__()
        self.settings, self.small_stem, self.inputs = settings, small_stem, channels
        block, width, stages = _block(settings), settings.channels, STAGES[settings.name]
        self.normalize = build_normalize(settings.moments, channels)
        self.conv1 = _stem(block, channels, width, small_stem)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.Identity() if small_stem else nn.MaxPool2d(3, 2, 1)
        self.layer1 = _stage(block, width, width, stages[0], 1)
        self.layer2 = _stage(block, width * block.expansion, width * 2, stages[1], 2)
        self.layer3 = _stage(block, width * 2 * block.expansion, width * 4, stages[2], 2)
        self.layer4 = _stage(block, width * 4 * block.expansion, width * 8, stages[3], 2)
        self.width = settings.output
        _initialise(self)

    def maps(self, views: Tensor) -> Iterator[Tensor]:
        x = self._run(self._stem, views)
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            for block in stage:
                x = self._run(block, x)
            yield x

    def unlike_torchvision(self) -> list[str]:
        settings = self.settings
        differences = {
            settings.name: settings.name not in TORCHVISION_NAMES,
            f"width {settings.width:g}": settings.width != 1,
            "selective kernels": settings.selective_kernels,
            "the small stem": self.small_stem,
            f"{self.inputs} channels": self.inputs != COLORS,
        }
        return [what for what, differs in differences.items() if differs]

    def _run(self, part: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        """Run the stem or a block. If ``recompute`` is set, only its input is kept."""
        return recomputed(part, x, self) if self.recompute else part(x)

    def _stem(self, views: Tensor) -> Tensor:
        x: Tensor = self.maxpool(self.relu(self.bn1(self.conv1(self.normalize(views)))))
        return x


Block = BasicBlock | Bottleneck | SelectiveBottleneck


def _block(settings: config.ResNet) -> type[Block]:
    if settings.selective_kernels:
        return SelectiveBottleneck
    return Bottleneck if settings.bottleneck else BasicBlock


def _stem(block: type[Block], channels: int, width: int, small: bool) -> nn.Module:
    if small:
        return nn.Conv2d(channels, width, 3, 1, 1, bias=False)
    if block is SelectiveBottleneck:
        return deep_stem(channels, width)
    return nn.Conv2d(channels, width, 7, 2, 3, bias=False)


def _stage(block: type[Block], channels: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    """Build a stage. The first block's shortcut is a convolution where the shape changes. The released code has one in
    the first stage of a ResNet-18 or 34 too, torchvision does not. Here the first stage has one if it is wider than
    torchvision's, so that both the parameters of Figure 7 and torchvision's weights fit."""
    output = width * block.expansion
    project = stride != 1 or channels != output or width > TORCHVISION_WIDTH
    rest = (block(output, width, 1, project=False) for _ in range(blocks - 1))
    return nn.Sequential(block(channels, width, stride, project), *rest)


def _initialise(encoder: ResNet) -> None:
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d):
            INITIALISATIONS[encoder.settings.initialisation](module.weight)


def fan_out(weight: Tensor) -> None:
    """Draw a convolution's weight (C_out, C_in, k, k) from a normal of variance 2 / (C_out k k)."""
    nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")


def variance_scaling(weight: Tensor) -> None:
    """Draw a convolution's weight (C_out, C_in, k, k) from a normal that is cut off at two of its standard deviations
    and then has the variance 1 / (C_in k k)."""
    deviation = weight[0].numel() ** -0.5 / TRUNCATED_DEVIATION
    nn.init.trunc_normal_(weight, std=deviation, a=-2 * deviation, b=2 * deviation)


INITIALISATIONS: dict[str, Callable[[Tensor], None]] = {"fan_out": fan_out, "released": variance_scaling}
"""Initialisation of the convolutions, by the name of its setting."""
