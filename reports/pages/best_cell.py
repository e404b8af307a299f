"""Sentences on the best cell of a study, and on the cells that cannot be told from it."""

from reports.cells.metric_names import label_of
from reports.statistics.best import Best, best_by_scoring
from reports.study_report import StudyReport

MOST_NAMED = 5
"""The most cells that are named; of the others the sentence has the number."""


def best_sentences(report: StudyReport) -> list[str]:
    """Two sentences for each scoring of the cells; none if no cell has a value, or if more is not better."""
    found = best_by_scoring(report.judged)
    return [f"{_best(one, report.metric, len(found) > 1)} {_rivals(one)}".rstrip() for one in found]


def _best(one: Best, metric: str, several: bool) -> str:
    told = [
        label_of(metric),
        *([one.scored_by] if several else []),
        *([f"mean of {one.seeds} seeds"] * (one.seeds > 1)),
    ]
    return f"Best cell: {one.cell or 'the only one'} with {one.mean:.1f} ({', '.join(told)})."


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
