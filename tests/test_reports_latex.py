"""LaTeX: that a compiler can read it whatever the names are, and that what it sets fits the columns of a paper."""

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented import METRIC, Values, drawn, report, trials

from ablations.planning.grid import enumerate_trials
from ablations.study.load import load_study
from helpers import shipped
from reports.figures.drawn import draw
from reports.pages.render import latex_table
from reports.specs import HeatmapReport, Report, TableReport
from reports.study_report import StudyReport
from reports.style import house_style
from reports.tables.latex import latex
from reports.tables.latex_text import COMMANDS, GREEK, MATH, escaped
from reports.tables.text_blocks import text_blocks

NAMES = {name: character for character, name in (COMMANDS | GREEK | MATH).items()}
SPECIAL = "&%$#_{}"
SAMPLES = [*SPECIAL, *COMMANDS, *GREEK, *MATH, *"-'`,?![*"]
PRINTED = st.text(
    st.one_of(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), st.sampled_from(SAMPLES)), max_size=12
)
ANY = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from(SAMPLES)), max_size=12)
AXES = ["points", "augment"]


def read(tex: str) -> str:
    """The text that LaTeX would set: a command or an escaped character at a time, and nothing that is special stands
    bare."""
    tokens = r"\\([&%$#_{}])|\\(\w+)\{\}|\$\\(\w+)\$|(\$-\$)|(\{\})|(~)|([^&%$#_{}~^\\<>|])"
    text, place = "", 0
    while place < len(tex):
        found = re.compile(tokens, re.DOTALL).match(tex, place)
        assert found, f"bare: {tex[place:]}"
        special, command, math, minus, nothing, space, plain = found.groups()
        text += special or ("√" if math == "surd" else "")
        text += NAMES[command] if command else NAMES.get(math, "") if math else ""
        text += "−" if minus else "" if nothing else "\u00a0" if space else plain or ""
        place = found.end()
    return text


@settings(deadline=None)
@given(ANY)
def test_a_reader_gets_every_text_back(text: str) -> None:
    tex = escaped(text)
    assert read(tex) == "".join(" " if unicodedata.category(one) == "Cc" else one for one in text)
    assert not tex.startswith(("[", "*"))
    assert not re.search(r"--|``|''|,,|[?!]`", tex)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(PRINTED, min_size=3, max_size=3), min_size=1, max_size=3), PRINTED, ANY, st.booleans())
def test_a_table_is_well_formed_whatever_is_in_it(
    cells: list[list[str]], corner: str, caption: str, bold: bool
) -> None:
    """Columns that add up, braces and environments that are closed."""
    texts = pd.DataFrame(cells, columns=["a", "_", "%"])
    marks = pd.DataFrame(bold, texts.index, texts.columns)
    tex = latex(partial(text_blocks, texts, corner, marks), caption)
    body = re.search(r"\\toprule\n(.*)\\bottomrule", tex, re.DOTALL)
    assert body
    rows = [line for line in body[1].splitlines() if line not in (r"\midrule", r"\addlinespace")]
    assert len(rows) >= len(cells) + 1
    for row in rows:
        assert row.endswith(r" \\")
        assert len(re.findall(r"(?<!\\)&", row)) == len(texts.columns)
    bare = re.sub(r"\\[\\&%$#_{}]", "", tex)
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    assert bare.count("$") % 2 == 0
    assert "%" not in bare.split("\n", 1)[1]  # but for the comment of the first line
    begun, ended = re.findall(r"\\begin\{(\w+\*?)\}", tex), re.findall(r"\\end\{(\w+\*?)\}", tex)
    assert begun == ended[::-1]
    assert begun[1:] == ["tabular"]


def tex_of(spec: Report, cells: Values) -> str:
    table = trials(AXES, cells)
    return latex_table(report(spec, table, AXES), drawn(spec, table, AXES))


def test_a_table_of_axes_is_set_as_its_figure_is(publish: Callable[..., None]) -> None:
    publish(AXES, [["SimCLR", "1", 63.2], ["SimCLR", "2", 70.1], ["Other", "1", 50.0]])
    spec = TableReport(rows=["points"], columns="augment", metrics=[METRIC], best="row", labels={"augment": "Strength"})
    tex = tex_of(
        spec, {("SimCLR", "1"): [64.0, 64.4, 64.2], ("SimCLR", "2"): [59.0, 61.0, 60.0], ("Both", "2"): ["waiting"]}
    )
    expected = r"""
\caption{A title (quick scale): top-1 (\%). $\pm$: standard deviation over seeds. Grey: the paper's.}
\smallskip
\begin{tabular}{@{}lrr@{}}
\toprule
& \multicolumn{2}{c}{Strength} \\
\cmidrule(lr){2-3}
setting & 1 & 2 \\
\midrule
SimCLR & \textbf{64.2 $\pm$ 0.2} & 60.0 $\pm$ 1.0 \\
 & \textcolor{black!60}{63.2} & \textcolor{black!60}{70.1} \\
\addlinespace
Both &  & \ldots{} \\
\midrule
\multicolumn{3}{@{}l}{\textit{Table 0 of the paper, read from figure}} \\
\textcolor{black!60}{Other} & \textcolor{black!60}{50.0} &  \\
\bottomrule
\end{tabular}
\end{table}
"""
    assert tex.endswith(expected)


def test_the_papers_rows_have_a_table_of_their_own_where_their_columns_are_others() -> None:
    texts = pd.DataFrame(
        [["-1.0", "2.0 ± 0.1", ""], ["", "3.0", "4.0"]], index=["a", "b (published)"], columns=["x", "y", "z"]
    )
    tex = latex(partial(text_blocks, texts, "", None), "c.")
    first, second = re.findall(r"\\toprule\n(.*?)\\bottomrule", tex, re.DOTALL)
    assert first == " & x & y \\\\\n\\midrule\na & $-$1.0 & 2.0 $\\pm$ 0.1 \\\\\n"
    assert " & y & z \\\\\n" in second
    assert r"\textcolor{black!60}{b} & \textcolor{black!60}{3.0} & \textcolor{black!60}{4.0}" in second


@pytest.mark.parametrize(
    ("columns", "environment", "stacked"),
    [(3, "table", False), (4, "table", True), (7, "table*", False), (10, "table*", True)],
)
def test_a_wide_table_is_narrowed_and_then_set_over_both_columns(columns: int, environment: str, stacked: bool) -> None:
    cells: Values = {("crop", f"data{number}"): [60.0, 61.0] for number in range(columns)}
    tex = tex_of(HeatmapReport(rows="points", columns="augment", metric=METRIC), cells)
    assert f"\\begin{{{environment}}}" in tex
    assert ("60.5 $\\pm$ 0.7" in tex) is not stacked


def invented_table(path: Path, scale: str) -> str:
    """LaTeX table of invented results: two seeds of every cell of a shipped study."""
    scaled, random = load_study(str(path), scale, seeds=2), np.random.default_rng(0)
    metrics = {*getattr(scaled.report, "metrics", []), scaled.report.metric}
    rows = []
    for trial in enumerate_trials(scaled):
        values = {axis: str(trial.coordinates.get(axis, "")) for axis in scaled.axis_names}
        known = {"name": trial.name, "trial_id": trial.id, "seed": trial.seed, "baseline": trial.baseline or ""}
        scores = dict(zip(sorted(metrics), random.uniform(-1, 99, len(metrics)), strict=True))
        rows.append(known | values | scores | {"state": "done", "error": "", "parameters": 1.0})
    study = scaled.study
    table, axes = pd.DataFrame(rows), scaled.axis_names
    told = StudyReport(study.name, study.title, scaled.report, table, axes, reproduces=study.reproduces, scale=scale)
    return latex_table(told, draw(told))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
def test_every_studys_table_compiles_and_fits() -> None:
    with house_style():
        tables = [invented_table(path, scale) for path in shipped() for scale in ("quick", "imagenet")]
    letters = " ".join(map(escaped, [*SPECIAL, *COMMANDS, *GREEK, *MATH, "−√–\u00a0", "äéßøŁőš¿×²³µ·--``,,?`"]))
    head = r"\documentclass[twocolumn]{article}\usepackage[T1]{fontenc}\usepackage{booktabs,graphicx,xcolor}"
    paper = r"\usepackage[letterpaper,textwidth=487pt,columnsep=18pt]{geometry}"
    Path("all.tex").write_text(
        f"{head}{paper}\\begin{{document}}{letters}\n" + "\\clearpage\n".join(tables) + "\\end{document}\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout
    assert "LaTeX Warning: Float too large" not in done.stdout
