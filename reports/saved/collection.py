"""A collection's results in a folder: how far each study is, and the verdicts on all claims, judged together.

``<folder>/collection.json`` has this, and ``<folder>/<study>/`` has the values of each study (``reports.saved.study``)
with ``figure.png`` and ``table.md``. All but the values is drawn again from them by ``redraw``.
"""

import json
from pathlib import Path
from typing import Self

from PIL import Image
from pydantic import BaseModel, ConfigDict

from reports.figures.drawn import draw
from reports.figures.forest import save_forest
from reports.paper.numbers import paper_numbers
from reports.saved.claims import PaperEffects, SavedClaim, saved_claims, training_seconds
from reports.saved.study import load_report
from reports.statistics.verdicts import judge_page
from reports.study_report import StudyReport
from reports.style import house_style, save_figure
from reports.tables.markdown import markdown

COLLECTION = "collection.json"
PALETTE = 128
"""The colours of a PNG: a quarter of the bytes, and nobody sees a difference."""


class Saved(BaseModel):
    """The base class of what ``collection.json`` has."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class SavedStudy(Saved):
    """A study of the collection."""

    name: str
    title: str
    reproduces: str | None
    """The key of the paper's figure or table; None if there is none."""
    states: dict[str, int]
    """The numbers of trials by state."""
    hours: float
    """The hours of its trials that have ended; a training that studies share is counted in one of them."""
    problem: str = ""
    """The reason why the study cannot be run; empty if it can."""
    paper_effects: list[PaperEffects]
    """The paper's effects, a list for each claim; see ``reports.saved.claims.paper_effects``."""
    claims: list[SavedClaim] = []
    """The claims with their verdicts; empty unless the study is whole."""

    @property
    def is_whole(self) -> bool:
        """Whether every trial has ended."""
        return not self.problem and not self.states["waiting"]

    @property
    def label(self) -> str:
        """The paper's name of the figure or table, such as ``Figure 5``; the study's title if it reproduces none."""
        numbers = paper_numbers(self.reproduces)
        if numbers:
            return numbers.title
        return self.reproduces.replace("_", " ").capitalize() if self.reproduces else self.title


class SavedCollection(Saved):
    """The studies of a folder of results."""

    name: str
    title: str
    scale: str
    scale_description: str
    command: str
    """The command that runs all trials."""
    facts: dict[str, str]
    """The provenance that all studies share: hardware, numerics and versions."""
    hours: float
    """The hours of all trials that have ended, each counted once, on the number of cores that ``facts`` names."""
    hours_left: float | None = None
    """The estimated hours of the trials without a result; None if it is not known."""
    studies: list[SavedStudy]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The collection of a folder."""
        return cls.model_validate_json((folder / COLLECTION).read_text(encoding="utf-8"))

    def write(self, folder: Path) -> None:
        """Write ``collection.json``."""
        text = json.dumps(self.model_dump(mode="json"), indent=1)
        (folder / COLLECTION).write_text(text + "\n", encoding="utf-8")

    @property
    def whole(self) -> list[SavedStudy]:
        """The studies whose trials have all ended; their values are in the folder."""
        return [study for study in self.studies if study.is_whole]


def redraw(folder: Path) -> SavedCollection:
    """Judge and draw everything again from the values in the folder; return the collection, which is written too."""
    saved = SavedCollection.read(folder)
    reports = {study.name: load_report(folder / study.name) for study in saved.whole}
    verdicts = dict(zip(reports, judge_page([report.judged for report in reports.values()]), strict=True))
    seconds = training_seconds(list(reports.values()))

    def judged(study: SavedStudy) -> SavedStudy:
        if not study.is_whole:
            return study
        claims = saved_claims(reports[study.name], verdicts[study.name], study.paper_effects, seconds)
        return study.model_copy(update={"claims": claims})

    saved = saved.model_copy(update={"studies": list(map(judged, saved.studies))})
    saved.write(folder)
    for name, report in reports.items():
        redraw_study(report, folder / name)
    shown = [(study.label, verdict) for study in saved.whole for verdict in verdicts[study.name]]
    with house_style(" ".join(f"{label} {verdict.claim.says}" for label, verdict in shown)):
        if forest := save_forest(shown, f"{saved.title} ({saved.scale} scale)", folder):
            _with_palette(forest)
            forest.with_suffix(".svg").unlink()
    return saved


def redraw_study(report: StudyReport, folder: Path) -> None:
    """Draw the figure and write the table of a study."""
    with house_style(report.texts):
        drawn = draw(report)
        _with_palette(*save_figure(drawn.figure, folder, "figure", ["png"]))
    (folder / "table.md").write_text(markdown(drawn.texts, drawn.corner, drawn.bold), encoding="utf-8")


def _with_palette(path: Path) -> None:
    """Write a picture again with few colours."""
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(PALETTE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
