"""``shapes``: an embedded data set on which contrastive learning has to earn its representation.

Ten classes of 32 x 32 images, each a cutting from a wallpaper of one glyph. Three things tell an image from the
others, made so that each augmentation takes away what it takes away from photographs:

- its *colours* (tint, saturation, lightness), which survive a crop and not a colour distortion;
- its *layout* (a blotchy light over the image, where each copy of the glyph stands and how it is turned), which
  survives a colour distortion and not a crop;
- its *glyph*, which survives both and is the class. It differs from its ground mostly in hue and less in
  lightness than the light itself varies; and only two crops, which show different copies, teach that the
  angle does not matter.

The images of a class are drawn together from one generator, whose seed is the number of the class and the name
of the split; so every image is always the same, to within a rounding of its last bit on another processor, but
another number of images would be other images. A change of this file changes the data, and with it what every
result on it means: raise ``VERSION`` here and ``SCHEMA`` in the identity of trials.
"""

import itertools
import math
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from core.data.cache import cached_images
from core.data.catalog import SHAPES_CLASSES, SHAPES_TEST, SHAPES_TRAIN
from core.data.dataset import Dataset, Split
from core.data.square import fit_square
from core.hardware import one_thread
from core.randomness import generator

VERSION = 1
COUNTS = {"train": SHAPES_TRAIN, "test": SHAPES_TEST}
"""Numbers of images by split."""
SIDE = 32
COPIES = 4
"""Rows and columns of glyphs that are drawn, enough to fill the image wherever the wallpaper is cut."""
SPACING = 12.8
"""Pixels between the places of neighbouring glyphs."""

Point = tuple[float, float]

REACH = 5.5
"""Pixels from a glyph's centre to where its coordinates are 1."""
STROKE = 1.5
"""Pixels from the middle of a stroke to its edge."""
SHIFT = 1.5
"""Largest shift of a glyph from its place in pixels, in either direction along each axis."""
TILT = math.pi
"""Largest tilt of a glyph in radians, in either direction: every glyph has an angle of its own."""
TINT, TINT_RANGE = 0.6, 0.05
"""Hue of the ground in turns, and its largest deviation in either direction; the glyph's hue is half a turn away."""
SATURATION = (0.6, 0.9)
LIGHTNESS = (0.3, 0.5)
"""Luminance of the ground."""
CONTRAST = 0.3
"""Share by which the glyph is darker than its ground."""
LIGHT, LIGHT_CELLS = 0.45, 13
"""Standard deviation of the light's logarithm, and how many independent values it has across the image."""
NOISE = 0.02

LUMA = (0.2989, 0.587, 0.114)


def _line(*points: Point) -> list[tuple[Point, Point]]:
    return list(itertools.pairwise(points))


_TURNS = [turn * math.pi / 4 for turn in range(9)]
_CIRCLE = [(math.cos(angle), math.sin(angle)) for angle in _TURNS]

GLYPHS: dict[str, list[tuple[Point, Point]]] = {
    "ring": _line(*_CIRCLE),
    "arc": _line(*_CIRCLE[:5]),
    "cross": _line((-1, -1), (1, 1)) + _line((-1, 1), (1, -1)),
    "asterisk": _line((0, -1), (0, 1)) + _line((-0.87, -0.5), (0.87, 0.5)) + _line((-0.87, 0.5), (0.87, -0.5)),
    "square": _line((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9), (-0.9, -0.9)),
    "triangle": _line((-1, 0.8), (0, -1), (1, 0.8), (-1, 0.8)),
    "corner": _line((-1, -1), (-1, 1), (1, 1)),
    "bar": _line((-1.2, 0), (1.2, 0)),
    "bars": _line((-1, -0.6), (1, -0.6)) + _line((-1, 0.6), (1, 0.6)),
    "dots": _line((-0.8, 0), (-0.79, 0)) + _line((0.8, 0), (0.81, 0)),
}
"""Strokes of each class, in coordinates from -1 to 1, y downwards."""


def load(name: str, data_dir: Path, image_size: int, choice: Callable[[Tensor], Tensor | slice]) -> Dataset:
    """Load the data set, its images resized from 32 pixels if ``image_size`` is another.

    It is drawn as a whole whatever the choice, into a file that is mapped, so that only the chosen images take memory.
    """
    train, test = (load_split(split, image_size) for split in COUNTS)
    return Dataset(name, tuple(GLYPHS), train[choice(train.labels)], test)


def load_split(split: str, image_size: int) -> Split:
    """Load ``train`` or ``test`` as a whole."""
    return drawn_split(split, COUNTS[split], image_size)


def drawn_split(split: str, count: int, image_size: int) -> Split:
    """Draw ``count`` images, as many of each class, for the split of this name."""
    per_class = count // SHAPES_CLASSES

    def fill(images: Tensor) -> None:
        with one_thread():
            for number, glyph in enumerate(GLYPHS):
                drawn = draw(glyph, per_class, generator(number, f"shapes {split}"))
                images[number * per_class : (number + 1) * per_class] = fit_square(drawn, image_size)

    images = cached_images(f"shapes-{VERSION}-{split}-{image_size}px", count, image_size, fill)
    return Split(images, torch.arange(SHAPES_CLASSES).repeat_interleave(per_class))


def draw(glyph: str, count: int, generator: torch.Generator) -> Tensor:
    """Draw images uint8 (count, 3, SIDE, SIDE) of one class."""
    cover = _cover(GLYPHS[glyph], count, generator)[:, None]
    ground, paint = _colours(count, generator)
    light = F.interpolate(
        torch.randn(count, 1, LIGHT_CELLS, LIGHT_CELLS, generator=generator), SIDE, mode="bicubic", align_corners=True
    )
    images = torch.lerp(ground[:, :, None, None], paint[:, :, None, None], cover) * torch.exp(LIGHT * light)
    images += NOISE * torch.randn(images.shape, generator=generator)
    return (images.clamp_(0, 1) * 255).round_().to(torch.uint8)


def _cover(strokes: list[tuple[Point, Point]], count: int, generator: torch.Generator) -> Tensor:
    """Draw the share of each pixel that is painted: (count, SIDE, SIDE)."""
    pixel = torch.arange(SIDE) + 0.5
    cover = torch.zeros(count, SIDE, SIDE)
    cutting = SPACING * (torch.rand(count, 2, generator=generator) - 0.5)
    for row, column in itertools.product(range(COPIES), repeat=2):
        place = SPACING * torch.tensor([column, row]) + cutting + SHIFT * _spread(generator, count, 2)
        tilt = TILT * _spread(generator, count, 1)[:, :, None]
        x, y = (pixel - place[:, :1])[:, None, :], (pixel - place[:, 1:])[:, :, None]
        u, v = tilt.cos() * x + tilt.sin() * y, tilt.cos() * y - tilt.sin() * x
        distance = torch.stack([_distance(u, v, a, b) for a, b in strokes]).amin(dim=0)
        cover = torch.maximum(cover, (STROKE - distance + 0.5).clamp_(0, 1))
    return cover


def _distance(x: Tensor, y: Tensor, start: Point, end: Point) -> Tensor:
    """Return the distance of each point to a stroke in pixels."""
    (ax, ay), (bx, by) = ((REACH * px, REACH * py) for px, py in (start, end))
    dx, dy = bx - ax, by - ay
    along = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)).clamp_(0, 1)
    return torch.hypot(x - ax - along * dx, y - ay - along * dy)


def _colours(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw the colours of ground and glyph, (count, 3) each: opposite hues of nearly the same luminance."""
    low, high = LIGHTNESS
    lightness = low + (high - low) * torch.rand(count, generator=generator)
    ground = _colour(TINT + TINT_RANGE * _spread(generator, count), lightness, generator)
    paint = _colour(TINT + 0.5 + TINT_RANGE * _spread(generator, count), lightness * (1 - CONTRAST), generator)
    return ground, paint


def _colour(hue: Tensor, luminance: Tensor, generator: torch.Generator) -> Tensor:
    """Draw RGB colours (count, 3) with a hue in turns, a luminance (count,) and a random saturation."""
    low, high = SATURATION
    saturation = low + (high - low) * torch.rand(len(hue), generator=generator)
    k = (torch.tensor([5.0, 3.0, 1.0]) + 6 * hue[:, None]) % 6
    rgb = 1 - saturation[:, None] * torch.minimum(k, 4 - k).clamp(0, 1)
    return rgb * (luminance / (rgb @ torch.tensor(LUMA)))[:, None]


def _spread(generator: torch.Generator, *shape: int) -> Tensor:
    """Draw uniform numbers from -1 to 1."""
    return 2 * torch.rand(*shape, generator=generator) - 1
