"""What was drawn of a study, as far as commands want it without drawing again: its page and its verdicts."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ablations.store.json_files import read_json
from ablations.store.locations import reports_folder
from core.files import write_text
from core.remote import AnyPath

PAGE, VERDICTS = "report.html", "verdicts.json"


@dataclass(frozen=True)
class DrawnVerdict:
    """A verdict on a claim, as the page has it."""

    verdict: str
    """SUPPORTED, REFUTED or UNDECIDED."""
    says: str
    """Text of the claim."""
    source: str
    """Place where the paper says so."""
    reason: str
    """Effect, interval, seeds and p, or what is missing."""


def save_verdicts(folder: Path, verdicts: Sequence[DrawnVerdict]) -> None:
    """Write ``verdicts.json`` into the folder of a report."""
    values = {"verdicts": [asdict(one) for one in verdicts]}
    write_text(folder / VERDICTS, json.dumps(values, indent=1, ensure_ascii=False))


def drawn_page(storage: AnyPath, name: str, label: str) -> Path | None:
    """The page of a study or a collection; None if it was never drawn. ``label`` as in ``ScaledStudy``."""
    page = reports_folder(storage) / name / label / PAGE
    return page if page.exists() else None


def drawn_verdicts(storage: AnyPath, name: str, label: str) -> list[DrawnVerdict]:
    """The verdicts when the study was last drawn; empty if it was not, or has no claims."""
    values = read_json(reports_folder(storage) / name / label / VERDICTS) or {}
    try:
        return TypeAdapter(list[DrawnVerdict]).validate_python(values.get("verdicts", []))
    except ValidationError:  # a damaged file; the next report writes it anew
        return []
