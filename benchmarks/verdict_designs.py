"""Designs for ``verdicts.py``: invented studies whose truth is known, and the claims that are made about them."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from reports.statistics.claims.kinds import Claim, parts_of, read_claims
from reports.statistics.claims.questions import Question, question
from reports.statistics.hypothesis_tests.looks import Looks
from reports.statistics.ruling import POINT

SEED_SPREAD = 2.0
"""Standard deviation of what the cells of a seed share, in points."""
SEEDS = (3, 5, 10)
LOOKS = (3, 5, 10)
EFFECTS = (0.0, 0.5, 1.0, 2.0, 4.0)
FAMILIES = (1, 4, 10, 20, 50)
RHOS = (0.0, 2 * np.sin(np.pi / 12), 0.9)
"""Correlations of true means with the paper's numbers; the second is a rank correlation of 0.5."""
CELLS = 49
"""Figure 5's grid, which is the largest."""


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
        means = self.grid.means
        return np.array([min(effect_of(one, means) - one.margin for one in parts) for parts in self.questions])

    @property
    def nothing(self) -> np.ndarray:
        """Whether any part of each claim makes a smaller difference than what matters."""
        parts = [[abs(effect_of(one, self.grid.means)) for one in parts] for parts in self.questions]
        return np.array([min(sizes) < POINT - 1e-9 for sizes in parts], dtype=bool)


def effect_of(asked: Question, means: np.ndarray) -> float:
    """The true effect that a question asks for, from the cells' true means, (cells,)."""
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
