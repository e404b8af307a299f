"""The page of a collection: first the verdicts on the claims of all its studies, then each study's figure."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reports.cells.summary import STATES
from reports.figures.forest import save_forest
from reports.pages.web import MOST_CLAIMS, Picture, fill, picture
from reports.paper.numbers import paper_numbers
from reports.statistics.verdicts import Verdict, judge_page, p_text
from reports.study_report import StudyReport
from reports.style import house_style


@dataclass(frozen=True)
class Entry:
    """A study on the page of a collection."""

    name: str
    title: str
    reproduces: str | None = None
    """The key of the paper's figure or table; None if there is none."""
    report: StudyReport | None = None
    """The study's report; None if there is nothing to show."""
    verdicts: list[Verdict] = field(default_factory=list)
    """The verdicts on the study's claims."""
    figure: Path | None = None
    """The figure as PNG, with the SVG beside it; None if there is none."""
    page: str = ""
    """The link to the study's own page, relative to this one."""
    problem: str = ""
    """The reason why the study was not run, or not to its end; empty if there is none."""
    left_out: bool = False
    """Whether it was left out on purpose, so that it is not unfinished."""

    @property
    def label(self) -> str:
        """The paper's name of the figure or table, such as ``Figure 5``; the study's name if it reproduces none."""
        numbers = paper_numbers(self.reproduces)
        return numbers.title if numbers else self.name

    @property
    def picture(self) -> Picture:
        """The figure as part of the page. Raises ``ValueError`` if there is none."""
        if self.figure is None:
            raise ValueError(f"{self.name} has no figure")
        return picture(self.figure)

    @property
    def states(self) -> dict[str, int]:
        """The numbers of trials that are done, failed, stopped and waiting."""
        return self.report.states if self.report else dict.fromkeys(STATES, 0)

    @property
    def complete(self) -> bool:
        """Whether all its cells have their trials; see ``StudyReport.is_finished``."""
        return self.report is not None and self.report.is_finished

    @property
    def seconds(self) -> float:
        """The seconds of compute of all its trials, including those that it shares with other studies."""
        if self.report is None or "seconds" not in self.report.every_trial:
            return 0.0
        return float(self.report.every_trial["seconds"].sum())


def write_collection(path: Path, title: str, name: str, scale: str, entries: list[Entry]) -> Path:
    """Write the page, and ``forest.{png,svg}`` of all claims beside it; return the path of the page. It needs no other
    file, except that it links to the studies' own pages.

    ``entries`` have the verdicts of ``judged_together``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    verdicts = [verdict for entry in entries for verdict in entry.verdicts]
    labelled = [(entry.label, verdict) for entry in entries for verdict in entry.verdicts]
    heading = f"{title} ({scale} scale)"
    with house_style(" ".join([heading, *(f"{label} {verdict.claim.says}" for label, verdict in labelled)])):
        forest = save_forest(labelled, heading, path.parent)
    values: dict[str, Any] = {"title": title, "name": name, "scale": scale, "entries": entries, "verdicts": verdicts}
    values |= {"forest": picture(forest) if forest else None, "differing": _differing(entries)}
    return fill("collection.html.j2", path, most_claims=MOST_CLAIMS, p_text=p_text, **values)


def judged_together(entries: list[Entry]) -> list[Entry]:
    """The studies with their claims judged together on this page, in the place of one study at a time."""
    shown = [entry.report for entry in entries if entry.report]
    verdicts = iter(judge_page([report.judged for report in shown]))
    return [replace(entry, verdicts=next(verdicts)) if entry.report else entry for entry in entries]


def _differing(entries: list[Entry]) -> list[tuple[Verdict, str]]:
    """The verdicts that differ from those on the study's own page, each with the word there; a claim that several
    studies share is named once."""
    pairs = [
        (here, there)
        for entry in entries
        if entry.report
        for here, there in zip(entry.verdicts, entry.report.verdicts, strict=True)
    ]
    differing = {here.claim.says: (here, there.word) for here, there in pairs if here.word != there.word}
    return list(differing.values())
