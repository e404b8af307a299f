"""The page of several studies: what held of all of them first, then each one's figure."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from reports.cells.summary import STATES
from reports.pages.web import Picture, fill, picture
from reports.paper.numbers import paper_numbers
from reports.statistics.verdicts import Verdict, judge_page
from reports.study_report import StudyReport


@dataclass(frozen=True)
class Entry:
    """A study on the page."""

    name: str
    title: str
    reproduces: str | None = None
    report: StudyReport | None = None
    """None where nothing is there to be shown."""
    verdicts: list[Verdict] = field(default_factory=list)
    figure: Path | None = None
    """As PNG, with the SVG beside it."""
    page: str = ""
    """Its own, from this one."""
    problem: str = ""
    """Why it was not run, or not to its end."""

    @property
    def label(self) -> str:
        """What it reproduces, as the paper calls it: ``Figure 5``; its name where that is nothing."""
        numbers = paper_numbers(self.reproduces)
        return numbers.title if numbers else self.name

    @property
    def picture(self) -> Picture:
        """Raises ``ValueError`` where there is no figure."""
        if self.figure is None:
            raise ValueError(f"{self.name} has no figure")
        return picture(self.figure)

    @property
    def states(self) -> dict[str, int]:
        """How many trials are finished, failed, stopped and missing."""
        return self.report.states if self.report else dict.fromkeys(STATES, 0)

    @property
    def complete(self) -> bool:
        """Whether all its trials are finished, or were stopped early."""
        return self.report is not None and not (self.states["failed"] or self.states["waiting"])

    @property
    def seconds(self) -> float:
        """Of its trials, also those that other studies have as well."""
        if self.report is None or "seconds" not in self.report.every_trial:
            return 0.0
        return float(self.report.every_trial["seconds"].sum())


def write_collection(path: Path, title: str, name: str, scale: str, entries: list[Entry]) -> Path:
    """Write one file that needs no other, though the links to the studies' own pages lead beside it.

    The verdicts of ``entries`` are those of ``judged_together``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    verdicts = [verdict for entry in entries for verdict in entry.verdicts]
    values = {"title": title, "name": name, "scale": scale, "entries": entries, "verdicts": verdicts}
    return fill("collection.html.j2", path, differing=_differing(entries), **values)


def judged_together(entries: list[Entry]) -> list[Entry]:
    """The studies with the verdicts of all claims of the page, in the place of those of each study's own page."""
    shown = [entry.report for entry in entries if entry.report]
    verdicts = iter(judge_page([report.judged for report in shown]))
    return [replace(entry, verdicts=next(verdicts)) if entry.report else entry for entry in entries]


def _differing(entries: list[Entry]) -> list[tuple[Verdict, str]]:
    """Verdicts that are others on the page of the study alone, with the word there."""
    pairs = [
        (here, there)
        for entry in entries
        if entry.report
        for here, there in zip(entry.verdicts, entry.report.verdicts, strict=True)
    ]
    return [(here, there.word) for here, there in pairs if here.word != there.word]
