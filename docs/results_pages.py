"""The README of a folder of results: how it was run, what came out, and what is left."""

from collections.abc import Iterator
from pathlib import Path

from claim_texts import claim_rows, count_sentence, hours_text, study_rows

from reports.saved.collection import SavedCollection

NOTES = "notes.md"
"""The part that a person writes."""


def readme(saved: SavedCollection, folder: Path) -> str:
    """The text of ``README.md``."""
    return "\n".join(_parts(saved, folder)) + "\n"


def _parts(saved: SavedCollection, folder: Path) -> Iterator[str]:
    yield f"# {saved.title} (scale {saved.scale})\n"
    yield "<!-- Written by docs/redraw_results.py; edit notes.md and run make results. -->\n"
    yield f"    {saved.command}\n"
    yield f"{progress(saved)}\n"
    if (folder / NOTES).exists():
        yield (folder / NOTES).read_text(encoding="utf-8")
    claims = [claim for study in saved.whole for claim in study.claims]
    if claims:
        yield f"{count_sentence(claims)}\n"
        yield "![all claims](forest.png)\n"
        yield from claim_rows(saved.whole)
        yield ""
    yield from study_rows(saved)
    yield "\nEach folder has `trials.csv` with the results of every seed, `study.json`, and the right test images:"
    yield "`make results` judges and draws everything again from these files.\n"
    yield from (f"- {name}: {value}" for name, value in saved.facts.items())


def progress(saved: SavedCollection) -> str:
    """How many studies are whole, how long it took, and what is left."""
    done = sum(study.states["done"] for study in saved.studies)
    failed = sum(study.states["failed"] for study in saved.studies)
    trials = sum(sum(study.states.values()) for study in saved.studies)
    done_of = f"{done:,} of {trials:,} trials are done" if done < trials else f"{trials:,} trials"
    scale = f"{saved.scale_description[0].upper()}{saved.scale_description[1:]}"
    text = f"{scale}. {done_of}, {failed or 'none'} failed; {hours_text(saved.hours)} of compute."
    left = [study.name for study in saved.studies if not study.is_whole]
    if not left:
        return text
    hours = "" if saved.hours_left is None else f", about {hours_text(saved.hours_left)}"
    return f"{text} {len(saved.whole)} of {len(saved.studies)} studies are whole; left{hours}: {', '.join(left)}."
