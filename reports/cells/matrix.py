"""A matrix of cells, each a mean over its seeds, from a tidy table with one row a trial."""

from dataclasses import dataclass

import pandas as pd

from reports.cells.scoring import SCORED_BY
from reports.cells.summary import spearman, summarise, values_of


@dataclass(frozen=True)
class Matrix:
    """The cells of two axes. All frames have the same rows and columns, in the order of the study's axes."""

    mean: pd.DataFrame
    """Means over the seeds that are done; NaN if there are none, or if ``state`` is ``stopped``."""
    spread: pd.DataFrame
    """Standard deviations over the seeds that are done (n - 1); NaN below two."""
    count: pd.DataFrame
    """Numbers of seeds that are done."""
    state: pd.DataFrame
    """States: ``stopped`` if any trial was stopped early, else ``done`` if any seed is, else ``failed`` if any is,
    else ``waiting``."""
    stopped_at: pd.DataFrame
    """The first epoch at which a trial of the cell was stopped early; NaN if none was."""
    row_average: pd.Series
    """Means of the rows; NaN as long as a cell of the row has no value, or if its cells are not scored alike."""
    scored_by: pd.DataFrame
    """The scoring of each cell; see ``reports.cells.scoring``."""

    @property
    def scorings(self) -> list[str]:
        """The different scorings of the cells, in order."""
        return list(dict.fromkeys(self.scored_by.stack(future_stack=True).dropna()))

    def only(self, scored_by: str) -> pd.DataFrame:
        """The means of the cells with this scoring; NaN for the others."""
        return self.mean.where(self.scored_by == scored_by)

    @property
    def seeds(self) -> int:
        """The most seeds that any cell has."""
        return int(self.count.to_numpy().max())

    @property
    def seeds_text(self) -> str:
        """The number of seeds as text: ``3 seeds``, or ``1 to 3 seeds`` if some cells have fewer."""
        fewest = int(self.count.to_numpy().min())
        return f"{self.seeds} seeds" if fewest == self.seeds else f"{fewest} to {self.seeds} seeds"


def to_matrix(table: pd.DataFrame, rows: str, columns: str, metric: str) -> Matrix:
    """The matrix of a metric over two axes; ``table`` as in ``summarise``."""
    cells = summarise(table, [rows, columns], metric)
    index, names = values_of(cells, rows), values_of(cells, columns)

    def frame(value: str) -> pd.DataFrame:
        wide = cells.pivot(index=rows, columns=columns, values=value)
        return wide.reindex(index=index, columns=names).rename_axis(index=None, columns=None)

    mean, scored_by = frame("mean"), frame(SCORED_BY)
    alike = scored_by.nunique(axis=1) <= 1
    return Matrix(
        mean=mean,
        spread=frame("spread"),
        count=frame("seeds").fillna(0).astype(int),
        state=frame("state").fillna("waiting"),
        stopped_at=frame("stopped_at"),
        row_average=mean.mean(axis=1, skipna=False).where(alike),
        scored_by=scored_by,
    )


def by_cell(values: pd.DataFrame) -> dict[tuple[str, str], float]:
    """The values that are known, by (row, column)."""
    return {
        (str(row), str(column)): float(value)
        for row, cells in values.to_dict("index").items()
        for column, value in cells.items()
        if not pd.isna(value)
    }


def rank_correlation(ours: pd.DataFrame, paper: pd.DataFrame) -> tuple[float, int]:
    """Spearman's rho over the cells that both have, and the number of these cells; NaN below three. Ties share their
    mean rank."""
    pairs = pd.DataFrame({"ours": by_cell(ours), "paper": by_cell(paper)}).dropna()
    if len(pairs) < 3:
        return float("nan"), len(pairs)
    return spearman(pairs["ours"], pairs["paper"]), len(pairs)
