"""What a figure says, in sentences: facts of the table, no verdicts."""

import pandas as pd

from reports.matrix import Matrix, rank_correlation
from reports.paper import PaperMatrix


def heatmap_findings(matrix: Matrix, paper: PaperMatrix | None, baselines: dict[str, float]) -> list[str]:
    """Best and worst cell, against the baselines and the paper; what is missing."""
    ours = matrix.mean.stack().dropna()
    if ours.empty:
        return ["No cell has finished yet."]
    best, worst = ours.idxmax(), ours.idxmin()
    findings = [
        f"Best cell: {_cell(best)} with {ours[best]:.1f}; worst: {_cell(worst)} with {ours[worst]:.1f}; "
        f"{ours[best] - ours[worst]:.1f} points apart."
    ]
    findings += [f"{name}: {value:.1f}; the best cell is {ours[best] - value:+.1f} points from it." for name, value in baselines.items()]
    if paper is not None:
        findings.append(_agreement(matrix, paper))
    open_cells = int((matrix.state != "finished").to_numpy().sum())
    if open_cells:
        failed = int((matrix.state == "failed").to_numpy().sum())
        findings.append(f"{open_cells} of {matrix.state.size} cells have no value yet ({failed} failed).")
    return findings


def _agreement(matrix: Matrix, paper: PaperMatrix) -> str:
    rho, cells = rank_correlation(matrix.mean, paper.values)
    best = paper.values.stack().idxmax()
    if cells < 3:
        return f"{paper.title} of the paper: too few cells in common to compare."
    return (
        f"{paper.title} of the paper: its best cell is {_cell(best)}; over {cells} cells the order here agrees with "
        f"its order by a rank correlation (Spearman) of {rho:.2f}."
    )


def points_findings(summary: pd.DataFrame, axes: list[str], baselines: dict[str, float]) -> list[str]:
    """The best point, against the worst and the baselines; what is missing."""
    known = summary.dropna(subset=["mean"])
    if known.empty:
        return ["No trial has finished yet."]
    best, worst = known.loc[known["mean"].idxmax()], known.loc[known["mean"].idxmin()]
    findings = [
        f"Best: {_cell(best[axes])} with {best['mean']:.1f}; worst: {_cell(worst[axes])} with {worst['mean']:.1f}."
    ]
    findings += [f"{name}: {value:.1f}; the best is {best['mean'] - value:+.1f} points from it." for name, value in baselines.items()]
    missing = int((summary["trials"] - summary["finished"]).sum())
    if missing:
        findings.append(f"{missing} of {int(summary['trials'].sum())} trials have no value yet.")
    return findings


def _cell(values: object) -> str:
    return ", ".join(map(str, values)) if isinstance(values, tuple | pd.Series) else str(values)
