"""What a report is drawn from."""

from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from reports.cells.arrays import TrialArrays
from reports.cells.metric_names import label_of
from reports.cells.summary import STATES
from reports.paper.numbers import PaperNumbers, paper_numbers
from reports.specs import Report
from reports.statistics.verdicts import Claim, Verdict, judge


@dataclass(frozen=True)
class RunPages:
    """Where MLflow shows the study's runs."""

    address: str
    """What stands before the id of a run."""
    run_id: str
    """Id of the run that stands for the study at its scale."""
    note: str = ""
    """What a reader must know to follow the links."""
    query: str = ""
    """What stands after the id of a run."""

    def of(self, run_id: str) -> str:
        """The address of a run's page."""
        return f"{self.address}{run_id}{self.query}"


@dataclass(frozen=True)
class StudyReport:
    """Everything a report is drawn from."""

    name: str
    title: str
    spec: Report
    """How it is drawn."""
    table: pd.DataFrame
    """One row a trial: ``name``, ``trial_id``, ``seed``, ``baseline``, ``state``, ``error``, the axes, the metrics."""
    axes: list[str]
    """In the order of the grid."""
    claims: list[Claim] = field(default_factory=list)
    """What the paper says; by the values of ``axes``."""
    reproduces: str | None = None
    scale: str = ""
    scale_description: str = ""
    settings: dict[str, object] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    """Provenance."""
    command: str = ""
    """Runs what is left."""
    run_pages: RunPages | None = None
    arrays: dict[str, TrialArrays] = field(default_factory=dict)
    """By trial id, of the trials that a figure of pictures shows; see ``chosen_trials``."""

    @property
    def metric(self) -> str:
        """What claims are about where they do not say."""
        return self.spec.metric

    @property
    def metric_label(self) -> str:
        return label_of(self.metric)

    @property
    def heading(self) -> str:
        """Above the figure."""
        return f"{self.title} ({self.scale} scale)"

    @cached_property
    def paper(self) -> PaperNumbers | None:
        """The paper's numbers of what is reproduced."""
        return paper_numbers(self.reproduces)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        return judge(self.claims, self.table, self.axes, self.metric)

    @property
    def states(self) -> dict[str, int]:
        """How many trials are finished, failed, stopped and missing."""
        counted = self.table["state"].value_counts().to_dict()
        return {state: int(counted.get(state, 0)) for state in STATES}

    @property
    def baselines(self) -> dict[str, float]:
        """Mean of each baseline's finished trials."""
        rows = self.table[(self.table["baseline"] != "") & (self.table["state"] == "finished")]
        if self.metric not in rows:
            return {}
        return {
            str(name): float(mean) for name, mean in rows.groupby("baseline", sort=False)[self.metric].mean().items()
        }
