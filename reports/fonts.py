"""Fonts for characters that the default font lacks, such as Chinese, Japanese and Korean ones."""

import unicodedata
from dataclasses import dataclass
from functools import cache

from matplotlib.font_manager import findSystemFonts, fontManager
from matplotlib.ft2font import FT2Font

OWN = "DejaVu Sans"
"""The default font of all figures, which comes with Matplotlib."""
MARKS = ("Cf", "Mn", "Zs", "Cc")
"""The Unicode categories of characters that are not visible by themselves."""
LAST_RESORT = "unifont"
"""A part of the file names of GNU Unifont, which has nearly all characters, in coarse pixels."""
MOST_NAMED = 12
"""The most characters that a note names."""


@dataclass(frozen=True)
class Fonts:
    """The font families that show a text, and the characters that they lack."""

    families: tuple[str, ...]
    """The default font, then installed ones with characters that those before them lack."""
    missing: str
    """Characters that no installed font has."""

    @property
    def note(self) -> str:
        """A note on the characters that figures show as boxes; empty if there are none."""
        if not self.missing:
            return ""
        more = f" and {len(self.missing) - MOST_NAMED} more" if len(self.missing) > MOST_NAMED else ""
        return (
            f"no installed font has {' '.join(self.missing[:MOST_NAMED])}{more}: figures show boxes; install a font "
            "that has them, such as Noto Sans CJK, and draw the report again"
        )


def fonts_for(text: str) -> Fonts:
    """The fonts that show a text as far as the installed ones can."""
    own = FT2Font(fontManager.findfont(OWN))
    lacking = {one for one in text if not own.get_char_index(ord(one)) and unicodedata.category(one) not in MARKS}
    return _fonts("".join(sorted(lacking)))


@cache
def _fonts(lacking: str) -> Fonts:
    """The fonts for characters: the one that has most of them, then the one that has most of the rest, and so on."""
    families, missing = [OWN], set(lacking)
    has = {path: _in_font(path, lacking) for path in sorted(findSystemFonts())} if lacking else {}

    def worth(path: str) -> tuple[bool, int]:
        count = len(has[path] & missing)
        return count > 0 and LAST_RESORT not in path, count

    while any(has_some & missing for has_some in has.values()):
        best = max(has, key=worth)
        fontManager.addfont(best)
        families.append(FT2Font(best).family_name)
        missing -= has[best]
    return Fonts(tuple(families), "".join(sorted(missing)))


def _in_font(path: str, characters: str) -> set[str]:
    """The characters that a font has; none if Matplotlib cannot draw with it, such as a font of colour emoji."""
    try:
        font = FT2Font(path)
    except (OSError, RuntimeError):
        return set()
    is_upright = font.scalable and not any(style in font.style_name for style in ("Bold", "Italic", "Oblique"))
    return {one for one in characters if is_upright and font.get_char_index(ord(one))}
