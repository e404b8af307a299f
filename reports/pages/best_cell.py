"""Sentences on the best cell of a study, and on the cells that cannot be told from it."""

from reports.cells.metric_names import label_of
from reports.cells.search import VALIDATION
from reports.statistics.best import Best, best_by_scoring
from reports.study_report import StudyReport

MOST_NAMED = 5
"""The most cells that are named; of the others the sentence has the number."""


def best_sentences(report: StudyReport) -> list[str]:
    """Sentences for each scoring of the cells: the best, what chose it, and what cannot be told from it.

    None if no cell has a value, or if more is not better.
    """
    found = best_by_scoring(report.judged, report.select)
    several = len(found) > 1
    return [f"{_best(one, report.metric, several)} {_rivals(one)}{_caution(one, report)}".rstrip() for one in found]


def _best(one: Best, metric: str, several: bool) -> str:
    told = [
        label_of(metric),
        *([one.scored_by] if several else []),
        *([f"mean of {one.seeds} seeds"] * (one.seeds > 1)),
    ]
    if one.validation is not None:
        return (
            f"Best cell: {one.cell or 'the only one'}, chosen by its score on held-out training images "
            f"({one.validation:.1f}), never on test images; there it has {one.mean:.1f} ({', '.join(told)})."
        )
    return f"Best cell: {one.cell or 'the only one'} with {one.mean:.1f} ({', '.join(told)})."


def _caution(one: Best, report: StudyReport) -> str:
    """A sentence on what to set, if test images chose the cell and held-out images could have; else empty."""
    if one.validation is not None or not one.others or VALIDATION not in report.table:
        return ""
    return (
        " It was chosen on the test images, so that its own score there is rather too high: select: validation chooses "
        "on held-out training images."
    )


def _rivals(one: Best) -> str:
    if not one.others:
        return ""
    if one.rivals is None:
        return "Which cells cannot be told from it is not known: that takes three seeds of each."
    if not one.rivals:
        return "All others are worse: the 95 % interval of each difference is above 0."
    if len(one.rivals) == one.others:
        return "No other cell can be told from it by the 95 % interval of their difference."
    named = [f"{name} ({mean:.1f})" for name, mean in one.rivals[:MOST_NAMED]]
    more = f" and {len(one.rivals) - MOST_NAMED} more" if len(one.rivals) > MOST_NAMED else ""
    return f"Not told from it by the 95 % interval of their difference: {'; '.join(named)}{more}."
