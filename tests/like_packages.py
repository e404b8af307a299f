"""A user's files that are named as packages of this distribution, or as what they import."""

from pathlib import Path

MINE = (
    "from pathlib import Path\nPath({executed!r}).open('a').write(__file__ + chr(10))\nraise RuntimeError(__file__)\n"
)


def write_mine(executed: Path, *paths: Path) -> None:
    """Write modules that put their name into the file ``executed`` when they are imported, and then fail."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MINE.format(executed=str(executed)))
