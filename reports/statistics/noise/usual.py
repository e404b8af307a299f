"""The usual spread of cells, for each metric and study of a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reports.statistics.claims.selection import NotInGridError, axis_values, matched
from reports.statistics.measured import Measured
from reports.statistics.noise.prior import Prior, cautious_priors
from reports.statistics.noise.spread import centred_variances


@dataclass(frozen=True)
class Usual:
    """The priors for the variance of a study's contrasts; None if the page has too few cells."""

    cells: Prior | None
    """The prior for contrasts of single cells."""
    averages: Prior | None
    """The prior for contrasts of means over several cells, as the variance of one cell. A part that such cells share in
    a seed does not average out, so these contrasts have a prior of their own."""


def usual_spreads(studies: Sequence[Measured]) -> list[Usual]:
    """The priors of each study of a page, for one metric."""
    of_cells = _priors([centred_variances(study.values) for study in studies])
    of_averages = _priors([_averages(study) for study in studies])
    return [Usual(*pair) for pair in zip(of_cells, of_averages, strict=True)]


def _priors(found: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[Prior | None]:
    return cautious_priors([variances for variances, _ in found], [freedom for _, freedom in found])


def _averages(study: Measured) -> tuple[np.ndarray, np.ndarray]:
    """The variances of the means over the cells of each value of each axis, times the number of these cells."""
    found = [_margin_variances(study.values, rows) for rows in _margins(study).values()]
    if not found:
        return np.zeros((*study.values.shape[:-2], 0)), np.zeros(0)
    variances, freedoms = zip(*found, strict=True)
    return np.concatenate(variances, axis=-1), np.concatenate(freedoms)


def _margin_variances(values: np.ndarray, rows: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The variances of the means over the cells of each of ``rows``, times the number of these cells, and their degrees
    of freedom. ``values`` (..., cells, seeds). For two means only one variance is given: both are the same."""
    means = np.stack([values[..., row, :].mean(axis=-2) for row in rows], axis=-2)
    variances, freedom = centred_variances(means)
    if len(rows) == 2:
        variances, freedom = variances[..., :1], freedom[:1]
    return variances * rows[0].sum(), freedom


def _margins(study: Measured) -> Mapping[str, list[np.ndarray]]:
    """The cells of each value of an axis, by the axis; only axes whose values have several cells each."""
    margins = {}
    for axis in map(str, study.cells):
        everywhere = np.ones(len(study.cells), dtype=bool)
        try:
            chosen = matched(study.cells, everywhere, [axis])
        except NotInGridError:
            continue
        values = axis_values(study.cells, axis, chosen)
        rows = [chosen & (study.cells[axis] == value).to_numpy() for value in values]
        if len(rows) > 1 and rows[0].sum() > 1:
            margins[axis] = rows
    return margins
