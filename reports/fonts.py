"""Fonts for characters that the house's own font lacks, such as Chinese, Japanese and Korean ones."""

import unicodedata
from dataclasses import dataclass
from functools import cache

from matplotlib.font_manager import findSystemFonts, fontManager
from matplotlib.ft2font import FT2Font

OWN = "DejaVu Sans"
"""The house's font, which comes with Matplotlib."""
MARKS = ("Cf", "Mn", "Zs", "Cc")
"""Categories of characters that are not seen by themselves."""
LAST_RESORT = "unifont"
"""In the names of files of a font that has nearly all characters, in coarse pixels."""
MOST_NAMED = 12
"""Characters that a sentence names."""


@dataclass(frozen=True)
class Fonts:
    """Families of fonts for a text, and what they leave out."""

    families: tuple[str, ...]
    """The house's font, then installed ones with characters that those before lack."""
    missing: str
    """Characters that no installed font has."""

    @property
    def note(self) -> str:
        """A sentence on the characters that figures show as boxes; empty if there are none."""
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
    """Takes the font that has most of the lacking characters, then the one that has most of the rest, and so on."""
    families, left = [OWN], set(lacking)
    has = {path: _in_font(path, lacking) for path in sorted(findSystemFonts())} if lacking else {}

    def worth(path: str) -> tuple[bool, int]:
        count = len(has[path] & left)
        return count > 0 and LAST_RESORT not in path, count

    while any(has_some & left for has_some in has.values()):
        best = max(has, key=worth)
        fontManager.addfont(best)
        families.append(FT2Font(best).family_name)
        left -= has[best]
    return Fonts(tuple(families), "".join(sorted(left)))


def _in_font(path: str, characters: str) -> set[str]:
    """Those of the characters that a font has; none if Matplotlib cannot draw with it, as with pictures of emoji."""
    try:
        font = FT2Font(path)
    except (OSError, RuntimeError):
        return set()
    is_upright = font.scalable and not any(style in font.style_name for style in ("Bold", "Italic", "Oblique"))
    return {one for one in characters if is_upright and font.get_char_index(ord(one))}
