"""The page and the verdicts of a study or a collection as last drawn, for commands that do not draw."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ablations.store.json_files import read_json
from ablations.store.locations import reports_folder
from core.files import write_text
from core.remote import AnyPath

PAGE, VERDICTS = "report.html", "verdicts.json"

Verdicts = list[dict[str, Any]]
"""Verdicts on the claims of a study, as ``reports.statistics.record.verdict_values`` gives them."""


def drawn_page(storage: AnyPath, name: str, label: str) -> Path | None:
    """The page of a study or a collection; None if it was never drawn. ``label`` as in ``ScaledStudy``."""
    page = reports_folder(storage) / name / label / PAGE
    return page if page.exists() else None


def drawn_verdicts(storage: AnyPath, name: str, label: str) -> Verdicts:
    """The verdicts when the study was last drawn; empty if it was not, or has no claims."""
    return _valid(Verdicts, _values(storage, name, label).get("verdicts", [])) or []


def save_judged_together(folder: Path, verdicts: Mapping[str, Verdicts]) -> None:
    """Write ``verdicts.json`` into the folder of a collection's page; verdicts by the name of the study."""
    write_text(folder / VERDICTS, json.dumps({"studies": verdicts}, indent=1, ensure_ascii=False))


def drawn_together(storage: AnyPath, collection: str, label: str) -> dict[str, Verdicts]:
    """The verdicts of all studies of a collection as they were last judged together; empty if that was never done."""
    return _valid(dict[str, Verdicts], _values(storage, collection, label).get("studies", {})) or {}


def _values(storage: AnyPath, name: str, label: str) -> dict[str, Any]:
    return read_json(reports_folder(storage) / name / label / VERDICTS) or {}


def _valid(kind: Any, values: Any) -> Any:
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError:  # a damaged file; the next report writes it anew
        return None
