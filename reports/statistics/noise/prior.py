"""The prior distribution of a variance, from the variances of many cells (empirical Bayes, Smyth 2004).

Three seeds say little about a spread: one variance in ten is below a tenth of the truth. But a page has many cells, and
their spreads together say how large a spread is, and how much spreads differ. Each cell's true variance counts as a
draw ``s0² * d0 / chi²(d0)``; ``d0`` is large if cells spread alike. limma fits the same to thousands of genes.

All functions take leading dimensions, so that a simulation judges thousands of pages at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, polygamma

from reports.statistics.hypothesis_tests.distributions import chi_squared_quantile

FEWEST_FREEDOM = 80
"""The fewest degrees of freedom of all cells of a page that give it a prior, and of the cells of a study that is
trusted to be quieter than the page: 40 cells at 3 seeds, 20 at 5. ``docs/verdicts.md`` says what happens with fewer."""
CAUTION = 1.5
"""The factor by which the scatter of the variances is enlarged, since it is uncertain itself."""
QUARTILE = 0.75
"""The quantile of the cells' variances that the expected variance explains. If some cells of a grid are noisier than
others, the mean of all would be too small for them."""
SMALLEST = 1e-5
"""The least variance, as a part of the median, as in limma."""
MOST = 1e6
"""The degrees of freedom that count as infinitely many."""


@dataclass(frozen=True)
class Prior:
    """The expectation of a variance before it is estimated; arrays (...)."""

    middle: np.ndarray
    """The expected variance, ``s0²``."""
    freedom: np.ndarray
    """The weight of the expected variance, in degrees of freedom, ``d0``."""
    trusted: bool = True
    """False for a study with few cells: no contrast of it is taken to vary less than its own variance says."""


def log_variances(variances: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """The logarithms of estimated variances, without the bias that they have at few degrees of freedom."""
    known = np.maximum(variances, np.finfo(float).tiny)  # all seeds of a study may shift all cells alike
    return np.asarray(np.log(known) - digamma(freedom / 2) + np.log(freedom / 2))


def freedom_of(scatter: np.ndarray) -> np.ndarray:
    """``d0`` from the variance of the true log variances, which is ``trigamma(d0 / 2)``; at most ``MOST``."""
    scatter = np.maximum(scatter, polygamma(1, MOST / 2))
    half = 0.5 + 1 / scatter
    for _ in range(12):  # Newton's method on 1 / trigamma, which is nearly linear
        value = polygamma(1, half)
        half = half + value * (1 - value / scatter) / polygamma(2, half)
    return np.asarray(2 * half)


def cautious_priors(studies: Sequence[np.ndarray], freedoms: Sequence[np.ndarray]) -> list[Prior | None]:
    """A prior for each study of a page, from the variances of its cells (..., cells) and their degrees of freedom.

    It is None if the page has too few cells, or the study fewer than three.

    Cells scatter about the middle of their own study, since studies differ in noise. A study with few cells is
    expected to spread as the page does, unless its own cells spread more, or surely less.
    """
    several = [number for number, study in enumerate(studies) if study.shape[-1] > 2]
    priors: list[Prior | None] = [None] * len(studies)
    if sum(freedoms[number].sum() for number in several) >= FEWEST_FREEDOM:
        page = _Page([studies[number] for number in several], [freedoms[number] for number in several])
        for place, number in enumerate(several):
            priors[number] = page.prior(place)
    return priors


class _Page:
    """The variances of a page, study by study."""

    def __init__(self, studies: Sequence[np.ndarray], freedoms: Sequence[np.ndarray]) -> None:
        every, self.freedoms = np.concatenate(studies, axis=-1), freedoms
        least = SMALLEST * np.median(every, axis=-1, keepdims=True)
        logs = [log_variances(np.maximum(one, least), df) for one, df in zip(studies, freedoms, strict=True)]
        self.sizes = [one.shape[-1] for one in studies]
        self.middles = [one.mean(axis=-1) for one in logs]
        centred = np.concatenate([one - m[..., None] for one, m in zip(logs, self.middles, strict=True)], axis=-1)
        freedom = np.concatenate(freedoms)
        variance = (centred**2).sum(axis=-1) / (sum(self.sizes) - len(studies))
        self.scatter = np.maximum(variance - polygamma(1, freedom / 2).mean(), 0.0)
        usual = chi_squared_quantile(QUARTILE, freedom) / freedom
        bias = np.exp(digamma(freedom / 2)) / (freedom / 2)
        self.above = np.quantile(np.exp(centred) * bias / usual, QUARTILE, axis=-1)
        self.everywhere = np.quantile(every / usual, QUARTILE, axis=-1)

    def prior(self, study: int) -> Prior:
        """The prior of a study, by its number."""
        middle = np.exp(self.middles[study]) * self.above
        unsure = polygamma(1, self.freedoms[study] / 2).mean() / self.sizes[study]
        trusted = bool(self.freedoms[study].sum() >= FEWEST_FREEDOM)
        if not trusted:
            middle = np.clip(self.everywhere, middle, middle * np.exp(2 * np.sqrt(unsure)))
        return Prior(middle, freedom_of(CAUTION * self.scatter + unsure), trusted)
