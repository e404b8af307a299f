"""Reports: numbers a reader can check by hand, files that are whole, pictures that say what is missing."""

import json
import math
import re
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.patches import Polygon

from reports.cells.baselines import Baseline
from reports.cells.matrix import by_cell, rank_correlation, to_matrix
from reports.cells.summary import summarise
from reports.figures.drawn import draw
from reports.figures.findings import heatmap_findings
from reports.pages.render import render
from reports.paper.catalog import PAPER
from reports.paper.numbers import PaperMatrix, paper_numbers
from reports.specs import HeatmapReport, PointsReport, Report
from reports.study_report import StudyReport
from reports.style import house_style
from reports.tables.latex import latex
from reports.tables.markdown import markdown
from reports.tables.text_blocks import text_blocks
from reports.tables.texts import formatted, tidy

AXES = [ROWS, COLUMNS] = ["augment.first", "augment.second"]
METRIC = "top1"
HEATMAP = HeatmapReport(rows=AXES[0], columns=AXES[1], row_label="1st", column_label="2nd")


def table(values: dict[tuple[str, str], list[float | str]]) -> pd.DataFrame:
    """A cell's values are its seeds: a number, or the state of a trial without one."""
    rows = []
    for (first, second), seeds in values.items():
        for seed, value in enumerate(seeds):
            done = isinstance(value, float)
            rows.append(
                {
                    "trial_id": f"{first}{second}{seed}",
                    "name": f"{first}, {second}, seed {seed}",
                    "seed": seed,
                    "baseline": "",
                    "augment.first": first,
                    "augment.second": second,
                    "state": "done" if done else value,
                    "error": "it <broke> & failed" if value == "failed" else "",
                    METRIC: value if done else math.nan,
                }
            )
    rows.append(
        rows[0]
        | {
            "baseline": "random",
            "augment.first": math.nan,
            "augment.second": math.nan,
            METRIC: 10.0,
            "state": "done",
            "name": "random, seed 0",
        }
    )
    return pd.DataFrame(rows)


def figure_5() -> PaperMatrix:
    numbers = paper_numbers("figure_5")
    assert numbers
    matrix = numbers.matrix(ROWS, COLUMNS, METRIC)
    assert matrix
    return matrix


TWO_SEEDS = table(
    {
        ("crop", "crop"): [30.0, 34.0],
        ("crop", "color"): [50.0, 56.0],
        ("color", "crop"): [52.0, "failed"],
        ("color", "color"): ["failed", "waiting"],
    }
)


NOTHING = TWO_SEEDS.assign(state="waiting").drop(columns=METRIC)


def report(rows: pd.DataFrame, **changes: object) -> StudyReport:
    values = {
        "name": "small",
        "title": "A <title> & more",
        "spec": HEATMAP,
        "table": rows,
        "axes": AXES,
        "reproduces": "figure_5",
        "scale": "quick",
    }
    return StudyReport(**(values | changes))  # type: ignore[arg-type]


def test_matrix_by_hand() -> None:
    matrix = to_matrix(TWO_SEEDS, ROWS, COLUMNS, METRIC)
    assert list(matrix.mean.loc["crop"]) == [32.0, 53.0]
    assert list(matrix.spread.loc["crop"]) == pytest.approx([math.sqrt(8), math.sqrt(18)])
    assert matrix.count.to_numpy().tolist() == [[2, 2], [1, 0]]
    assert matrix.state.to_numpy().tolist() == [["done", "done"], ["done", "failed"]]
    assert matrix.row_average["crop"] == 42.5
    assert math.isnan(matrix.row_average["color"])
    assert matrix.spread.isna().loc["color", "crop"]
    assert (matrix.seeds, matrix.seeds_text) == (2, "0 to 2 seeds")


def test_further_axes_are_averaged_within_a_seed() -> None:
    """Values that differ along a third axis are no spread over seeds."""
    rows = [
        {"a": "x", "b": "y", "c": c, "seed": seed, "baseline": "", "state": "done", METRIC: value}
        for c, seed, value in (("low", 0, 10.0), ("high", 0, 90.0), ("low", 1, 12.0), ("high", 1, 92.0))
    ]
    matrix = to_matrix(pd.DataFrame(rows), "a", "b", METRIC)
    assert matrix.mean.loc["x", "y"] == 51.0
    assert matrix.spread.loc["x", "y"] == pytest.approx(math.sqrt(2))
    assert matrix.seeds_text == "2 seeds"


def test_a_study_without_any_result_is_a_matrix_of_nothing() -> None:
    nothing = TWO_SEEDS[TWO_SEEDS["baseline"] == ""].assign(state="waiting").drop(columns=METRIC)
    matrix = to_matrix(nothing, ROWS, COLUMNS, METRIC)
    assert matrix.mean.isna().all(axis=None)
    assert (matrix.state == "waiting").all(axis=None)
    assert heatmap_findings(matrix, METRIC, None, []) == ["No cell has finished yet."]


def test_rank_correlation_by_hand() -> None:
    a = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]])
    assert rank_correlation(a, a * 10 + 3) == pytest.approx((1, 4))
    assert rank_correlation(a, -a) == pytest.approx((-1, 4))
    # ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * 4 / (4 * 15)
    assert rank_correlation(a, pd.DataFrame([[20.0, 10.0], [40.0, 30.0]]))[0] == pytest.approx(0.6)
    # ties share their mean rank: 1 2 3 4 against 1.5 1.5 3.5 3.5
    assert rank_correlation(a, pd.DataFrame([[5.0, 5.0], [7.0, 7.0]]))[0] == pytest.approx(2 / math.sqrt(5))
    assert math.isnan(rank_correlation(a.iloc[:1], a.iloc[:1])[0])


def test_figure_5_is_the_papers() -> None:
    paper = figure_5()
    assert paper.values.shape == (7, 7)
    assert paper.values.loc["crop", "color"] == 56.3
    assert paper.values.loc["color", "crop"] == 55.8
    assert paper.row_average is not None
    computed = paper.values.mean(axis=1)
    assert (computed - paper.row_average).abs().max() < 0.06
    assert paper.row_average["noise"] == 15.5  # as printed, though the printed cells' mean is 15.557


def test_every_number_of_the_paper_is_sourced() -> None:
    for path in PAPER.glob("*.json"):
        data = json.loads(path.read_text())
        assert "arXiv" in data["source"] or "model zoo" in data["source"]
        assert data["published_as"] in ("printed", "read from figure", "printed or released", "released")


def test_a_part_of_the_papers_table_has_no_average() -> None:
    paper = figure_5()
    part = paper.only(pd.DataFrame(0.0, index=["color", "crop"], columns=["crop"]))
    assert part is not None
    assert part.values["crop"].tolist() == [55.8, 33.1]
    assert part.row_average is None
    assert paper.only(pd.DataFrame(0.0, index=["other"], columns=["crop"])) is None


def test_tables_show_mean_spread_and_what_is_missing() -> None:
    matrix = to_matrix(TWO_SEEDS, ROWS, COLUMNS, METRIC)
    texts = formatted(matrix)
    assert texts.to_numpy().tolist() == [["32.0 ± 2.8", "53.0 ± 4.2", "42.5"], ["52.0", "failed", ""]]
    assert markdown(texts, "1st / 2nd").splitlines()[2] == "| crop | 32.0 ± 2.8 | 53.0 ± 4.2 | 42.5 |"
    tex = latex(partial(text_blocks, texts, "a_b", None), "100 % & more.")
    assert r"a\_b & crop & color & average \\" in tex
    assert r"crop & 32.0 $\pm$ 2.8 & 53.0 $\pm$ 4.2 & 42.5 \\" in tex
    assert r"\caption{100 \% \& more. $\pm$: standard deviation over seeds.}" in tex
    data = tidy(matrix, figure_5(), *AXES)
    assert data.columns.tolist() == [*AXES, "mean", "spread", "seeds", "state", "stopped_at", "paper", "source"]
    assert data["paper"].tolist() == [33.1, 56.3, 55.8, 18.8]


def test_cells_by_hand() -> None:
    cells = summarise(TWO_SEEDS, AXES, METRIC)
    assert cells["mean"].tolist()[:3] == [32.0, 53.0, 52.0]
    assert cells["spread"].tolist()[:2] == pytest.approx([math.sqrt(8), math.sqrt(18)])
    assert cells["seeds"].tolist() == [2, 2, 1, 0]
    assert cells["state"].tolist() == ["done", "done", "done", "failed"]


def test_findings_name_the_best_cell_the_baseline_and_the_gaps() -> None:
    matrix = to_matrix(TWO_SEEDS, ROWS, COLUMNS, METRIC)
    paper = figure_5()
    found = heatmap_findings(matrix, METRIC, paper.only(matrix.mean), [Baseline("random", 10.0)])
    assert found[0] == "Best cell: crop, color with 53.0; worst: crop, crop with 32.0; 21.0 points apart."
    assert "random: 10.0; the best cell is +43.0 points" in found[1]
    assert "rank correlation (Spearman) of 1.00" in found[2]
    assert found[3] == "1 of 4 cells has no value yet (1 failed)."
    of_entropy = heatmap_findings(matrix, "pretrain/entropy", None, [Baseline("random", 10.0)])
    assert of_entropy[:2] == [
        "Highest cell: crop, color with 53.0; lowest: crop, crop with 32.0; 21.0 nats apart.",
        "random: 10.0; the highest cell is +43.0 nats from it.",
    ]


@pytest.mark.parametrize(
    ("spec", "reproduces", "rows"),
    [
        (HEATMAP, "figure_5", TWO_SEEDS),
        (HEATMAP, "figure_5", NOTHING),
        (HEATMAP, "figure_99", TWO_SEEDS),
        (HEATMAP, None, NOTHING),
        (PointsReport(x=AXES[0]), "figure_5", TWO_SEEDS),
        (HEATMAP, "figure_5", TWO_SEEDS.drop(columns=METRIC)),
    ],
    ids=["half", "nothing", "no such figure", "nothing at all", "points", "no such metric"],
)
def test_every_report_is_whole(spec: Report, reproduces: str | None, rows: pd.DataFrame) -> None:
    page = render(report(rows, spec=spec, reproduces=reproduces), Path("out"))
    assert Path("out/figure.png").read_bytes().startswith(b"\x89PNG")
    assert Path("out/figure.pdf").read_bytes().startswith(b"%PDF")
    assert "<text" in Path("out/figure.svg").read_text()
    html = page.read_text()
    assert html.count("<svg") == 1
    assert "A &lt;title&gt; &amp; more" in html
    assert "<title>A &lt;title" in html
    assert not re.search(r"(src|href)=[\"']http", html.replace('xlink:href="#', "").replace("http://www.w3.org", ""))


def test_text_from_a_result_cannot_break_the_page() -> None:
    assert "it &lt;broke&gt; &amp; failed" in render(report(TWO_SEEDS), Path("out")).read_text()


def test_cells_by_name() -> None:
    assert by_cell(pd.DataFrame({"b": {"a": 1.0, "c": math.nan}})) == {("a", "b"): 1.0}


def test_both_heatmaps_have_colours_of_one_scale_and_cells_below_the_baseline_are_marked() -> None:
    """Else 28 to 43 here and 2.6 to 56 in the paper have the same colours, and nobody sees which cells hurt."""
    cells = {
        (a, b): [20.0 + 3 * i + j] for i, a in enumerate(("crop", "color")) for j, b in enumerate(("crop", "color"))
    }
    rows = table({cell: [*values] for cell, values in cells.items()})
    rows.loc[rows["baseline"] == "random", METRIC] = 21.5
    with house_style():
        drawn = draw(report(rows))
    ours, theirs = drawn.figure.axes[:2]
    limits = [ax.collections[0].get_clim() for ax in (ours, theirs)]
    assert limits[0] == limits[1]
    assert max(map(abs, limits[0])) < 4
    assert sum(isinstance(patch, Polygon) for patch in ours.patches) == 2
    assert "Triangles: below random (21.5)." in drawn.caption
