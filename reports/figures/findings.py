"""Sentences on what a figure shows: facts of the table, no verdicts."""

from collections.abc import Iterable, Sequence

import pandas as pd

from reports.cells.baselines import Baseline
from reports.cells.matrix import Matrix, by_cell, rank_correlation
from reports.cells.metric_names import difference, is_ranked, unit_of
from reports.cells.names import is_number
from reports.cells.scoring import SCORED_BY, scorings_of
from reports.cells.summary import HERE, PAPER, WORDS, at, in_common, of, ordered, spearman
from reports.paper.numbers import PaperMatrix, PaperNumbers


def heatmap_findings(
    matrix: Matrix, metric: str, paper: PaperMatrix | None, baselines: Sequence[Baseline]
) -> list[str]:
    """The findings of a heatmap of a metric: its best and worst cell, the baselines, the agreement with the paper,
    missing values.

    Only cells with the same scoring are compared.
    """
    if not by_cell(matrix.mean):
        return ["No cell has finished yet."]
    findings = []
    for scored_by in matrix.scorings:
        told = _told(scored_by, matrix.scorings)
        mean, own = matrix.only(scored_by), [one for one in baselines if one.scored_by == scored_by]
        findings += _heatmap_extremes(mean, metric, own, told)
        findings += [_agreement(mean, metric, paper, told)] if paper else []
    findings += _unmatched(baselines, matrix.scorings)
    open_cells = int((matrix.state != "done").to_numpy().sum())
    if open_cells:
        findings.append(_without_value(open_cells, pd.Series(matrix.state.to_numpy(dtype=str).reshape(-1))))
    return findings


def _heatmap_extremes(mean: pd.DataFrame, metric: str, baselines: Sequence[Baseline], told: str) -> list[str]:
    ours = by_cell(mean)
    if not ours:
        return []
    best, worst = max(ours, key=ours.__getitem__), min(ours, key=ours.__getitem__)
    top, bottom = ours[best], ours[worst]
    high, low = _ends(metric)
    apart = f"{top - bottom:.1f} {unit_of(metric)}".rstrip()
    return [
        f"{high.capitalize()} cell{told}: {_name(best)} with {top:.1f}; {low}: {_name(worst)} with {bottom:.1f}; "
        f"{apart} apart.",
        *(
            f"{one.name}{told}: {one.mean:.1f}; the {high} cell is {difference(top - one.mean, metric)} from it."
            for one in baselines
        ),
    ]


def _agreement(mean: pd.DataFrame, metric: str, paper: PaperMatrix, told: str) -> str:
    rho, cells = rank_correlation(mean, paper.values)
    published = by_cell(paper.values)
    best = max(published, key=published.__getitem__)
    if cells < 3:
        return f"{paper.whole_title}{told}: too few cells in common to compare."
    return (
        f"{paper.whole_title}: its {_ends(metric)[0]} cell is {_name(best)}; over {cells} cells{told} the order "
        f"here agrees with its order by a rank correlation (Spearman) of {rho:.2f}."
    )


def _ends(metric: str) -> tuple[str, str]:
    """The words for the cells with the highest and the lowest value of a metric."""
    return ("best", "worst") if is_ranked(metric) else ("highest", "lowest")


def cell_findings(
    data: pd.DataFrame, axes: list[str], baselines: Sequence[Baseline], paper: PaperNumbers | None = None
) -> list[str]:
    """The findings of the cells of one metric: the best and the worst, the baselines, the agreement with the paper, the
    changes along the axes, missing values.

    ``data`` is as in ``reports.cells.summary``. Only cells with the same scoring are compared.
    """
    ours = of(data, HERE)
    known = ours.dropna(subset="mean")
    if known.empty:
        return ["No cell has finished yet."]
    scorings, findings = scorings_of(ours), []
    for scored_by in scorings:
        alike = data[data[SCORED_BY] == scored_by]
        own = [one for one in baselines if one.scored_by == scored_by]
        findings += _of_one_scoring(alike, axes, own, _told(scored_by, scorings), paper)
    findings += _unmatched(baselines, scorings)
    missing = len(ours) - len(known)
    if missing:
        findings.append(_without_value(missing, ours["state"]))
    return findings


def _of_one_scoring(
    data: pd.DataFrame, axes: list[str], baselines: Sequence[Baseline], told: str, paper: PaperNumbers | None
) -> list[str]:
    """The findings of cells with the same scoring; ``told`` names the scoring if the figure has several."""
    known = of(data, HERE).dropna(subset="mean")
    if known.empty:
        return []
    rows = known.sort_values("mean", kind="stable").to_dict("records")
    worst, best = rows[0], rows[-1]
    names = [_name(row[axis] for axis in axes if row[axis]) for row in (best, worst)]
    high, low = _ends(str(best["metric"]))
    findings = [
        f"{high.capitalize()}{told}: {names[0]} with {best['mean']:.1f}; {low}: {names[1]} with {worst['mean']:.1f}."
    ]
    findings += [
        f"{one.name}{told}: {one.mean:.1f}; the {high} is "
        f"{difference(best['mean'] - one.mean, str(best['metric']))} from it."
        for one in baselines
    ]
    where = paper.where if paper else "in the paper"
    changes = [_along(data, axis, axes, told, where) for axis in axes]
    return [*findings, *_common_order(data, axes, told, where), *filter(None, changes)]


def _told(scored_by: str, scorings: Sequence[str]) -> str:
    """The scoring of cells, in brackets; empty if the figure has only one scoring."""
    return f" ({scored_by or 'others'})" if len(scorings) > 1 else ""


def _unmatched(baselines: Sequence[Baseline], scorings: Sequence[str]) -> list[str]:
    """A sentence for each baseline that no cell can be compared with."""
    return [
        f"{one.name}: {one.mean:.1f} by {one.scored_by or 'another protocol'}; no cell is scored so, and none is "
        "compared with it."
        for one in baselines
        if one.scored_by not in scorings
    ]


def _without_value(count: int, states: "pd.Series[str]") -> str:
    """A sentence on the cells without a value; ``states`` has the states of all cells."""
    counts = {words: int((states == state).sum()) for state, words in WORDS.items() if state in ("failed", "stopped")}
    why = ", ".join(f"{number} {words}" for words, number in counts.items() if number)
    return f"{count} of {len(states)} cells {'has' if count == 1 else 'have'} no value yet{f' ({why})' if why else ''}."


def _common_order(data: pd.DataFrame, axes: list[str], told: str, where: str) -> list[str]:
    common = in_common(data, axes)
    if len(common) < 3:
        return []
    rho = spearman(common["mean"], common["mean_paper"])
    return [
        f"Over {len(common)} cells in common{told} the order here agrees with that {where} by a rank correlation "
        f"(Spearman) of {rho:.2f}."
    ]


def _along(data: pd.DataFrame, axis: str, axes: list[str], told: str, where: str) -> str:
    """A sentence on the change from the smallest number of an axis to its largest, here and in the paper.

    Sign and size can be compared even if the numbers of the axis differ from the paper's. Empty if there is no change
    to give.
    """
    others = [name for name in axes if name != axis]
    here, paper = (_change(of(data, source).dropna(subset="mean"), axis, others) for source in (HERE, PAPER))
    if here is None:
        return ""
    varied = [name for name in others if of(data, HERE)[name].nunique() > 1]
    over = f", averaged over {', '.join(varied)}" if varied else ""
    return f"{axis}{told}{here}{over}" + (f"; {where}{paper}." if paper else ".")


def _change(cells: pd.DataFrame, axis: str, others: list[str]) -> str | None:
    """The change from end to end as text, averaged over the combinations of the other axes that have a value at both
    ends; None if there are none, or if the values of the axis are no numbers."""
    values = ordered(cells, axis)
    if len(values) < 2 or not all(map(is_number, values)):
        return None
    low, high = (at(cells, axis, value).set_index(others or "source")["mean"] for value in (values[0], values[-1]))
    changes = (high - low).dropna()
    if changes.empty:
        return None
    return f" from {values[0]} to {values[-1]}: {difference(changes.mean(), cells['metric'].iloc[0])}"


def _name(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
