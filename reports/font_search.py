"""Finds installed fonts that have given characters."""

from collections.abc import Iterable
from functools import cache

from matplotlib.font_manager import findSystemFonts, fontManager
from matplotlib.ft2font import FT2Font

LAST_RESORT = "unifont"
"""A part of the file names of GNU Unifont, which has nearly all characters, in coarse pixels."""


def lacking_in(family: str, characters: Iterable[str]) -> set[str]:
    """The characters that a font family lacks."""
    font = FT2Font(fontManager.findfont(family))
    return {one for one in characters if not font.get_char_index(ord(one))}


@cache
def find_fonts(lacking: str) -> tuple[tuple[str, ...], str]:
    """The font families for characters, and the characters that no font has.

    First comes the font that has most of them, then the one that has most of the rest, and so on.
    """
    families, missing = [], set(lacking)
    has = {path: _in_font(path, lacking) for path in sorted(findSystemFonts())} if lacking else {}

    def worth(path: str) -> tuple[bool, int]:
        count = len(has[path] & missing)
        return count > 0 and LAST_RESORT not in path, count

    while any(has_some & missing for has_some in has.values()):
        best = max(has, key=worth)
        fontManager.addfont(best)
        families.append(FT2Font(best).family_name)
        missing -= has[best]
    return tuple(families), "".join(sorted(missing))


def _in_font(path: str, characters: str) -> set[str]:
    """The characters that a font has; none if Matplotlib cannot draw with it, such as a font of colour emoji."""
    try:
        font = FT2Font(path)
    except (OSError, RuntimeError):
        return set()
    is_upright = font.scalable and not any(style in font.style_name for style in ("Bold", "Italic", "Oblique"))
    return {one for one in characters if is_upright and font.get_char_index(ord(one))}
