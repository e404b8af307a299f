"""The page of a collection: first the verdicts on the claims of all its studies, then each study's figure."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from reports.cells.summary import STATES
from reports.pages.web import Picture, fill, picture
from reports.paper.numbers import paper_numbers
from reports.statistics.verdicts import Verdict, judge_page
from reports.study_report import StudyReport


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
        """Whether all its trials are done or were stopped early."""
        return self.report is not None and not (self.states["failed"] or self.states["waiting"])

    @property
    def seconds(self) -> float:
        """The seconds of compute of all its trials, including those that it shares with other studies."""
        if self.report is None or "seconds" not in self.report.every_trial:
            return 0.0
        return float(self.report.every_trial["seconds"].sum())


def write_collection(path: Path, title: str, name: str, scale: str, entries: list[Entry]) -> Path:
    """Write the page, and return its path. It needs no other file, except that it links to the studies' own pages.

    ``entries`` have the verdicts of ``judged_together``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    verdicts = [verdict for entry in entries for verdict in entry.verdicts]
    values = {"title": title, "name": name, "scale": scale, "entries": entries, "verdicts": verdicts}
    return fill("collection.html.j2", path, differing=_differing(entries), **values)


def judged_together(entries: list[Entry]) -> list[Entry]:
    """The studies with their claims judged together on this page, in the place of one study at a time."""
    shown = [entry.report for entry in entries if entry.report]
    verdicts = iter(judge_page([report.judged for report in shown]))
    return [replace(entry, verdicts=next(verdicts)) if entry.report else entry for entry in entries]


def _differing(entries: list[Entry]) -> list[tuple[Verdict, str]]:
    """The verdicts that differ from those on the study's own page, each with the word there."""
    pairs = [
        (here, there)
        for entry in entries
        if entry.report
        for here, there in zip(entry.verdicts, entry.report.verdicts, strict=True)
    ]
    return [(here, there.word) for here, there in pairs if here.word != there.word]
