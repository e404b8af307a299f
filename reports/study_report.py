"""What a report is drawn from."""

from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from reports.cells.arrays import TrialArrays
from reports.cells.circumstances import circumstances
from reports.cells.metric_names import label_of
from reports.cells.scoring import Baseline, baselines_of
from reports.cells.search import Search, chosen_texts
from reports.cells.summary import STATES
from reports.paper.numbers import PaperNumbers, paper_numbers
from reports.specs import Report
from reports.statistics.claims import Claim
from reports.statistics.looks import Looks
from reports.statistics.page import Judged
from reports.statistics.seeds import FIXED, VARIED, seeds_text
from reports.statistics.verdicts import Verdict, judge_page


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
    """One row a trial: ``name``, ``trial_id``, ``seed``, ``baseline``, ``state``, ``error``, the axes, the metrics.

    Where they are known also ``scored_by`` (see ``reports.cells.scoring``), ``test_images``, their number, and
    ``correct/<metric>``, an array of booleans by image.
    """
    axes: list[str]
    """In the order of the grid."""
    search: Search | None = None
    """What is tuned, and all trials that were chosen among; None where nothing is tuned. ``table`` has only the chosen
    ones."""
    claims: list[Claim] = field(default_factory=list)
    """What the paper says; by the values of ``axes``."""
    warnings: list[str] = field(default_factory=list)
    """Sentences on what to change before the study is believed, such as a choice at the edge of what was tried."""
    looks: Looks = ()
    """The numbers of seeds at which it was planned to look at the claims; empty where that is done once."""
    varied: tuple[str, ...] = VARIED
    """What differs between the seeds of a cell."""
    fixed: tuple[str, ...] = FIXED
    """What is the same in all seeds, so that the verdicts do not cover it."""
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
    def every_trial(self) -> pd.DataFrame:
        """One row a trial, also those that were not chosen."""
        return self.table if self.search is None else self.search.table

    @property
    def chosen_texts(self) -> pd.DataFrame:
        """The chosen values, in the order of the seeds: a row for each cell or baseline that is tuned, by its name, and
        a column for each tuned setting. Empty where nothing is tuned."""
        if self.search is None:
            return pd.DataFrame()
        tuned = list(self.search.values)
        rows = chosen_texts(self.table, ["baseline", *self.axes], tuned)
        names = [baseline or ", ".join(filter(None, cell)) for baseline, *cell in _rows(rows[["baseline", *self.axes]])]
        return rows[tuned].set_axis(names)[(rows[tuned] != "").any(axis=1).to_numpy()]

    @property
    def heading(self) -> str:
        """Above the figure."""
        return f"{self.title} ({self.scale} scale)"

    @property
    def texts(self) -> str:
        """Everything of the study file that a figure may show."""
        cells = self.table[[*self.axes, "baseline", "name"]].to_numpy().flat
        return " ".join([self.heading, str(self.spec), *self.axes, *map(str, cells)])

    @cached_property
    def paper(self) -> PaperNumbers | None:
        """The paper's numbers of what is reproduced."""
        return paper_numbers(self.reproduces)

    @property
    def judged(self) -> Judged:
        """What the verdicts are taken from."""
        return Judged(self.claims, self.table, self.axes, self.metric, self.looks, self.varied, self.fixed)

    @property
    def seeds_text(self) -> str:
        """What a seed varies, in sentences for below the verdicts; empty without claims."""
        fixed = [each for each in self.fixed if any(each in verdict.fixed for verdict in self.verdicts)]
        return seeds_text(self.varied, fixed) if self.claims else ""

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """Verdicts on the claims, on a page of the study's own."""
        return judge_page([self.judged])[0]

    @property
    def circumstances(self) -> str:
        """That its cells differ in hardware or numerics; empty where they do not."""
        return circumstances(self.table)

    @property
    def states(self) -> dict[str, int]:
        """Numbers of trials that are done, failed, stopped and waiting."""
        counted = self.every_trial["state"].value_counts().to_dict()
        return {state: int(counted.get(state, 0)) for state in STATES}

    @property
    def baselines(self) -> list[Baseline]:
        """The baselines that have a trial that is done."""
        return baselines_of(self.table, self.metric)


def _rows(table: pd.DataFrame) -> list[tuple[str, ...]]:
    return list(table.itertuples(index=False, name=None))
