"""The numbers of a matrix as Markdown, LaTeX and CSV."""

import math

import pandas as pd

from reports.matrix import Matrix, why_empty
from reports.paper import PaperMatrix

AVERAGE = "average"
LATEX_SPECIAL = str.maketrans({c: rf"\{c}" for c in "&%$#_{}"} | {"±": r"$\pm$", "~": r"\textasciitilde{}"})


def formatted(matrix: Matrix) -> pd.DataFrame:
    """Cells as text: ``56.3``, ``56.3 ± 0.4`` over several seeds, ``failed``, ``stopped at epoch 10``, or nothing."""
    means, spreads = matrix.mean.to_numpy(dtype=float), matrix.spread.to_numpy(dtype=float)
    notes = why_empty(matrix).to_numpy()
    cells = [
        [_cell(mean, spread, note) for mean, spread, note in zip(*row, strict=True)]
        for row in zip(means.tolist(), spreads.tolist(), notes.tolist(), strict=True)
    ]
    texts = pd.DataFrame(cells, index=matrix.mean.index, columns=matrix.mean.columns)
    return texts.assign(**{AVERAGE: [_cell(value, math.nan, "") for value in matrix.row_average.tolist()]})


def _cell(mean: float, spread: float, empty: str) -> str:
    if math.isnan(mean):
        return empty
    return f"{mean:.1f}" if math.isnan(spread) else f"{mean:.1f} ± {spread:.1f}"


def markdown(texts: pd.DataFrame, corner: str) -> str:
    """A pipe table whose first column are the row names, under the heading ``corner``."""
    header = [corner, *map(str, texts.columns)]
    lines = [header, ["---", *["---:"] * len(texts.columns)]]
    lines += [[str(row), *texts.loc[row]] for row in texts.index]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def latex(texts: pd.DataFrame, corner: str, caption: str) -> str:
    """A booktabs table, to be ``\\input``."""
    header = " & ".join(map(_escape, [corner, *texts.columns]))
    body = "\n".join(" & ".join(map(_escape, [row, *texts.loc[row]])) + r" \\" for row in texts.index)
    return (
        "% needs \\usepackage{booktabs}\n"
        "\\begin{table}\n\\centering\n"
        f"\\caption{{{_escape(caption)}}}\n"
        f"\\begin{{tabular}}{{l{'r' * len(texts.columns)}}}\n\\toprule\n"
        f"{header} \\\\\n\\midrule\n{body}\n\\bottomrule\n\\end{{tabular}}\n\\end{{table}}\n"
    )


def _escape(text: object) -> str:
    return str(text).replace("\\", r"\textbackslash ").translate(LATEX_SPECIAL)


def tidy(matrix: Matrix, paper: PaperMatrix | None, rows: str, columns: str) -> pd.DataFrame:
    """One row a cell, enough to draw the figure again."""
    parts = {"mean": matrix.mean, "spread": matrix.spread, "seeds": matrix.count, "state": matrix.state}
    if paper is not None:
        parts["paper"] = paper.values.reindex(index=matrix.mean.index, columns=matrix.mean.columns)
    stacked = {name: part.stack(future_stack=True) for name, part in parts.items()}
    return pd.DataFrame(stacked).rename_axis([rows, columns]).reset_index()
