"""The numbers of a matrix as Markdown, LaTeX and CSV."""

import math

import pandas as pd

from reports.matrix import Matrix
from reports.paper import PaperMatrix

AVERAGE = "average"
LATEX_SPECIAL = str.maketrans({c: rf"\{c}" for c in "&%$#_{}"} | {"±": r"$\pm$", "~": r"\textasciitilde{}"})


def formatted(matrix: Matrix) -> pd.DataFrame:
    """Cells as text: ``56.3``, ``56.3 ± 0.4`` over several seeds, ``failed``, or nothing."""
    texts = pd.DataFrame("", index=matrix.mean.index, columns=matrix.mean.columns)
    for row in texts.index:
        for column in texts.columns:
            texts.loc[row, column] = _cell(matrix, row, column)
    return texts.assign(**{AVERAGE: ["" if math.isnan(v) else f"{v:.1f}" for v in matrix.row_average]})


def _cell(matrix: Matrix, row: object, column: object) -> str:
    mean, spread = matrix.mean.loc[row, column], matrix.spread.loc[row, column]
    if math.isnan(mean):
        return "failed" if matrix.state.loc[row, column] == "failed" else ""
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
    records = [
        {
            rows: row,
            columns: column,
            "mean": matrix.mean.loc[row, column],
            "spread": matrix.spread.loc[row, column],
            "seeds": matrix.count.loc[row, column],
            "state": matrix.state.loc[row, column],
            "paper": _published(paper, row, column),
        }
        for row in matrix.mean.index
        for column in matrix.mean.columns
    ]
    return pd.DataFrame(records)


def _published(paper: PaperMatrix | None, row: object, column: object) -> float:
    known = paper is not None and row in paper.values.index and column in paper.values.columns
    return float(paper.values.loc[row, column]) if paper is not None and known else math.nan
