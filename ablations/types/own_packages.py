"""Makes sure that ``core`` and ``reports`` are the packages beside this one.

Python may find another ``core`` first, in the working folder or on ``PYTHONPATH``. It is neither imported nor executed.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

NAMES = ("core", "reports")
FOLDER = Path(__file__).parents[2]
"""Folder that holds ``ablations``, ``core`` and ``reports``; often that of all installed packages."""


class _Finder:
    """A finder that is asked before Python's own."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        return PathFinder.find_spec(name, [str(FOLDER)]) if name in NAMES else None


def import_own() -> None:
    """Make later imports find them. Raises ``ImportError`` if others were imported under their names already."""
    for name in NAMES:
        found = sys.modules.get(name)
        file = getattr(found, "__file__", None) or next(iter(getattr(found, "__path__", ())), "")
        if found and not Path(file).is_relative_to(FOLDER / name):
            raise ImportError(
                f"{file} was imported as {name!r}, which is the name of a package of simclr-ablations too; import "
                "ablations in a process that does not import it, or rename it"
            )
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
