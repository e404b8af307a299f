"""Words that messages have in common."""

import difflib
from collections.abc import Sequence


def counted(count: int, noun: str) -> str:
    """``1 trial`` or ``1,200 trials``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def suggestion(word: str, known: Sequence[str]) -> str:
    """``did you mean 'quickstart'?``, or everything that is known if nothing is similar."""
    similar = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {similar[0]!r}?" if similar else f"known are {', '.join(known)}"
