"""The tools of all pages: templates that escape, and pictures that need no file beside the page."""

import base64
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2

TEMPLATES = Path(__file__).parent / "templates"
PIXELS_A_POINT = 2.0
"""Pixels of a page for one point of a figure: a figure is half as large again as in print."""
LEGIBLE = 560
"""The least width of a figure in pixels, unless it is narrower itself: a phone scrolls it."""
MEDIA = {".svg": "image/svg+xml", ".png": "image/png"}


def fill(template: str, path: Path, **values: object) -> Path:
    """Write a page to ``path`` from a template, and return the path; all values are escaped."""
    path.write_text(_environment().get_template(template).render(**values), encoding="utf-8")
    return path


def inline_svg(svg: str) -> str:
    """The ``<svg>`` element alone, as wide as its place allows. It is hidden from screen readers, since the element
    around it has a description."""
    element = svg[svg.index("<svg") :]
    opening, rest = element.split(">", 1)
    opening = re.sub(r' (width|height)="[^"]*"', "", opening)
    return f'{opening} style="{_size(svg)}" aria-hidden="true" focusable="false">{rest}'


@dataclass(frozen=True)
class Picture:
    """An image that is part of a page."""

    source: str
    """The image as a ``data:`` address."""
    style: str
    """The size, as CSS."""


def picture(png: Path) -> Picture:
    """The smaller of a figure's PNG and the SVG beside it."""
    svg = png.with_suffix(".svg")
    path = min((svg, png), key=lambda one: one.stat().st_size)
    content = base64.b64encode(path.read_bytes()).decode()
    return Picture(f"data:{MEDIA[path.suffix]};base64,{content}", _size(svg.read_text(encoding="utf-8")))


def _size(svg: str) -> str:
    """The size as CSS: not so large that a small figure looks coarse, nor so small on a phone that its text is
    illegible."""
    points = re.search(r'<svg[^>]* width="([\d.]+)pt"', svg)
    width = round(float(points[1]) * PIXELS_A_POINT) if points else LEGIBLE
    return f"width: {width}px; max-width: 100%; min-width: {min(width, LEGIBLE)}px"


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
