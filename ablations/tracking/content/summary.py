"""The findings of a report for MLflow's pages: the best cell, and a verdict on each claim."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from ablations.types.metrics import own
from reports.cells.metric_names import is_ranked, label_of
from reports.cells.scoring import SCORED_BY
from reports.cells.summary import summarise
from reports.statistics.measured import CORRECT
from reports.statistics.ruling import WORDS
from reports.statistics.verdicts import Verdict
from reports.study_report import StudyReport

CLAIM = "ablate.claim."
"""Beginning of a tag of a parent run: the verdict on one claim."""


@dataclass(frozen=True)
class Summary:
    """The findings of a report."""

    verdicts: list[Verdict]
    best: str
    """A sentence on the best cell, or on the best of those that are scored alike; empty before any trial is done, or
    for a metric of which more is not better."""
    axes: list[str]
    metric: str
    """The report's metric."""
    scores: list[str]
    """Names of the metrics that evaluations have left, the report's first."""
    metrics: dict[str, float]
    """``best/<metric>``: mean of the best cell, over its seeds, where all cells are scored alike.
    ``claims/supported``, ``claims/refuted``, ``claims/no_difference`` and ``claims/undecided``: numbers of claims.
    ``claims/<n>``: effect of the claim with that number, counted from 1; ``claims/<n>_low`` and ``_high``: ends of its
    interval, at the level ``_level``; ``_p``: its p among all claims; ``_seeds``: how many seeds it is from."""
    tags: dict[str, str]
    """``ablate.claim.<n>``: the verdict on the claim with that number, and its text."""
    chosen: dict[str, bool] = field(default_factory=dict)
    """Whether its cell is scored by a trial whose cell is tuned, by trial id. Not among them: trials of cells and seeds
    for which none is chosen yet."""
    tuned: list[str] = field(default_factory=list)
    """Names of the tuned axes."""


def summary(report: StudyReport) -> Summary:
    """The findings of a report."""
    verdicts, best = report.verdicts, _best_cells(report)
    metrics = verdict_counts(verdicts) | verdict_numbers(verdicts)
    tags = verdict_tags(verdicts)
    if len(best) == 1:
        metrics[f"best/{report.metric}"] = float(best[0]["mean"])
    told = [_told(cell, report, len(best) > 1) for cell in best]
    text = f"Best cell{'s' if len(best) > 1 else ''}: {'; '.join(told)}." if told else ""
    tuned = list(report.search.values) if report.search else []
    return Summary(verdicts, text, report.axes, report.metric, _scores(report), metrics, tags, _chosen(report), tuned)


def verdict_counts(verdicts: Sequence[Verdict]) -> dict[str, float]:
    """``claims/<word>``: how many claims have that verdict; empty without claims."""
    words = Counter(one.word for one in verdicts)
    return {f"claims/{word.lower().replace(' ', '_')}": float(words[word]) for word in WORDS if verdicts}


def verdict_numbers(verdicts: Sequence[Verdict], study: str = "") -> dict[str, float]:
    """``claims/<n>`` and so on, as in ``Summary.metrics``; ``claims/<study>/<n>`` where several studies have claims."""
    beginning = f"claims/{study}/" if study else "claims/"
    return {
        f"{beginning}{number}{end}": value
        for number, verdict in enumerate(verdicts, 1)
        for end, value in _numbers(verdict)
    }


def verdict_tags(verdicts: Sequence[Verdict], study: str = "") -> dict[str, str]:
    """``ablate.claim.<n>``, as in ``Summary.tags``; ``ablate.claim.<study>.<n>`` where several studies have claims."""
    beginning = f"{CLAIM}{study}." if study else CLAIM
    return {f"{beginning}{number}": f"{one.word}: {one.claim.says}" for number, one in enumerate(verdicts, 1)}


def _numbers(verdict: Verdict) -> Iterator[tuple[str, float]]:
    """The numbers of a verdict that are known, by the end of the metric's name."""
    low, high = verdict.interval or (None, None)
    found = {"": verdict.mean, "_low": low, "_high": high, "_level": verdict.level, "_p": verdict.p}
    yield from ((name, value) for name, value in found.items() if value is not None and isfinite(value))
    if verdict.seeds:
        yield "_seeds", float(verdict.seeds)


def _told(best: dict[str, Any], report: StudyReport, several: bool) -> str:
    cell = ", ".join(str(best[axis]) for axis in report.axes if best[axis])
    seeds = f", mean of {best['seeds']} seeds" if best["seeds"] > 1 else ""
    label = best[SCORED_BY] if several else label_of(report.metric)
    return f"{cell} with {best['mean']:.2f} ({label}{seeds})"


def _best_cells(report: StudyReport) -> list[dict[str, Any]]:
    """Return the best of the cells that are scored alike, for each way of scoring; see ``reports.cells.summary``."""
    if not is_ranked(report.metric) or not report.axes:
        return []
    cells = summarise(report.table, report.axes, report.metric).dropna(subset="mean")
    ranked = cells.sort_values("mean", ascending=False, kind="stable")
    rows = ranked.drop_duplicates(SCORED_BY).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _chosen(report: StudyReport) -> dict[str, bool]:
    if report.search is None:
        return {}
    chosen: dict[str, bool] = {}
    for _, rows in report.search.table.groupby(["baseline", *report.axes, "seed"], sort=False):
        if rows["chosen"].any():
            chosen |= dict(zip(rows["trial_id"], map(bool, rows["chosen"]), strict=True))
    return chosen


def _scores(report: StudyReport) -> list[str]:
    known = map(str, report.table.columns)
    names = [name for name in known if "/" in name and not name.startswith(("pretrain/", CORRECT))]
    meant = [report.metric, *own().get(report.metric, ())]  # what trials are scored by comes before their other scores
    return sorted(names, key=lambda name: meant.index(name) if name in meant else len(meant))
