"""The rank correlation of the cells with the paper's numbers, its uncertainty, and the factor that explains it.

The interval covers cells and seeds together: another selection of cells would give another correlation (Bonett &
Wright 2000), and so would other seeds (a jackknife). Noise makes a correlation smaller, never larger, so the upper end
of the interval is corrected by the reliability of the means. A claim needs eight cells.
"""

from dataclasses import dataclass, field

import numpy as np

from reports.statistics.hypothesis_tests.distributions import mean_ranks, normal_above, normal_quantile_above

FEWEST = 8
"""The fewest cells of a claim: with fewer, an order too often agrees by chance."""
FEWEST_APART = 5
"""The fewest cells of a group that is looked at by itself."""
WORTH_SAYING = 0.3
"""The smallest correlation, or difference of two, that is worth a sentence."""
PERMUTATIONS = 20_000
CLOSEST = 0.999
"""The largest correlation that is computed with: at 1 the error would be 0."""


@dataclass(frozen=True)
class Agreement:
    """The agreement of cells with the paper's order."""

    values: np.ndarray
    """The values of the cells, (cells, seeds), without NaN."""
    paper: np.ndarray
    """The paper's numbers of the same cells, (cells,)."""
    filled: np.ndarray = field(default_factory=lambda: np.zeros((), dtype=bool))
    """Whether each value was filled in, (cells, seeds), or one for all. Such a value counts in a cell's mean, and tells
    nothing of its noise."""

    @property
    def cells(self) -> int:
        """The number of cells."""
        return len(self.paper)

    @property
    def means(self) -> np.ndarray:
        """The means of the cells over their seeds, (cells,)."""
        return np.asarray(self.values.mean(axis=-1))

    @property
    def rho(self) -> float:
        """Spearman's rank correlation of the cells' means with the paper's numbers; 0 if all means are equal."""
        return spearman(self.means, self.paper)

    @property
    def reliability(self) -> float:
        """The part of the variance of the cells' means that is not noise, from 0 to 1; NaN below two seeds, and if all
        values are equal."""
        measured = np.where(self.filled, np.nan, self.values)
        seeds = (~np.isnan(measured)).sum(axis=-1)
        several = seeds > 1
        if not several.any():
            return float("nan")
        noise = np.mean(np.nanvar(measured[several], axis=-1, ddof=1) / seeds[several])
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(np.clip(1 - noise / self.means.var(ddof=1), 0.0, 1.0))

    @property
    def error(self) -> float:
        """The standard error of the correlation's Fisher transform."""
        return float(np.sqrt((1 + self.rho**2 / 2) / (self.cells - 3) + self._over_seeds()))

    def interval(self, below: float, above: float) -> tuple[float, float]:
        """The interval of the correlation, inside [-1, 1], from the chances that the correlation is below and above
        it."""
        low = float(np.tanh(_z(self.rho) - normal_quantile_above(below) * self.error))
        high = float(np.tanh(_z(self.rho) + normal_quantile_above(above) * self.error))
        return min(low, self._without_noise(low), self.rho), max(high, self._without_noise(high), self.rho)

    def supported(self, margin: float) -> float:
        """One-sided p of the hypothesis that the correlation is at most the margin; never smaller than
        ``by_chance``."""
        limit = margin if margin > 0 else self._with_noise(margin)
        return max(float(normal_above((_z(self.rho) - _z(limit)) / self.error)), self.by_chance)

    def refuted(self, margin: float) -> float:
        """One-sided p of the hypothesis that the correlation is at least the margin."""
        limit = margin if margin < 0 else self._with_noise(margin)
        return float(normal_above((_z(limit) - _z(self.rho)) / self.error))

    @property
    def by_chance(self) -> float:
        """p of a permutation test: the part of all orders of the cells that agree at least as well as this one."""
        random = np.random.default_rng(0)
        ours, theirs = _standard(self.means), _standard(self.paper)
        found = ours[random.permuted(np.tile(np.arange(self.cells), (PERMUTATIONS, 1)), axis=1)] @ theirs
        return float((1 + (found >= ours @ theirs - 1e-12).sum()) / (1 + PERMUTATIONS))

    def of(self, cells: np.ndarray) -> "Agreement":
        """The agreement of some of the cells alone."""
        return Agreement(self.values[cells], self.paper[cells], np.broadcast_to(self.filled, self.values.shape)[cells])

    def _over_seeds(self) -> float:
        seeds = self.values.shape[-1]
        if seeds < 2:
            return float("nan")
        left_out = [np.delete(self.values, seed, axis=-1) for seed in range(seeds)]
        return float((seeds - 1) * np.var([_z(Agreement(one, self.paper).rho) for one in left_out]))

    def _without_noise(self, rho: float) -> float:
        return float(np.clip(rho / np.sqrt(self.reliability), -1, 1)) if self.reliability else float(np.sign(rho))

    def _with_noise(self, rho: float) -> float:
        return float(rho * np.sqrt(self.reliability))


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's rank correlation; ties share their mean rank."""
    return float(_standard(one) @ _standard(other))


def split(agreement: Agreement, groups: dict[str, np.ndarray]) -> str:
    """A part of a sentence on the factor that explains the agreement: the correlations with it and without it.

    A factor explains the agreement if the agreement is much weaker within the two groups of cells, or if the two groups
    differ. If there are several, it is the one whose groups differ most. Empty if there is none. ``groups`` has the
    cells of each factor, (cells,), by its name.
    """
    parts = {
        name: (agreement.of(inside), agreement.of(~inside))
        for name, inside in groups.items()
        if FEWEST_APART <= inside.sum() <= agreement.cells - FEWEST_APART
    }
    distances = {name: _distance(*pair) for name, pair in parts.items() if _explains(agreement, *pair, len(parts))}
    if not distances:
        return ""
    name = max(distances, key=distances.__getitem__)
    inside, outside = parts[name]
    return (
        f"the {inside.cells} cells with {name} agree at {inside.rho:+.2f}, "
        f"the {outside.cells} without at {outside.rho:+.2f}"
    )


def _explains(whole: Agreement, inside: Agreement, outside: Agreement, tried: int) -> bool:
    within = (inside.cells * inside.rho + outside.cells * outside.rho) / whole.cells
    surprising = normal_quantile_above(0.025 / tried)
    differ = abs(inside.rho - outside.rho) > WORTH_SAYING and _distance(inside, outside) > surprising
    return bool(differ) or (whole.rho > WORTH_SAYING and within < whole.rho / 2)


def _distance(inside: Agreement, outside: Agreement) -> float:
    """The difference of two correlations in standard errors, after Fisher's transform."""
    error = np.sqrt(sum((1 + one.rho**2 / 2) / max(one.cells - 3, 1) for one in (inside, outside)))
    return float(abs(_z(inside.rho) - _z(outside.rho)) / error)


def _z(rho: float) -> float:
    return float(np.arctanh(np.clip(rho, -CLOSEST, CLOSEST)))


def _standard(values: np.ndarray) -> np.ndarray:
    """The ranks, with mean 0 and length 1; all 0 if every value is the same."""
    ranks = mean_ranks(values) - (len(values) + 1) / 2
    return np.asarray(ranks / (np.linalg.norm(ranks) or 1.0))
