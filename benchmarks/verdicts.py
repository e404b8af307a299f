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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from verdict_designs import CELLS, RHOS, SEEDS, Design, designs, effect_of

from reports.statistics.claims.questions import Question
from reports.statistics.hypothesis_tests.agreement import Agreement
from reports.statistics.hypothesis_tests.decision import Decision
from reports.statistics.hypothesis_tests.looks import one_look
from reports.statistics.measured import Measured
from reports.statistics.noise.usual import usual_spreads
from reports.statistics.page import decision_on
from reports.statistics.ruling import ALPHA, POINT, Tested, level, tested

HERE = Path(__file__).parent
CHUNK = 500
"""Pages at a time."""


@dataclass(frozen=True)
class Rates:
    """The outcome of a design, as parts of the claims that it counts."""

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
        now, waiting = claims_tested(design, decisions), words == "UNDECIDED"
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


def claims_tested(design: Design, decisions: Sequence[Sequence[Decision]]) -> Tested:
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
        found.append((low <= effect_of(asked, true) + 1e-9) & (effect_of(asked, true) - 1e-9 <= high))
    return np.stack(found, axis=-1)


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
