"""What all pages are made with: templates that escape, pictures that need no file beside them."""

import base64
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2

TEMPLATES = Path(__file__).parent / "templates"
PIXELS_A_POINT = 2.0
"""Of a figure on a page: half as large again as in print."""
LEGIBLE = 560
"""Pixels that a figure has at least, where it is not itself narrower: a phone scrolls it."""
MEDIA = {".svg": "image/svg+xml", ".png": "image/png"}


def fill(template: str, path: Path, **values: object) -> Path:
    """Write a page to ``path``; everything that comes from a study or a result is escaped."""
    path.write_text(_environment().get_template(template).render(**values), encoding="utf-8")
    return path


def inline_svg(svg: str) -> str:
    """The element alone, as wide as its place lets it be, and hidden from screen readers: its place describes it."""
    element = svg[svg.index("<svg") :]
    opening, rest = element.split(">", 1)
    opening = re.sub(r' (width|height)="[^"]*"', "", opening)
    return f'{opening} style="{_size(svg)}" aria-hidden="true" focusable="false">{rest}'


@dataclass(frozen=True)
class Picture:
    """An image that is part of a page."""

    source: str
    """Its address, which holds it all."""
    style: str


def picture(png: Path) -> Picture:
    """The smaller of a figure's PNG and the SVG beside it."""
    svg = png.with_suffix(".svg")
    path = min((svg, png), key=lambda one: one.stat().st_size)
    content = base64.b64encode(path.read_bytes()).decode()
    return Picture(f"data:{MEDIA[path.suffix]};base64,{content}", _size(svg.read_text(encoding="utf-8")))


def _size(svg: str) -> str:
    """Never so large that a small figure looks coarse, nor so small on a phone that its text cannot be read."""
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
