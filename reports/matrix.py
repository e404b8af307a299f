"""From a tidy table, one row a trial, to a matrix of cells, each over its seeds."""

from dataclasses import dataclass

import pandas as pd

STATES = ("stopped", "finished", "failed", "missing")


@dataclass(frozen=True)
class Matrix:
    """All frames have the same rows and columns, in the order of the study's axes."""

    mean: pd.DataFrame
    """Over the finished seeds; NaN where there is none, or ``state`` is ``stopped``."""
    spread: pd.DataFrame
    """Standard deviation over the finished seeds (n - 1); NaN below two."""
    count: pd.DataFrame
    """Finished seeds."""
    state: pd.DataFrame
    """``stopped`` where any trial was stopped early: those that were not are the better ones, and their mean is not the
    cell's. Else ``finished`` where any seed did, ``failed`` where any did, ``missing``."""
    stopped_at: pd.DataFrame
    """The first epoch at which a trial of the cell was stopped; NaN where none was."""
    row_average: pd.Series
    """Mean of a row's cells; NaN while one of them has no value."""

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
    """``table`` has the columns ``rows``, ``columns``, ``seed``, ``baseline``, ``state`` (of ``STATES``) and, once
    anything finished, ``metric``. Baselines, which have no place on the axes, are left out; further axes are
    averaged over within each seed, so that the spread is that of seeds alone."""
    table = table[table["baseline"] == ""]
    cell = [table[rows], table[columns]]
    stops = stop_epochs(table).groupby(cell)
    index, names = list(dict.fromkeys(table[rows])), list(dict.fromkeys(table[columns]))
    finished = table[(table["state"] == "finished") & stops.transform("min").isna()]
    values = None
    if metric in finished:
        values = finished.groupby([rows, columns, "seed"])[metric].mean().groupby([rows, columns])

    def frame(statistic: str) -> pd.DataFrame:
        if values is None:
            return pd.DataFrame(float("nan"), index=index, columns=names)
        return values.agg(statistic).unstack(columns).reindex(index=index, columns=names)

    mean = frame("mean")
    states = table.groupby([rows, columns])["state"].agg(_best_state).unstack(columns)
    return Matrix(
        mean=mean,
        spread=frame("std"),
        count=frame("count").fillna(0).astype(int),
        state=states.reindex(index=index, columns=names).fillna("missing"),
        stopped_at=stops.min().unstack(columns).reindex(index=index, columns=names),
        row_average=mean.mean(axis=1, skipna=False),
    )


def stop_epochs(table: pd.DataFrame) -> "pd.Series[float]":
    """Of each trial, the epoch at which it was stopped early; NaN where it was not."""
    return table["stopped_at"] if "stopped_at" in table else pd.Series(float("nan"), table.index)


def why_empty(matrix: Matrix) -> pd.DataFrame:
    """For each cell ``failed``, ``stopped at epoch 10``, or nothing where there is no more to say."""
    notes = matrix.state.where(matrix.state == "failed", "")
    stopped = matrix.stopped_at.fillna(0).astype(int).astype(str)
    return notes.mask(matrix.state == "stopped", "stopped at epoch " + stopped)


def _best_state(states: "pd.Series[str]") -> str:
    return min(map(str, states), key=STATES.index)


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
    return float(pairs["ours"].rank().corr(pairs["paper"].rank())), len(pairs)
