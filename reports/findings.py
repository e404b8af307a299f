"""What a figure says, in sentences: facts of the table, no verdicts."""

from collections.abc import Iterable

import pandas as pd

from reports.matrix import Matrix, by_cell, rank_correlation
from reports.paper import PaperMatrix


def heatmap_findings(matrix: Matrix, paper: PaperMatrix | None, baselines: dict[str, float]) -> list[str]:
    """Best and worst cell, against the baselines and the paper; what is missing."""
    ours = by_cell(matrix.mean)
    if not ours:
        return ["No cell has finished yet."]
    best, worst = max(ours, key=ours.__getitem__), min(ours, key=ours.__getitem__)
    top, bottom = ours[best], ours[worst]
    findings = [
        f"Best cell: {_name(best)} with {top:.1f}; worst: {_name(worst)} with {bottom:.1f}; "
        f"{top - bottom:.1f} points apart."
    ]
    findings += [
        f"{name}: {value:.1f}; the best cell is {top - value:+.1f} points from it." for name, value in baselines.items()
    ]
    if paper is not None:
        findings.append(_agreement(matrix, paper))
    open_cells = int((matrix.state != "finished").to_numpy().sum())
    if open_cells:
        failed = int((matrix.state == "failed").to_numpy().sum())
        findings.append(
            f"{open_cells} of {matrix.state.size} cells have no value yet ({failed} failed{_stopped(matrix)})."
        )
    return findings


def _stopped(matrix: Matrix) -> str:
    count = int((matrix.state == "stopped").to_numpy().sum())
    return f", {count} stopped early" if count else ""


def _agreement(matrix: Matrix, paper: PaperMatrix) -> str:
    rho, cells = rank_correlation(matrix.mean, paper.values)
    published = by_cell(paper.values)
    best = max(published, key=published.__getitem__)
    if cells < 3:
        return f"{paper.title} of the paper: too few cells in common to compare."
    return (
        f"{paper.title} of the paper: its best cell is {_name(best)}; over {cells} cells the order here agrees with "
        f"its order by a rank correlation (Spearman) of {rho:.2f}."
    )


def points_findings(summary: pd.DataFrame, axes: list[str], baselines: dict[str, float]) -> list[str]:
    """The best point, against the worst and the baselines; what is missing."""
    known = summary.dropna(subset=["mean"])
    if known.empty:
        return ["No trial has finished yet."]
    rows = known.sort_values("mean", kind="stable").to_dict("records")
    worst, best = rows[0], rows[-1]
    names = [_name([row[axis] for axis in axes]) for row in (best, worst)]
    findings = [f"Best: {names[0]} with {best['mean']:.1f}; worst: {names[1]} with {worst['mean']:.1f}."]
    findings += [
        f"{name}: {value:.1f}; the best is {best['mean'] - value:+.1f} points from it."
        for name, value in baselines.items()
    ]
    missing = int((summary["trials"] - summary["finished"]).sum())
    if missing:
        findings.append(f"{missing} of {int(summary['trials'].sum())} trials have no value yet.")
    if stopped := int(summary["stopped_at"].notna().sum()):
        findings.append(f"{stopped} of {len(summary)} points are not drawn, since a trial of theirs was stopped early.")
    return findings


def _name(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
