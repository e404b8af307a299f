"""Names in figures: long ones are shortened and folded into lines, so that there is room for the drawing.

Tables, pages and data files have the whole names.
"""

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from reports.study_report import StudyReport

LONGEST = 40
"""The most letters of a name in a figure."""
LINE = 24
"""The most letters of a line of a name."""
LETTERS_AN_INCH = 14
"""The letters of a name that fit into an inch."""
LINES_AN_INCH = 5
"""The lines of slanted names that fit beside each other into an inch."""
SLANTED, UPRIGHT = 30.0, 90.0
"""The angles by which names are turned, in degrees."""


def with_short_names(report: StudyReport) -> StudyReport:
    """The report with short names for the values of its axes and for its baselines; the same report if no name is
    long."""
    short = {axis: _changed(report.table[axis].dropna().unique()) for axis in (*report.axes, "baseline")}
    if not any(short.values()):
        return report
    return replace(report, table=report.table.replace(short), spec=report.spec.with_values(short))


def _changed(names: Iterable[str]) -> dict[str, str]:
    return {name: short for name, short in shorten(map(str, names)).items() if short != name}


def shorten(names: Iterable[str]) -> dict[str, str]:
    """The name in a figure for each name: the name itself, or its two ends if it is longer than ``LONGEST``.

    Short names that would be the same are numbered.
    """
    shown: dict[str, str] = {}
    for name in dict.fromkeys(names):
        short = name if letters(name) <= LONGEST else _ends(name)
        taken = list(shown.values())
        number = next(number for number in range(1, len(taken) + 2) if _numbered(short, number) not in taken)
        shown[name] = _numbered(short, number)
    return shown


def letters(text: str) -> int:
    """The width of a text in letters; a Chinese, Japanese or Korean character is two letters wide."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def folded(name: str, line: int = LINE) -> str:
    """The name in lines of about ``line`` letters."""
    wide = letters(name) / max(1, len(name))
    return textwrap.fill(name, max(1, int(line / wide))) if letters(name) > line else name


def turn(names: Sequence[str], inches: float) -> float:
    """The angle in degrees by which the names under an axis are turned, so that none covers the next.

    ``inches`` is the width of the axis.
    """
    if len(names) * longest_line(names) <= LETTERS_AN_INCH * inches:
        return 0
    lines = max(name.count("\n") + 1 for name in names)
    return SLANTED if len(names) * lines <= LINES_AN_INCH * inches else UPRIGHT


def longest_line(names: Sequence[str]) -> int:
    """The number of letters of the longest line of all names."""
    return max(letters(line) for name in names for line in name.split("\n"))


def _ends(name: str) -> str:
    """The beginning and the end of a long name."""
    kept = int(LONGEST * len(name) / letters(name)) - 3
    tail = kept // 3
    return f"{name[: kept - tail].rstrip()} … {name[-tail:].lstrip()}"


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} ({number})"
