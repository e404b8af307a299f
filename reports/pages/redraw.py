"""Draws what changed: files stay as they are if they would be drawn from the same values by the same code.

A file that is out of date is worse than one that is drawn too often. So everything that a figure depends on is hashed:
all values of the report, the code and data of this package, the libraries, the labels of metrics and the fonts. The
files must also have the bytes that were drawn. Figures of kinds that others registered are always drawn.
"""

import hashlib
import io
import json
import pickle
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import reports
from reports.cells import metric_names
from reports.fonts import fonts_for
from reports.kinds import KINDS
from reports.study_report import StudyReport

LIBRARIES = (
    "fonttools",
    "jinja2",
    "markupsafe",
    "matplotlib",
    "numpy",
    "pandas",
    "pillow",
    "pydantic",
    "scipy",
    "seaborn",
)
"""Distributions that figures, tables and pages are made with."""
PAGE = "report.html"


def package_hash() -> str:
    """Return the hash of all code and data of this package."""
    found = hashlib.sha256()
    folder = Path(reports.__path__[0])
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            found.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return found.hexdigest()


CODE = (package_hash(), sys.version, *map(version, LIBRARIES))
"""The versions of the code that draws, taken when this is imported: later edits are not those of this process."""


def update_report(report: StudyReport, folder: Path) -> Path:
    """Write all files of a report to a folder, unless they are there and would be the same; return the path of the
    page. The files are those of ``reports.pages.render``."""

    def render() -> Iterable[Path]:
        from reports.pages.render import render  # here, since figures take half a second to import

        before = _times(folder)
        render(report, folder)
        return [path for path, time in _times(folder).items() if before.get(path) != time]

    if KINDS[report.spec.kind].draw.startswith(f"{reports.__name__}."):
        values = [getattr(report, field.name) for field in fields(report)]
        draw_if_changed(folder, "report", values, report.texts, render)
    else:
        render()
    return folder / PAGE


def draw_if_changed(
    folder: Path, name: str, values: object, texts: str, draw: Callable[[], Iterable[Path]]
) -> list[Path]:
    """Call ``draw``, which writes files into the folder and returns them, unless they are as they would be drawn.

    ``values`` are all that is drawn, and ``texts`` has all characters that are shown. Returns the files. A digest of
    their sources is kept under ``name`` in a hidden folder beside ``folder``.
    """
    record = folder.parent / f".{folder.name}" / f"{name}.json"
    sources = values_hash((values, CODE, metric_names.METRIC_LABELS, fonts_for(texts)))
    known = _read(record)
    if known.get("sources") == sources and known["files"] == _hashes(folder, known["files"]):
        return [folder / file for file in known["files"]]
    paths = list(draw())
    record.parent.mkdir(exist_ok=True)
    made = {"sources": sources, "files": _hashes(folder, [path.name for path in paths])}
    record.write_text(json.dumps(made, indent=1), encoding="utf-8")
    return paths


class _Pickler(pickle.Pickler):
    """Writes equal values as equal bytes in every process, also settings, which keep a set of their fields."""

    def reducer_override(self, value: Any) -> Any:
        return (type(value), (value.model_dump_json(),)) if isinstance(value, BaseModel) else NotImplemented


def values_hash(values: object) -> str:
    """Return a hash that is the same for equal values in every process."""
    content = io.BytesIO()
    _Pickler(content).dump(values)
    return hashlib.sha256(content.getvalue()).hexdigest()


def _read(record: Path) -> dict[str, Any]:
    """The record in a file; empty if there is none, or if it is damaged."""
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) and isinstance(known.get("files"), dict) else {}


def _times(folder: Path) -> dict[Path, int]:
    """The times at which the files of a folder were written."""
    return {path: path.stat().st_mtime_ns for path in sorted(folder.glob("*")) if path.is_file()}


def _hashes(folder: Path, files: Iterable[str]) -> dict[str, str]:
    """The hashes of files that are there, by name."""
    paths = {file: folder / file for file in files}
    return {file: hashlib.sha256(path.read_bytes()).hexdigest() for file, path in paths.items() if path.is_file()}
