"""The tools of all pages: templates that escape, pictures that need no file beside the page, and the page's script."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
PIXELS_A_POINT = 2.0
"""Pixels of a page for one point of a figure: a figure is half as large again as in print."""
LEGIBLE = 560
"""The least width of a figure in pixels, unless it is narrower itself: a phone scrolls it."""
MOST_CLAIMS = 8
"""The most claims of a page that are shown unfolded and before its figure."""
MEDIA = {".svg": "image/svg+xml", ".png": "image/png"}


def fill(template: str, path: Path, **values: object) -> Path:
    """Write a page to ``path`` from a template, and return the path; all values are escaped."""
    path.write_text(_environment().get_template(template).render(**values), encoding="utf-8", newline="\n")
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


def picture(figure: Path) -> Picture:
    """A figure that was saved as SVG; its PNG if that is there and smaller."""
    svg, png = figure.with_suffix(".svg"), figure.with_suffix(".png")
    path = png if png.exists() and png.stat().st_size < svg.stat().st_size else svg
    content = base64.b64encode(path.read_bytes()).decode()
    return Picture(f"data:{MEDIA[path.suffix]};base64,{content}", _size(svg.read_text(encoding="utf-8")))


def _size(svg: str) -> str:
    """The size as CSS: not so large that a small figure looks coarse, nor so small on a phone that its text is
    illegible."""
    points = re.search(r'<svg[^>]* width="([\d.]+)pt"', svg)
    width = round(float(points[1]) * PIXELS_A_POINT) if points else LEGIBLE
    return f"width: {width}px; max-width: 100%; min-width: {min(width, LEGIBLE)}px"


def minus(text: object) -> str:
    """The text with the minus sign of figures before numbers. Words with a hyphen, such as ``top-1``, stay."""
    return re.sub(r"(?<![\w)-])-(?=[\d.])", "\N{MINUS SIGN}", str(text))


def script_hash(script: str) -> str:
    """The hash by which a page allows this script, and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["minus"] = minus
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    environment.globals |= {"script": Markup(script), "script_hash": script_hash(script)}
    return environment
