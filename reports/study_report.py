"""Everything that a report is drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from reports.cells.arrays import TrialArrays
from reports.cells.baselines import Baseline, baselines_of
from reports.cells.circumstances import circumstances
from reports.cells.metric_names import label_of
from reports.cells.search import Search, Select, chosen_texts
from reports.cells.summary import STATES
from reports.paper.numbers import PaperNumbers, paper_numbers
from reports.specs import Report
from reports.statistics.claims.kinds import Claim
from reports.statistics.hypothesis_tests.looks import Looks
from reports.statistics.page import Judged
from reports.statistics.seeds import FIXED, VARIED, seeds_text
from reports.statistics.verdicts import Verdict, judge_page


@dataclass(frozen=True)
class RunPages:
    """The addresses of the study's runs in MLflow."""

    address: str
    """The part of an address before the id of a run."""
    run_id: str
    """The id of the MLflow run of the study at its scale."""
    note: str = ""
    """A note on what a reader needs to follow the links."""
    query: str = ""
    """The part of an address after the id of a run."""

    def of(self, run_id: str) -> str:
        """The address of a run's page."""
        return f"{self.address}{run_id}{self.query}"


@dataclass(frozen=True)
class StudyReport:
    """A study at one scale, with everything that its report is drawn from."""

    name: str
    title: str
    spec: Report
    """The settings of the figure."""
    table: pd.DataFrame
    """One row a trial: ``name``, ``trial_id``, ``seed``, ``baseline``, ``state``, ``error``, the axes, the metrics.

    If they are known, also ``scored_by`` (see ``reports.cells.scoring``), ``test_images``, the number of test images,
    and ``correct/<metric>``, an array of booleans, one for each test image. If settings are tuned, only the chosen
    trials.
    """
    axes: list[str]
    """The axes, in the order of the grid."""
    search: Search | None = None
    """The tuned settings and all their trials; None if nothing is tuned."""
    select: Select = "test"
    """The score that the best cell is chosen by: the metric, or that on held-out training images."""
    claims: list[Claim] = field(default_factory=list)
    """The claims of the study, with cells by the values of ``axes``."""
    warnings: list[str] = field(default_factory=list)
    """Sentences on what to change before the study is believed, such as a choice at the edge of what was tried."""
    looks: Looks = ()
    """The numbers of seeds at which the claims are judged, as planned; empty if they are judged once."""
    varied: tuple[str, ...] = VARIED
    """The random choices that differ between the seeds of a cell."""
    fixed: tuple[str, ...] = FIXED
    """The random choices that are the same in all seeds, so that the verdicts do not cover them."""
    reproduces: str | None = None
    """The key of the paper's figure or table, such as ``figure_5``; None if there is none."""
    scale: str = ""
    """The name of the scale."""
    scale_description: str = ""
    """The scale in words."""
    settings: dict[str, object] = field(default_factory=dict)
    """The settings that all cells have in common, by path."""
    facts: dict[str, str] = field(default_factory=dict)
    """The provenance: facts by their names, such as versions and hardware."""
    command: str = ""
    """The command that runs the trials without a result."""
    run_pages: RunPages | None = None
    """The study's runs in MLflow; None if they are not known."""
    arrays: dict[str, TrialArrays] = field(default_factory=dict)
    """The arrays of the trials that a figure of pictures shows, by trial id; see ``chosen_trials``."""
    curves: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
    """The learning curves of trials by trial id: the values after each epoch by name, such as ``loss``, (epochs,)."""
    views: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Two views of the same images, uint8 (2, images, C, S, S), by the id of one trial of each cell."""
    no_views: str = ""
    """The reason why a study of augmentations has no views."""

    @property
    def metric(self) -> str:
        """The metric of claims that name none."""
        return self.spec.metric

    @property
    def metric_label(self) -> str:
        """The label of the metric, with its unit."""
        return label_of(self.metric)

    @property
    def every_trial(self) -> pd.DataFrame:
        """All trials, one row each, also those that were not chosen."""
        return self.table if self.search is None else self.search.table

    @property
    def chosen_texts(self) -> pd.DataFrame:
        """The chosen values as text, in the order of the seeds; empty if nothing is tuned.

        There is a row for each cell or baseline that is tuned, by its name, and a column for each tuned setting.
        """
        if self.search is None:
            return pd.DataFrame()
        tuned = list(self.search.values)
        rows = chosen_texts(self.table, ["baseline", *self.axes], tuned)
        names = [baseline or ", ".join(filter(None, cell)) for baseline, *cell in _rows(rows[["baseline", *self.axes]])]
        return rows[tuned].set_axis(names)[(rows[tuned] != "").any(axis=1).to_numpy()]

    @property
    def heading(self) -> str:
        """The heading of the figure."""
        return f"{self.title} ({self.scale} scale)"

    @property
    def texts(self) -> str:
        """All texts of the study file that a figure may show."""
        cells = self.table[[*self.axes, "baseline", "name"]].to_numpy().flat
        return " ".join([self.heading, str(self.spec), *self.axes, *map(str, cells)])

    @cached_property
    def paper(self) -> PaperNumbers | None:
        """The paper's numbers of the figure or table that is reproduced; None if there are none."""
        return paper_numbers(self.reproduces)

    @property
    def judged(self) -> Judged:
        """The part of the report that the verdicts are taken from."""
        return Judged(self.claims, self.table, self.axes, self.metric, self.looks, self.varied, self.fixed)

    @property
    def seeds_text(self) -> str:
        """Sentences on what a seed varies and what it does not, shown below the verdicts; empty without claims."""
        fixed = [each for each in self.fixed if any(each in verdict.fixed for verdict in self.verdicts)]
        return seeds_text(self.varied, fixed) if self.claims else ""

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The verdicts on the claims, as on the study's own page."""
        return judge_page([self.judged])[0]

    @property
    def circumstances(self) -> str:
        """Sentences on cells that differ in hardware or numerics; empty if none do."""
        return circumstances(self.table)

    @property
    def states(self) -> dict[str, int]:
        """The numbers of trials that are done, failed, stopped and waiting."""
        counted = self.every_trial["state"].value_counts().to_dict()
        return {state: int(counted.get(state, 0)) for state in STATES}

    @property
    def is_finished(self) -> bool:
        """Whether every cell and baseline has each of its seeds, done or stopped early. Failed trials that were left
        out of the choice of a tuned setting are not missing."""
        return not self.table["state"].isin(["failed", "waiting"]).any()

    @property
    def baselines(self) -> list[Baseline]:
        """The baselines with at least one trial that is done."""
        return baselines_of(self.table, self.metric)


def _rows(table: pd.DataFrame) -> list[tuple[str, ...]]:
    return list(table.itertuples(index=False, name=None))
