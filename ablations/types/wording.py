"""Parts of messages: a name that is close to a wrong one, and long texts made short."""

import difflib
from collections.abc import Iterable, Sequence

LONGEST = 60
"""Characters of a text from a user that a message repeats."""
YAML_WORDS = {None: "null", True: "true", False: "false"}
MOST_LISTED = 40
"""Names that a message lists."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean 'temperature'?`` if a known name is close to the word, else ``known are ...``."""
    names = list(dict.fromkeys(known))
    if close := closest(word, names):
        return f"did you mean {close!r}?"
    listed = ", ".join(map(shortened, names[:MOST_LISTED]))
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return f"known are {listed}{more}" if names else "there are none"


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known name that is closest to the word, or the known number that is equal to it; None if none is close."""
    names = list(known)
    same = [name for name in names if _number(name) is not None and _number(name) == _number(word)]
    return next(iter([*same, *difflib.get_close_matches(word[: 2 * LONGEST], names, n=1)]), None)


def shortened(text: str, longest: int = LONGEST) -> str:
    """The text on one line, with ``...`` in place of what is beyond ``longest`` characters."""
    line = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def quoted(value: object) -> str:
    """A value as Python writes it, shortened; ``null``, ``true`` and ``false`` as YAML writes them."""
    return shortened(YAML_WORDS.get(value, repr(value)) if value is None or isinstance(value, bool) else repr(value))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def listed(values: Sequence[object]) -> str:
    """``3``, ``3 and 5`` or ``3, 5 and 10``."""
    *some, last = map(str, values)
    return f"{', '.join(some)} and {last}" if some else last


def counted(count: int, noun: str) -> str:
    """``1 trial`` or ``1,200 trials``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
