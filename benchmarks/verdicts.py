"""How often verdicts are wrong, and how often they find what is there: the project's own tests on invented results.

    python benchmarks/verdicts.py                  everything, some minutes on one core; writes verdicts.csv
    python benchmarks/verdicts.py --pages 500      a quick look
    python benchmarks/verdicts.py --only ordering  the rows whose name has this

Noise is 1 point a cell and seed, beside what all cells of a seed share. Each row is a design: claims about cells whose
true means are known, on a page that is judged as a report's page is. Every number is a part of the claims of all pages.
"""

import argparse
import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reports.statistics.agreement import Agreement
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
        values: np.ndarray = random.normal(size=(pages, cells, seeds)) * noise[..., None] + self.means[:, None]
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
        decisions = decisions_of(design, [one[..., :seen] for one in values])
        now, waiting = tests_of(design, decisions), words == "UNDECIDED"
        ps = np.where(waiting, now.p, ps)
        words = np.where(waiting, now.words(level(ps)[:, None]), words)
        seeds = np.where(waiting, seen, seeds)
        covered = np.where(waiting, _covered(design, decisions), covered)
    return words, covered, seeds


def decisions_of(design: Design, values: Sequence[np.ndarray]) -> list[list[Decision]]:
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


def tests_of(design: Design, decisions: Sequence[Sequence[Decision]]) -> Tested:
    """Those of all claims of a page, (pages, claims)."""
    every = [parts for study in design.studies for parts in study.questions]
    found = []
    for asked, parts in zip(every, decisions, strict=True):
        pairs = list(zip(asked, parts, strict=True))
        supported = [part.supported(one.margin) for one, part in pairs]
        refuted = [part.refuted(one.margin) for one, part in pairs]
        within = [_within(one, part) for one, part in pairs]
        found.append(tested(supported, refuted, within, design.looks))
    names = ("direction", "within", "upward")
    return Tested(*(np.stack([getattr(one, name) for one in found], axis=-1) for name in names))


def _within(asked: Question, part: Decision) -> np.ndarray:
    """Claims of likeness, and those that ask for more than what matters, have no such verdict."""
    same = np.maximum(part.supported(-POINT), part.refuted(POINT))
    return np.ones(same.shape) if asked.sign < 0 or abs(asked.margin) >= POINT else same


def _covered(design: Design, decisions: Sequence[Sequence[Decision]]) -> np.ndarray:
    """Whether the interval of each claim's first part holds the true effect."""
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
EFFECTS = (0.0, 0.5, 1.0, 2.0, 4.0)
FAMILIES = (1, 4, 10, 20, 50)
RHOS = (0.0, 2 * np.sin(np.pi / 12), 0.9)
"""Correlations of true means with the paper's numbers; the second is a rank correlation of 0.5."""
CELLS = 49
"""Figure 5's grid, which is the largest."""


def cells(*numbers: int, axis: str = "x") -> list[dict[str, str]]:
    """Cells of a grid, by the values of one axis."""
    return [{axis: str(number)} for number in numbers]


def claims(*several: dict[str, Any]) -> list[Claim]:
    """Claims, each from the fields that a study writes."""
    return read_claims([{"says": "", **values} for values in several])


def grid(means: dict[int, float] | np.ndarray, axes: dict[str, int] | None = None, **noise: Any) -> Grid:
    """A grid with these means of cells; those that are not given are 0."""
    axes = axes or {"x": CELLS}
    whole = np.zeros(int(np.prod(list(axes.values()))))
    whole[list(means) if isinstance(means, dict) else slice(None)] = (
        list(means.values()) if isinstance(means, dict) else means
    )
    return Grid(axes, whole, **noise)


def pairs(count: int, effect: float, every: int = 1, size: int = CELLS, **noise: Any) -> Study:
    """A study with ``count`` claims that one cell is better than another; every ``every``-th is true by ``effect``."""
    chosen = [(2 * number, 2 * number + 1) for number in range(count)]
    means = {one: effect for number, (one, _) in enumerate(chosen) if number % every == 0}
    return Study(grid(means, {"x": size}, **noise), claims(*({"cells": cells(a), "than": cells(b)} for a, b in chosen)))


def kinds(effect: float) -> dict[str, Study]:
    """A claim of each kind, each true by ``effect``."""
    steps = {number: -effect * number for number in range(5)}
    corner = {0: effect}
    by_value = effect * np.repeat(np.arange(7), 7) / 6
    far = {0: effect}
    single = dict.fromkeys(range(7), -effect)
    both = {"kind": "all", "parts": [{"says": "", "cells": cells(0), "than": cells(1)}]}
    both["parts"].append({"says": "", "cells": cells(2), "than": cells(3)})  # type: ignore[attr-defined]
    two = {"x": 7, "y": 7}
    return {
        "one cell against one": Study(grid({0: effect}), claims({"cells": cells(0), "than": cells(1)})),
        "best of 42 against best of 7": Study(grid(single), claims({"than": cells(*range(7))})),
        "best of 2 against best of 47": Study(grid({0: effect, 1: effect}), claims({"cells": cells(0, 1)})),
        "mean of 7 against mean of 42": Study(
            grid(dict.fromkeys(range(7), effect), two), claims({"by": "mean", "cells": cells(0)})
        ),
        "order of 5": Study(
            grid(steps), claims({"kind": "ordering", "axis": "x", "order": [str(number) for number in range(5)]})
        ),
        "trend over 7, 7 averaged": Study(grid(by_value, two), claims({"kind": "trend", "axis": "x"})),
        "interaction": Study(
            grid(corner, two),
            claims(
                {"kind": "interaction", "axis": "x", "low": "1", "high": "0", "over": "y", "start": "0", "end": "1"}
            ),
        ),
        "4 alike, within 2": Study(
            grid(far), claims({"kind": "similar", "axis": "x", "values": ["0", "1", "2", "3"], "margin": 2.0})
        ),
        "two parts, one true by 4": Study(grid({0: 4.0, 2: effect}), claims(both)),
        "above a margin of 1": Study(
            grid({0: 1 + effect}), claims({"cells": cells(0), "than": cells(1), "margin": 1.0})
        ),
    }


def designs() -> Iterator[Design]:
    """All rows of the table."""
    for seeds, effect in itertools.product(SEEDS, EFFECTS):
        for name, study in kinds(effect).items():
            yield Design(name, f"{effect:g}", "equal", [study], seeds)
    for seeds, count in itertools.product(SEEDS, FAMILIES):
        size = max(CELLS, 2 * count)
        yield Design(f"family of {count}", "0", "equal", [pairs(count, 0.0, size=size)], seeds)
        yield Design(f"family of {count}", "2", "equal", [pairs(count, 2.0, size=size)], seeds)
        yield Design(f"family of {count}", "0 and 2", "equal", [pairs(count, 2.0, every=2, size=size)], seeds)
    for effect, count in itertools.product(EFFECTS, (1, 10)):
        yield Design(f"family of {count}", f"{effect:g}", "equal", [pairs(count, effect)], LOOKS[-1], LOOKS)
    for name in ("best of 42 against best of 7", "best of 2 against best of 47", "order of 5", "4 alike, within 2"):
        yield Design(name, "0", "equal", [kinds(0.0)[name]], LOOKS[-1], LOOKS)
    for seeds in SEEDS:
        yield from _unequal(seeds)


def _unequal(seeds: int) -> Iterator[Design]:
    half = np.where(np.arange(CELLS) % 4 < 2, 3.0, 1.0)
    two = [pairs(1, 0.0, size=24, noise=noise) for noise in (3.0, 1.0)]
    yield Design(
        "one cell against one",
        "0",
        "two grids of 24, one 3 times: the noisy",
        two,
        seeds,
        counted=slice(1),
    )
    yield Design(
        "one cell against one", "0", "two grids of 24, one 3 times: the quiet", two, seeds, counted=slice(1, 2)
    )
    differing = pairs(1, 0.0, differing=3.0)
    yield Design("one cell against one", "0", "cells differ as on CIFAR-10 (d0 = 3)", [differing], seeds)
    yield Design("one cell against one", "0", "half the grid 3 times: two noisy", [pairs(1, 0.0, noise=half)], seeds)
    mixed = Study(grid({}, noise=half), claims({"cells": cells(0), "than": cells(2)}))
    yield Design("one cell against one", "0", "half the grid 3 times: a noisy and a quiet", [mixed], seeds)
    for name in ("best of 42 against best of 7", "best of 2 against best of 47", "order of 5", "interaction"):
        study = kinds(0.0)[name]
        for told, noise in (
            ("cells differ as on CIFAR-10 (d0 = 3)", {"differing": 3.0}),
            ("half the grid 3 times", {"noise": half}),
        ):
            yield Design(name, "0", told, [replace(study, grid=replace(study.grid, **noise))], seeds)
    one = np.where(np.arange(CELLS) == 0, 3.0, 1.0)
    yield Design("one cell against one", "0", "one cell of 49 3 times: that one", [pairs(1, 0.0, noise=one)], seeds)
    small = [pairs(1, 0.0, size=7) for _ in range(7)]
    yield Design("family of 7", "0", "equal; 7 studies of 7 cells", small, seeds)
    noisy = [pairs(1, 0.0, size=7, noise=3.0), *(replace(one, claims=[]) for one in small[1:])]
    yield Design("one cell against one", "0", "7 studies of 7 cells, one of them 3 times: that one", noisy, seeds)
    alone = pairs(1, 0.0, size=7, noise=np.array([3.0, 3, 3, 1, 1, 1, 1]))
    yield Design("one cell against one", "0", "7 cells alone, 3 of them 3 times: two noisy", [alone], seeds)
    shared = kinds(0.0)
    for name in ("mean of 7 against mean of 42", "trend over 7, 7 averaged"):
        study = replace(shared[name], grid=replace(shared[name].grid, shared=1.0))
        yield Design(name, "0", "cells of a row share as much again", [study], seeds)
    yield Design("family of 4", "2", "equal; 12 cells", [pairs(4, 2.0, size=12)], seeds)
    yield Design("family of 4", "2", "cells differ as on CIFAR-10 (d0 = 3)", [pairs(4, 2.0, differing=3.0)], seeds)


# The order of cells


def simulate_agreement(rho: float, seeds: int, pages: int, random: np.random.Generator) -> Rates:
    """Rates for the claim that the rank correlation with the paper's cells is above 0.5.

    The cells' true means correlate by ``rho`` (Pearson's, of normal values) with the paper's, and spread over twice the
    noise."""
    words, covered = [], []
    true = 6 / np.pi * np.arcsin(rho / 2)  # Spearman's of normal values
    for _ in range(pages):
        paper, other = random.normal(size=(2, CELLS))
        means = 2 * (rho * paper + np.sqrt(1 - rho**2) * other)
        found = Agreement(means[:, None] + random.normal(size=(CELLS, seeds)), paper)
        words.append(str(tested([found.supported(0.5)], [found.refuted(0.5)], [1.0]).words(ALPHA)))
        low, high = found.interval(ALPHA / 2, ALPHA / 2)
        covered.append(low <= true <= high)
    supported, refuted = (np.array(words) == word for word in ("SUPPORTED", "REFUTED"))
    wrong = (supported & (true <= 0.5 + 1e-9)) | (refuted & (true >= 0.5 - 1e-9))
    right = float(((supported | refuted) & ~wrong).mean())
    return Rates(float(wrong.mean()), right, 0.0, float(np.mean(covered)), float(wrong.mean()), seeds)


# The table

HEAD = [
    "claim",
    "true effect",
    "noise",
    "seeds",
    "wrong",
    "right",
    "no difference",
    "interval covers",
    "false on a page",
    "seeds taken",
]


def row_of(design: Design, rates: Rates) -> list[str]:
    """The row of the table, shares in percent."""
    seeds = "looks at " + ", ".join(map(str, design.looks)) if design.looks else str(design.seeds)
    parts = [f"{100 * part:.1f}" for part in (rates.wrong, rates.right, rates.same, rates.covered, rates.false)]
    return [design.claim, design.truth, design.noise, seeds, *parts, f"{rates.seeds:.1f}"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=4000)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    rows = []
    for number, design in enumerate(designs()):
        if asked.only in f"{design.claim} {design.truth} {design.noise}":
            rates = simulate(design, asked.pages, np.random.default_rng(number))
            rows.append(row_of(design, rates))
            print(*rows[-1], sep=" | ", flush=True)
    for number, (rho, seeds) in enumerate(itertools.product(RHOS, SEEDS)):
        if asked.only in "order of the paper's":
            rates = simulate_agreement(rho, seeds, asked.pages // 10, np.random.default_rng(number))
            design = Design(
                "order of the paper's 49 cells, above 0.5", f"{6 / np.pi * np.arcsin(rho / 2):.2f}", "equal", [], seeds
            )
            rows.append(row_of(design, rates))
            print(*rows[-1], sep=" | ", flush=True)
    if not asked.only:
        with (HERE / "verdicts.csv").open("w", newline="") as file:
            csv.writer(file).writerows([HEAD, *rows])


if __name__ == "__main__":
    main()
