"""How often verdicts are wrong, and how often they find what is there: the project's own tests on invented results.

    python benchmarks/verdicts.py                  everything, some minutes on one core; writes verdicts.md and verdicts.csv
    python benchmarks/verdicts.py --pages 500      a quick look
    python benchmarks/verdicts.py --only ordering  the rows whose name has this

Noise is 1 point a cell and seed, beside what all cells of a seed share. Each row is a design: claims about cells whose
true means are known, on a page that is judged as a report's page is. Every number is a part of the claims of all pages.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from reports.statistics.claims import Claim, parts_of, read_claims
from reports.statistics.decision import Decision
from reports.statistics.looks import Looks, one_look
from reports.statistics.measured import Measured
from reports.statistics.noise.usual import usual_spreads
from reports.statistics.page import decision_on
from reports.statistics.questions import Question, question
from reports.statistics.ruling import ALPHA, POINT, Tested, level, tested

HERE = Path(__file__).parent
SEED_SPREAD = 2.0
"""What the cells of a seed share, in points."""
CHUNK = 500
"""Pages at a time."""

Values = Callable[[np.random.Generator, int, int], np.ndarray]


@dataclass(frozen=True)
class Grid:
    """The cells of a study, and what is true of them."""

    axes: dict[str, int]
    """How many values each axis has."""
    means: np.ndarray
    """(cells,)"""
    noise: np.ndarray | float = 1.0
    """The standard deviation of each cell, (cells,); of a cell by chance where ``differing`` is given."""
    differing: float = 0.0
    """Degrees of freedom of the cells' variances, as scaled inverse chi squares about ``noise``; 0 where they are as
    they are."""
    shared: float = 0.0
    """The deviation of what the cells with one value on the first axis share in a seed."""

    @property
    def cells(self) -> pd.DataFrame:
        values = itertools.product(*(map(str, range(count)) for count in self.axes.values()))
        return pd.DataFrame(list(values), columns=list(self.axes))

    def draw(self, random: np.random.Generator, pages: int, seeds: int) -> np.ndarray:
        """(pages, cells, seeds)"""
        cells = len(self.means)
        noise = np.broadcast_to(np.asarray(self.noise, dtype=float), (pages, cells))
        if self.differing:
            noise = noise * np.sqrt(self.differing / random.chisquare(self.differing, (pages, cells)))
        values = random.normal(size=(pages, cells, seeds)) * noise[..., None] + self.means[:, None]
        values += SEED_SPREAD * random.normal(size=(pages, 1, seeds))
        if self.shared:
            first = self.cells.iloc[:, 0].astype(int).to_numpy()
            values += self.shared * random.normal(size=(pages, first.max() + 1, seeds))[:, first]
        return values


@dataclass(frozen=True)
class Study:
    """A grid with claims about it."""

    grid: Grid
    claims: Sequence[Claim]

    @property
    def questions(self) -> list[list[Question]]:
        """The questions of the parts of each claim."""
        return [[question(part, self.grid.cells) for part in parts_of(claim)] for claim in self.claims]

    @property
    def effects(self) -> np.ndarray:
        """The true effect of each claim, of several parts that of the one that decides, over what is asked of it."""
        return np.array(
            [min(_effect(one, self.grid.means) - one.margin for one in parts) for parts in self.questions], dtype=float
        )

    @property
    def nothing(self) -> np.ndarray:
        """Whether any part of each claim makes a smaller difference than what matters."""
        parts = [[abs(_effect(one, self.grid.means)) for one in parts] for parts in self.questions]
        return np.array([min(sizes) < POINT - 1e-9 for sizes in parts], dtype=bool)


def _effect(asked: Question, means: np.ndarray) -> float:
    return float((asked.weights @ means).reshape(asked.shape).min(axis=1).max())


@dataclass(frozen=True)
class Design:
    """A row of the table."""

    claim: str
    truth: str
    noise: str
    studies: Sequence[Study]
    seeds: int
    looks: Looks = ()
    counted: slice = field(default_factory=lambda: slice(None))
    """The claims that the row counts; all of them are judged."""

    @property
    def family(self) -> int:
        return sum(len(study.claims) for study in self.studies)


@dataclass(frozen=True)
class Rates:
    """What came of a design, as parts of the claims that it counts."""

    wrong: float
    """SUPPORTED where it is false, REFUTED where it is true, either where it is neither, and NO DIFFERENCE where there
    is one that matters."""
    right: float
    """Any other verdict but UNDECIDED."""
    same: float
    """NO DIFFERENCE."""
    covered: float
    """Intervals at 95 % that hold the true effect, each by itself."""
    false: float
    """The mean part of a page's verdicts that are wrong; 0 for a page that decides nothing."""
    seeds: float
    """The mean number of seeds that a claim took."""


def simulate(design: Design, pages: int, random: np.random.Generator) -> Rates:
    """Judge so many pages of a design."""
    parts = [_judge(design, min(CHUNK, pages - done), random) for done in range(0, pages, CHUNK)]
    words, covered, seeds = (np.concatenate(part) for part in zip(*parts, strict=True))
    effects = np.concatenate([study.effects for study in design.studies]).round(9)
    nothing = np.concatenate([study.nothing for study in design.studies])
    supported, refuted, same = (words == word for word in ("SUPPORTED", "REFUTED", "NO DIFFERENCE"))
    wrong = (supported & (effects <= 0)) | (refuted & (effects >= 0)) | (same & ~nothing)
    decided = supported | refuted | same
    false = float((wrong.sum(axis=1) / np.maximum(decided.sum(axis=1), 1)).mean())
    wrong, decided, same, covered, seeds = (one[:, design.counted] for one in (wrong, decided, same, covered, seeds))
    right = float((decided & ~wrong).mean())
    return Rates(float(wrong.mean()), right, float(same.mean()), float(covered.mean()), false, float(seeds.mean()))


def _judge(design: Design, pages: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Words, whether the interval holds the true effect, and seeds; (pages, claims). A claim that is decided at a look
    gets no more seeds."""
    values = [study.grid.draw(random, pages, design.seeds) for study in design.studies]
    shape = pages, design.family
    words, seeds, ps, covered = (
        np.full(shape, "UNDECIDED", dtype="U13"),
        np.zeros(shape),
        np.ones(shape),
        np.ones(shape),
    )
    for seen in design.looks or (design.seeds,):
        decisions = _decisions(design, [one[..., :seen] for one in values])
        tests = _tested(design, decisions)
        waiting = words == "UNDECIDED"
        now = Tested(
            *(np.stack([getattr(one, name) for one in tests], axis=-1) for name in ("direction", "within", "upward"))
        )
        ps = np.where(waiting, now.p, ps)
        words = np.where(waiting, now.words(level(ps)[:, None]), words)
        seeds = np.where(waiting, seen, seeds)
        covered = np.where(waiting, _covered(design, decisions), covered)
    return words, covered, seeds


def _decisions(design: Design, values: Sequence[np.ndarray]) -> list[list[Decision]]:
    """The tests of the parts of every claim of a page."""
    none = np.zeros(0)
    studies = [
        Measured("top1", study.grid.cells, [], one, none, none)
        for study, one in zip(design.studies, values, strict=True)
    ]
    return [
        [decision_on(measured, part, usual) for part in parts]
        for study, measured, usual in zip(design.studies, studies, usual_spreads(studies), strict=True)
        for parts in study.questions
    ]


def _tested(design: Design, decisions: Sequence[Sequence[Decision]]) -> list[Tested]:
    every = [parts for study in design.studies for parts in study.questions]
    found = []
    for asked, parts in zip(every, decisions, strict=True):
        pairs = list(zip(asked, parts, strict=True))
        supported = [part.supported(one.margin) for one, part in pairs]
        refuted = [part.refuted(one.margin) for one, part in pairs]
        within = [_within(one, part) for one, part in pairs]
        found.append(tested(supported, refuted, within, design.looks))
    return found


def _within(asked: Question, part: Decision) -> np.ndarray:
    """Claims of likeness have a margin of their own."""
    same = np.maximum(part.supported(-POINT), part.refuted(POINT))
    return np.ones(same.shape) if asked.sign < 0 else same


def _covered(design: Design, decisions: Sequence[Sequence[Decision]]) -> np.ndarray:
    """Of the first part of each claim."""
    means = [(study.grid.means, parts[0]) for study in design.studies for parts in study.questions]
    one = float(one_look(ALPHA, design.looks)) / 2
    found = []
    for (true, asked), (part, *_) in zip(means, decisions, strict=True):
        low, high = part.interval(one, one)
        found.append((low <= _effect(asked, true) + 1e-9) & (_effect(asked, true) - 1e-9 <= high))
    return np.stack(found, axis=-1)


# Designs

SEEDS = (3, 5, 10)
LOOKS = (3, 5, 10)


def _cells(*numbers: int | str) -> list[dict[str, str]]:
    return [{"x": str(number)} for number in numbers]


def _claims(*several: dict[str, object]) -> list[Claim]:
    return read_claims([{"says": "", **values} for values in several])


def _grid(axes: dict[str, int], means: dict[int, float] | np.ndarray | None = None, **noise: object) -> Grid:
    whole = np.zeros(int(np.prod(list(axes.values()))))
    if isinstance(means, dict):
        whole[list(means)] = list(means.values())
    return Grid(axes, whole if means is None or isinstance(means, dict) else means, **noise)  # type: ignore[arg-type]


def pairs(count: int, effect: float, of: int = 1, cells: int = 49, **noise: object) -> Study:
    """So many claims that one cell is better than another, on a grid; each ``of``-th is true by ``effect``."""
    number = np.arange(2 * count) % cells
    means = np.zeros(cells)
    means[number[: 2 * count : 2 * of]] = effect
    claims = [
        {"cells": _cells(one), "than": _cells(other)} for one, other in zip(number[::2], number[1::2], strict=True)
    ]
    return Study(_grid({"x": cells}, means, **noise), _claims(*map(dict, claims)))
