"""The content of a collection's run in MLflow: the verdicts on the claims of all its studies, judged together."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ablations.tracking.content.notes import (
    artifact_picture,
    claims_counted,
    table_cell,
    verdict_lines,
    verdicts_counted,
)
from ablations.tracking.content.summary import verdict_counts, verdict_numbers, verdict_tags
from ablations.tracking.content.views import run_page
from reports.statistics.verdicts import Verdict

LEFT_OUT = "Left out with --without, and its claims are not judged here."
JUDGED = "; all their claims are judged together, so that a study's own page may differ"
NOT_RUN = "Not run yet at this scale, or not yet in MLflow."
FOREST = "report/forest.svg"
WORST_FIRST = ("RUNNING", "FAILED", "KILLED", "SCHEDULED")
"""MLflow's statuses of studies, of which the first that a study has is that of its collection."""


@dataclass(frozen=True)
class StudyFindings:
    """A study of a collection."""

    name: str
    title: str
    verdicts: Sequence[Verdict] = ()
    """Verdicts on its claims, judged together with those of the other studies."""
    best: str = ""
    """A sentence on its best cell; empty if there is none."""
    problem: str = ""
    """Why it was not run, or not to its end; empty if there is nothing to say."""
    experiment_id: str = ""
    run_id: str = ""
    """Its parent run; empty if it has none."""


@dataclass(frozen=True)
class CollectionFindings:
    """A collection at one scale."""

    name: str
    title: str
    scale: str
    label: str
    """The scale and the overrides; see ``ScaledCollection.label``."""
    command: str
    studies: Sequence[StudyFindings] = field(default_factory=list)

    @property
    def verdicts(self) -> list[Verdict]:
        """All verdicts, study after study."""
        return [verdict for study in self.studies for verdict in study.verdicts]

    @property
    def metrics(self) -> dict[str, float]:
        """Numbers of claims by verdict, and ``claims/<study>/<n>`` with what is known of each; see ``Summary``."""
        numbers = verdict_counts(self.verdicts)
        for study in self.studies:
            numbers |= verdict_numbers(study.verdicts, study.name)
        return numbers

    @property
    def tags(self) -> dict[str, str]:
        """``ablate.claim.<study>.<n>``: each verdict and its claim."""
        told = [verdict_tags(study.verdicts, study.name) for study in self.studies]
        return {name: text for tags in told for name, text in tags.items()}

    def note(self, run_id: str, is_experiment: bool = False) -> str:
        """The description of the collection's run, which has the forest plot, or of its experiment."""
        title = self.title if is_experiment else f"**{self.title}**"
        parts = [
            " ".join(filter(None, [f"{title}, at scale {self.scale}.", claims_counted(self.verdicts)])),
            f"Several studies that were run together{JUDGED if self.verdicts else ''}. The page of all is among the "
            "artifacts of the run.",
            _table(self.studies),
            f"```\n{self.command}\n```",
            verdict_lines(self.verdicts),
            artifact_picture(run_id, FOREST) if self.verdicts else "",
        ]
        return "\n\n".join(filter(None, parts))


def collection_status(statuses: Collection[str], problems: Collection[str]) -> str:
    """MLflow's status of a collection whose studies' parent runs have these, and whose studies have these problems."""
    matters = [problem for problem in problems if problem not in ("", LEFT_OUT)]
    found = {*statuses, *("SCHEDULED" if problem == NOT_RUN else "FAILED" for problem in matters)}
    return next((status for status in WORST_FIRST if status in found), "FINISHED")


def _table(studies: Sequence[StudyFindings]) -> str:
    rows = [f"| {_link(one)} | {table_cell(_counted(one))} | {table_cell(one.best)} |" for one in studies]
    return "\n".join(["| study | claims | |", "|---|---|---|", *rows])


def _counted(study: StudyFindings) -> str:
    return study.problem or verdicts_counted(study.verdicts)


def _link(study: StudyFindings) -> str:
    """The study's title, as a link to its parent run if it has one."""
    title = table_cell(study.title)
    return f"[{title}]({run_page(study.experiment_id, study.run_id)})" if study.run_id else title
