"""The studies of a page, whose claims are judged together, and the answers to the claims.

Verdicts are taken at 5 % false discoveries among all distinct claims of a page (Benjamini & Hochberg 1995). So the page
is the family: the page of a collection has more claims than the page of one of its studies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from reports.cells.scoring import BOTH
from reports.paper.numbers import paper_numbers
from reports.statistics.answers import AgreementAnswer, Answer, ContrastAnswer
from reports.statistics.claims.kinds import AgreementClaim, Claim, Part, baselines_in, parts_of
from reports.statistics.claims.questions import Question, question
from reports.statistics.claims.selection import NotInGridError
from reports.statistics.hypothesis_tests.agreement import FEWEST, Agreement, split
from reports.statistics.hypothesis_tests.decision import Decision
from reports.statistics.hypothesis_tests.looks import Looks
from reports.statistics.measured import Measured, measure
from reports.statistics.noise.images import variance_over_images
from reports.statistics.noise.spread import MOST_FILLED, estimate, filled_in
from reports.statistics.noise.usual import Usual, usual_spreads
from reports.statistics.seeds import FIXED, VARIED


@dataclass(frozen=True)
class Judged:
    """The parts of a study that its verdicts depend on."""

    claims: Sequence[Claim]
    table: pd.DataFrame
    """The results, one row a trial as in ``StudyReport``."""
    axes: list[str]
    """The axes of the grid, in order."""
    metric: str
    """The metric of claims that name none."""
    looks: Looks = ()
    """The numbers of seeds at which the claims are judged, as planned; empty if they are judged once."""
    varied: tuple[str, ...] = VARIED
    """The random choices that differ between the seeds of a cell."""
    fixed: tuple[str, ...] = FIXED
    """The random choices that are the same in all seeds, so that the verdicts do not cover them."""

    @property
    def metrics(self) -> set[str]:
        """The metrics that the claims are about."""
        return {self.metric_of(part) for claim in self.claims for part in parts_of(claim)}

    def metric_of(self, part: Part) -> str:
        """The metric that a claim or a part of one is about."""
        return part.metric or self.metric


@dataclass
class Page:
    """The studies of a page; the cells of all studies together give the usual spread of a cell."""

    studies: Sequence[Judged]
    _measured: dict[tuple[int, str], Measured] = field(default_factory=dict)
    _usual: dict[tuple[int, str], Usual] = field(default_factory=dict)
    _decided: dict[object, Decision] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for metric in set[str]().union(*(study.metrics for study in self.studies)):
            found = {number: measure(study.table, study.axes, metric) for number, study in enumerate(self.studies)}
            self._measured |= {(number, metric): one for number, one in found.items()}
            usual = usual_spreads(list(found.values()))
            self._usual |= {(number, metric): one for number, one in zip(found, usual, strict=True)}

    def answer(self, number: int, part: Part) -> Answer | str:
        """The answer of study ``number`` to a claim or a part of one; the reason as text if it has none."""
        metric = self.studies[number].metric_of(part)
        usual, measured = self._usual[number, metric], self._measured[number, metric]
        if baselines := baselines_in(part):
            study = self.studies[number]
            measured = measure(study.table, study.axes, metric, baselines)
        try:
            if isinstance(part, AgreementClaim):
                return _agreement(part, measured)
            asked = question(part, measured.cells)
        except NotInGridError as error:
            return str(error)
        if baselines and len(ways := dict.fromkeys(measured.scored_by[asked.about])) > 1:
            return f"a baseline is compared with cells that are scored alike, and these are scored by {BOTH.join(ways)}"
        if stopped := int(measured.stopped[asked.about].sum()):
            return f"{stopped} of its {_trials(measured, asked.about)} trials were stopped early"
        answer = ContrastAnswer(part, measured, asked, decision_on(measured, asked, usual))
        return ContrastAnswer(part, measured, asked, self._decided.setdefault(answer.key, answer.decision))


def _trials(measured: Measured, about: np.ndarray) -> int:
    return int((measured.trials[about] != "").sum())


def decision_on(measured: Measured, asked: Question, usual: Usual) -> Decision:
    """The tests of a question. If the values have leading dimensions, many pages are tested at once."""
    prior = usual.averages if asked.averaged else usual.cells
    images = variance_over_images(measured, asked.weights)
    return Decision(estimate(measured.values, asked.weights, prior, measured.resolution, images), asked.shape)


def _agreement(part: AgreementClaim, measured: Measured) -> AgreementAnswer | str:
    """The answer to a claim of agreement, over the axes of the paper's numbers; other axes are averaged.

    Raises ``NotInGridError`` if the grid lacks an axis or the paper the metric.
    """
    numbers = paper_numbers(part.key)
    if numbers is None or measured.metric not in numbers.metrics:
        raise NotInGridError(f"the project holds no {measured.metric} of {part.key}")
    if missing := [axis for axis in numbers.axes if axis not in measured.cells]:
        raise NotInGridError(f"this grid has no axis {', '.join(missing)}")
    known = numbers.table.dropna(subset=measured.metric)
    published = dict(zip(_keys(known, numbers.axes), known[measured.metric], strict=True))
    keys = _keys(measured.cells, numbers.axes)
    about = np.array([key in published for key in keys])
    if len(ways := dict.fromkeys(measured.scored_by[about])) > 1:
        return f"an order is of cells that are scored alike, and these are scored by {BOTH.join(ways)}"
    if stopped := int(measured.stopped[about].sum()):
        return f"{stopped} of its {_trials(measured, about)} trials were stopped early"
    there = ~np.isnan(measured.values[about]).all(axis=0)
    kept = _nearly_whole(measured.values[about])
    values = measured.values[:, kept]
    filled, missing = filled_in(values), np.isnan(values)
    rows = {name: np.array([key == name for key in keys]) for name in dict.fromkeys(keys) if name in published}
    rows = {name: row for name, row in rows.items() if kept.any() and not np.isnan(filled[row]).any()}
    if len(rows) < FEWEST:
        return f"an agreement takes {FEWEST} cells of the paper's, and {len(rows)} have a result here"
    agreement = Agreement(
        np.stack([filled[row].mean(axis=0) for row in rows.values()]),
        np.array([published[name] for name in rows]),
        np.stack([missing[row].any(axis=0) for row in rows.values()]),
    )
    left_out = int((there & ~kept).sum())
    return AgreementAnswer(part, measured, agreement, about, split(agreement, _factors(list(rows))), left_out)


def _nearly_whole(values: np.ndarray) -> np.ndarray:
    """Whether each seed lacks few enough of the cells that have any result to be filled in, (seeds,). ``values``
    (cells, seeds)."""
    known = ~np.isnan(values)
    known = known[known.any(axis=-1)]
    return known.mean(axis=0) >= 1 - MOST_FILLED if len(known) else np.zeros(values.shape[-1], dtype=bool)


def _factors(names: list[tuple[str, ...]]) -> dict[str, np.ndarray]:
    """The cells that have each value of any axis, as booleans by the value."""
    values = dict.fromkeys(value for name in names for value in name if value)
    return {value: np.array([value in name for name in names]) for value in values}


def _keys(cells: pd.DataFrame, axes: list[str]) -> list[tuple[str, ...]]:
    return list(cells[axes].itertuples(index=False, name=None))
