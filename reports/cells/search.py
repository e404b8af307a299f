"""The choice among trials that differ only in tuned values, by their scores on held-out training images.

The chosen trial is the result of a cell's seed. The test set has no part in the choice, so that the best of several
test scores is never taken for a test score.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # the commands that need no table need no pandas
    import pandas as pd

VALIDATION = "validation"
"""The column with a trial's score on held-out training images; higher is better."""


Select = Literal["test", "validation"]
"""The scores that the best cell of a study can be chosen by."""


@dataclass(frozen=True)
class Candidate:
    """A trial of a search."""

    trial_id: str
    state: str
    validation: float | None
    """The score on held-out training images; None if the trial left none."""

    @property
    def has_ended(self) -> bool:
        """Whether it takes part in the choice, or has failed."""
        return self.state == "failed" or (self.state == "done" and self.validation is not None)


@dataclass(frozen=True)
class Search:
    """The tuned settings of a study, and all its trials."""

    values: dict[str, list[str]]
    """The values that were tried, as text, by the name of the tuned axis."""
    table: "pd.DataFrame"
    """All trials, a row each as in ``StudyReport.table``, with the tuned axes, ``validation`` and ``chosen``."""


def choose(candidates: Sequence[Candidate]) -> str | None:
    """The id of the trial with the highest validation score, the first among equals.

    None until every candidate has ended, and if all have failed. A candidate alone needs no validation score.
    """
    done = [one for one in candidates if one.state == "done"]
    if len(candidates) == 1:
        return done[0].trial_id if done else None
    if not done or not all(one.has_ended for one in candidates):
        return None
    return max(done, key=_score).trial_id


def mark_chosen(table: "pd.DataFrame", axes: Sequence[str]) -> "pd.DataFrame":
    """The table with the column ``chosen``. Rows that share baseline, ``axes`` and seed are one search."""
    chosen: set[str] = set()
    for _, rows in table.groupby(["baseline", *axes, "seed"], sort=False):
        if found := choose(_candidates(rows)):
            chosen.add(found)
    return table.assign(chosen=table["trial_id"].isin(chosen))


def chosen_rows(search: Search, axes: Sequence[str]) -> "pd.DataFrame":
    """A row for each cell and seed: the chosen trial, or a row without a result as long as none is chosen.

    A row without a result is failed if all trials have failed; else it is waiting, and its tuned values are empty.
    """
    import pandas as pd

    kept = []
    for _, rows in search.table.groupby(["baseline", *axes, "seed"], sort=False):
        chosen = rows[rows["chosen"]]
        kept.append(chosen.iloc[0] if len(chosen) else _without_result(rows, list(search.values)))
    return pd.DataFrame(kept).reset_index(drop=True).astype(search.table.dtypes.drop("chosen")).drop(columns="chosen")


def search_sentence(search: Search) -> str:
    """A sentence for captions: which settings were tuned, over which values, and by which score."""
    named = [f"{name} ({', '.join(values)})" for name, values in search.values.items()]
    return (
        f"Chosen for each cell and seed by the score on held-out training images, never on test images: "
        f"{' and '.join(named)}."
    )


def chosen_texts(table: "pd.DataFrame", axes: Sequence[str], tuned: Sequence[str]) -> "pd.DataFrame":
    """The chosen values of each cell, in the order of its seeds: ``0.3, 1.0, 0.3``; ``–`` if none is chosen yet.

    ``table`` comes from ``chosen_rows``. The result has the columns ``axes`` and ``tuned``, and a row for each
    combination of ``axes``. A setting that a cell does not have is empty.
    """
    grid = table.sort_values("seed", kind="stable") if len(table) else table
    shown = grid.assign(**{name: grid[name].where(grid["state"] == "done", "–") for name in tuned})
    return shown.groupby([*axes], sort=False)[list(tuned)].agg(_joined).reset_index()


def _joined(values: "pd.Series") -> str:
    return ", ".join(values) if any(values) else ""


def _candidates(rows: "pd.DataFrame") -> list[Candidate]:
    scores = rows[VALIDATION] if VALIDATION in rows else [math.nan] * len(rows)
    return [
        Candidate(trial_id, state, None if math.isnan(score) else float(score))
        for trial_id, state, score in zip(rows["trial_id"], rows["state"], scores, strict=True)
    ]


def _without_result(rows: "pd.DataFrame", tuned: list[str]) -> "pd.Series":
    failed = (rows["state"] == "failed").all()
    waiting = rows[rows["state"] == "waiting"]
    row = (waiting if len(waiting) else rows).iloc[0].copy()
    row[tuned] = ""
    if not failed:
        row["state"] = "waiting"
    return row


def _score(candidate: Candidate) -> float:
    score = candidate.validation
    return -math.inf if score is None or math.isnan(score) else score
