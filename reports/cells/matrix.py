"""From a tidy table, one row a trial, to a matrix of cells, each over its seeds."""

from dataclasses import dataclass

import pandas as pd

from reports.cells.scoring import SCORED_BY
from reports.cells.summary import spearman, summarise, values_of


@dataclass(frozen=True)
class Matrix:
    """All frames have the same rows and columns, in the order of the study's axes."""

    mean: pd.DataFrame
    """Mean over the seeds that are done; NaN where there is none, or ``state`` is ``stopped``."""
    spread: pd.DataFrame
    """Standard deviation over the finished seeds (n - 1); NaN below two."""
    count: pd.DataFrame
    """Finished seeds."""
    state: pd.DataFrame
    """``stopped`` where any trial was stopped early, else ``done`` where any seed is, else ``failed`` where any is,
    else ``waiting``."""
    stopped_at: pd.DataFrame
    """The first epoch at which a trial of the cell was stopped early; NaN where none was."""
    row_average: pd.Series
    """Mean of a row's cells; NaN while one of them has no value, or where they are not scored alike."""
    scored_by: pd.DataFrame
    """How each cell is scored; see ``reports.cells.scoring``."""

    @property
    def scorings(self) -> list[str]:
        """The ways in which its cells are scored."""
        return list(dict.fromkeys(self.scored_by.stack(future_stack=True).dropna()))

    def only(self, scored_by: str) -> pd.DataFrame:
        """Return the means of the cells that are scored so; NaN for the others."""
        return self.mean.where(self.scored_by == scored_by)

    @property
    def seeds(self) -> int:
        """The most seeds that any cell has."""
        return int(self.count.to_numpy().max())

    @property
    def seeds_text(self) -> str:
        """``3 seeds``, or ``1 to 3 seeds`` where some cells have fewer."""
        fewest = int(self.count.to_numpy().min())
        return f"{self.seeds} seeds" if fewest == self.seeds else f"{fewest} to {self.seeds} seeds"


def to_matrix(table: pd.DataFrame, rows: str, columns: str, metric: str) -> Matrix:
    """``table`` as in ``summarise``."""
    return matrix_of(summarise(table, [rows, columns], metric), rows, columns)


def matrix_of(cells: pd.DataFrame, rows: str, columns: str) -> Matrix:
    """``cells`` as ``summarise`` returns them, by these two axes."""
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
    """Values by (row, column), those that are known."""
    return {
        (str(row), str(column)): float(value)
        for row, cells in values.to_dict("index").items()
        for column, value in cells.items()
        if not pd.isna(value)
    }


def rank_correlation(ours: pd.DataFrame, paper: pd.DataFrame) -> tuple[float, int]:
    """Spearman's rho over the cells that both have, ties sharing their mean rank, and how many those are."""
    pairs = pd.DataFrame({"ours": by_cell(ours), "paper": by_cell(paper)}).dropna()
    if len(pairs) < 3:
        return float("nan"), len(pairs)
    return spearman(pairs["ours"], pairs["paper"]), len(pairs)
