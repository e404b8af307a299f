"""Fonts for characters that the default font lacks, such as Chinese, Japanese and Korean ones."""

import unicodedata
from dataclasses import dataclass

OWN = "DejaVu Sans"
"""The default font of all figures, which comes with Matplotlib."""
SPANS = (range(0x20, 0x250), range(0x391, 0x3A2), range(0x3A3, 0x3CA), range(0x2010, 0x2028), range(0x2190, 0x2300))
SHOWN = {chr(code) for span in SPANS for code in span}
"""Characters that it has, of those that most reports have: Latin and Greek letters, dashes, arrows, mathematical ones.
Matplotlib, which takes a quarter of a second to import, need not be asked for them."""
MARKS = ("Cf", "Mn", "Zs", "Cc")
"""The Unicode categories of characters that are not visible by themselves."""
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
    unusual = {one for one in {*text} - SHOWN if unicodedata.category(one) not in MARKS}
    if not unusual:
        return Fonts((OWN,), "")
    from reports.font_search import find_fonts, lacking_in

    families, missing = find_fonts("".join(sorted(lacking_in(OWN, unusual))))
    return Fonts((OWN, *families), missing)
