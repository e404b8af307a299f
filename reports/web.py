"""What all pages are made with: templates that escape, pictures that need no file beside them."""

import base64
import re
from functools import cache
from pathlib import Path

import jinja2

TEMPLATES = Path(__file__).parent / "templates"
MEDIA = {".svg": "image/svg+xml", ".png": "image/png"}


def fill(template: str, path: Path, **values: object) -> Path:
    """Write a page to ``path``; everything that comes from a study or a result is escaped."""
    path.write_text(_environment().get_template(template).render(**values), encoding="utf-8")
    return path


def inline_svg(svg: str) -> str:
    """The element alone, as wide as its place, without a description of its own for screen readers."""
    element = svg[svg.index("<svg") :]
    opening, rest = element.split(">", 1)
    opening = re.sub(r' (width|height)="[^"]*"', "", opening)
    return f'{opening} aria-hidden="true" focusable="false">{rest}'


def data_uri(pictures: list[Path]) -> str:
    """The smallest of several files of one picture, as the address of an image."""
    path = min(pictures, key=lambda one: (one.stat().st_size, one.suffix))
    return f"data:{MEDIA[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
