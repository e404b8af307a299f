"""How well the cells come in the paper's order: a rank correlation, how sure it is, and what makes it.

The interval is over cells and seeds together: another selection of cells would give another correlation (Bonett &
Wright 2000), and so would other seeds (a jackknife). Noise makes a correlation smaller, never larger, so that the upper
end is divided by how reliable the means are. A claim needs eight cells.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

FEWEST = 8
"""Cells, below which an order is too easily met by chance."""
FEWEST_APART = 5
"""Cells of a group that is looked at by itself."""
WORTH_SAYING = 0.3
"""A correlation, or a difference of two, that a reader would see."""
PERMUTATIONS = 20_000
CLOSEST = 0.999
"""The largest correlation that is reckoned with: at 1 its error would be 0."""


@dataclass(frozen=True)
class Agreement:
    """The cells' values, (cells, seeds), beside the paper's numbers of the same cells."""

    values: np.ndarray
    paper: np.ndarray

    @property
    def cells(self) -> int:
        return len(self.paper)

    @property
    def rho(self) -> float:
        """Spearman's rank correlation of the cells' means with the paper's numbers."""
        return spearman(np.nanmean(self.values, axis=-1), self.paper)

    @property
    def reliability(self) -> float:
        """The part of the variance of the cells' means that is not noise; NaN below two seeds."""
        seeds = (~np.isnan(self.values)).sum(axis=-1)
        noise = np.nanmean(np.nanvar(self.values, axis=-1, ddof=1) / seeds)
        return float(np.clip(1 - noise / np.nanmean(self.values, axis=-1).var(ddof=1), 0.0, 1.0))

    @property
    def error(self) -> float:
        """The standard error of the correlation's Fisher transform."""
        return float(np.sqrt((1 + self.rho**2 / 2) / (self.cells - 3) + self._over_seeds()))

    def interval(self, below: float, above: float) -> tuple[float, float]:
        """By the chances that the correlation is below and above; inside [-1, 1]."""
        low = float(np.tanh(_z(self.rho) - norm.isf(below) * self.error))
        high = float(np.tanh(_z(self.rho) + norm.isf(above) * self.error))
        return min(low, self._without_noise(low), self.rho), max(high, self._without_noise(high), self.rho)

    def supported(self, margin: float) -> float:
        """One-sided p of the hypothesis that the correlation is at most the margin; never below the permutation's."""
        limit = margin if margin > 0 else self._with_noise(margin)
        return max(float(norm.sf((_z(self.rho) - _z(limit)) / self.error)), self.by_chance)

    def refuted(self, margin: float) -> float:
        """One-sided p of the hypothesis that the correlation is at least the margin."""
        limit = margin if margin < 0 else self._with_noise(margin)
        return float(norm.cdf((_z(self.rho) - _z(limit)) / self.error))

    @property
    def by_chance(self) -> float:
        """The part of the permutations of the cells that agree as well, this order among them."""
        random = np.random.default_rng(0)
        ours, theirs = _standard(np.nanmean(self.values, axis=-1)), _standard(self.paper)
        found = ours[random.permuted(np.tile(np.arange(self.cells), (PERMUTATIONS, 1)), axis=1)] @ theirs
        return float((1 + (found >= ours @ theirs - 1e-12).sum()) / (1 + PERMUTATIONS))

    def of(self, cells: np.ndarray) -> "Agreement":
        """Some of the cells alone."""
        return Agreement(self.values[cells], self.paper[cells])

    def _over_seeds(self) -> float:
        seeds = self.values.shape[-1]
        if seeds < 2:
            return float("nan")
        left_out = [np.delete(self.values, seed, axis=-1) for seed in range(seeds)]
        zs = [_z(Agreement(one, self.paper).rho) for one in left_out if not np.isnan(one).all(axis=-1).any()]
        return float((len(zs) - 1) * np.var(zs)) if len(zs) > 1 else 0.0

    def _without_noise(self, rho: float) -> float:
        return float(np.clip(rho / np.sqrt(self.reliability), -1, 1)) if self.reliability else float(np.sign(rho))

    def _with_noise(self, rho: float) -> float:
        return float(rho * np.sqrt(self.reliability))


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Rank correlation; ties share their mean rank."""
    return float(_standard(one) @ _standard(other))


def split(agreement: Agreement, groups: dict[str, np.ndarray]) -> str:
    """Where one factor makes all of the agreement, or where it is there with a factor and not without it: the group of
    cells that tells most, as a sentence; empty where none does. ``groups`` are cells by what they have in common."""
    parts = {
        name: (agreement.of(inside), agreement.of(~inside))
        for name, inside in groups.items()
        if FEWEST_APART <= inside.sum() <= agreement.cells - FEWEST_APART
    }
    told = {name: _apart(*pair) for name, pair in parts.items() if _tells(agreement, *pair, len(parts))}
    if not told:
        return ""
    name = max(told, key=told.__getitem__)
    inside, outside = parts[name]
    return (
        f"the {inside.cells} cells with {name} agree at {inside.rho:+.2f}, "
        f"the {outside.cells} without at {outside.rho:+.2f}"
    )


def _tells(whole: Agreement, inside: Agreement, outside: Agreement, tried: int) -> bool:
    within = (inside.cells * inside.rho + outside.cells * outside.rho) / whole.cells
    apart = abs(inside.rho - outside.rho) > WORTH_SAYING and _apart(inside, outside) > norm.isf(0.025 / tried)
    return apart or (whole.rho > WORTH_SAYING and within < whole.rho / 2)


def _apart(inside: Agreement, outside: Agreement) -> float:
    """How many standard errors two correlations are apart."""
    error = np.sqrt(sum((1 + one.rho**2 / 2) / max(one.cells - 3, 1) for one in (inside, outside)))
    return float(abs(_z(inside.rho) - _z(outside.rho)) / error)


def _z(rho: float) -> float:
    return float(np.arctanh(np.clip(rho, -CLOSEST, CLOSEST)))


def _standard(values: np.ndarray) -> np.ndarray:
    """Ranks with mean 0 and length 1; all 0 where every value is the same."""
    ranks = rankdata(values) - (len(values) + 1) / 2
    return np.asarray(ranks / (np.linalg.norm(ranks) or 1.0))
