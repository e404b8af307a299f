"""Baselines stand beside the cells that they are compared with, in every figure and table."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from artists import y_of
from invented import METRIC, drawn, report, trials
from matplotlib.figure import Figure

from reports.cells.names import OUTSIDE
from reports.cells.summary import beside
from reports.figures.drawn import Drawn
from reports.figures.seed_dots import seeds_note
from reports.pages.cell_trials import trials_by_cell
from reports.pages.render import latex_table
from reports.specs import (
    AgainstReport,
    BarsReport,
    EffectsReport,
    HeatmapReport,
    PointsReport,
    Report,
    SizesReport,
    TableReport,
)
from reports.tables.blocks import Row
from reports.tables.text_blocks import text_blocks

AXES = ["points", "labels"]
FEW, MANY = "finetune, labels 0.01 on x", "finetune, labels 0.1 on x"
CELLS = trials(
    AXES,
    {("A", "0.01"): [50.0, 52.0], ("A", "0.1"): [60.0, 62.0], ("B", "0.01"): [55.0, 56.0], ("B", "0.1"): [70.0, 71.0]},
)


def baseline(name: str, values: list[float], scored_by: str) -> pd.DataFrame:
    rows = trials(AXES, {("", ""): list(values)}).assign(baseline=name, scored_by=scored_by)
    return rows.assign(trial_id=[f"{name}{seed}" for seed in rows["seed"]])


TABLE = pd.concat(
    [
        CELLS.assign(scored_by=CELLS["labels"].map({"0.01": FEW, "0.1": MANY}), parameters=CELLS["points"].map(len)),
        baseline("scratch", [40.0, 41.0], FEW),
        baseline("scratch, more", [45.0, 47.0], MANY),
        baseline("pixels", [20.0, 20.0], "frozen on x"),
    ],
    ignore_index=True,
)
TABLE_SPEC = TableReport(rows=["points"], columns="labels", metrics=[METRIC])


@pytest.fixture(scope="module")
def table() -> Drawn:
    """A table with baselines."""
    return drawn(TABLE_SPEC, TABLE, AXES, reproduces=None)


def set_texts(figure: Figure) -> list[str]:
    """The texts of a table, from top to bottom and left to right."""
    texts = sorted(figure.axes[0].texts, key=lambda text: (text.get_position()[1], text.get_position()[0]))
    return [text.get_text() for text in texts if text.get_text()]


def test_a_table_has_baselines_below_a_rule_in_the_columns_that_are_scored_alike(table: Drawn) -> None:
    texts = set_texts(table.figure)
    below = texts.index("scratch")
    assert texts[below : below + 4] == ["scratch", "40.5 ± 0.7", "scratch, more", "46.0 ± 1.4"]
    assert "pixels: 20.0 by frozen on x; no cell is scored so." in texts
    ax = table.figure.axes[0]
    few, more = (next(text for text in ax.texts if text.get_text() == value) for value in ("40.5 ± 0.7", "46.0 ± 1.4"))
    heads = {text.get_text(): text.get_position()[0] for text in ax.texts if text.get_text() in ("0.01", "0.1")}
    assert [few.get_position()[0], more.get_position()[0]] == [heads["0.01"], heads["0.1"]]
    rules = sorted(float(y_of(line)[0]) for line in ax.lines)
    last = next(text.get_position()[1] for text in ax.texts if text.get_text() == "B")
    assert any(last < rule < few.get_position()[1] for rule in rules)


def test_texts_data_and_latex_have_the_baselines_of_the_table(table: Drawn) -> None:
    assert list(table.texts.loc["scratch" + OUTSIDE]) == ["40.5 ± 0.7", ""]
    assert list(table.texts.loc["scratch, more" + OUTSIDE]) == ["", "46.0 ± 1.4"]
    assert "pixels" + OUTSIDE not in table.texts.index
    rows = table.data[table.data["source"] == "baselines"]
    assert rows[["label", "mean", "scored_by"]].to_numpy().tolist() == [
        ["scratch", 40.5, FEW],
        ["scratch, more", 46.0, MANY],
        ["pixels", 20.0, "frozen on x"],
    ]
    tex = latex_table(report(TABLE_SPEC, TABLE, AXES, reproduces=None), table)
    assert "\\midrule\nscratch & 40.5 $\\pm$ 0.7 &  \\\\" in tex
    assert "Below the rule: baselines" in tex
    behind = trials_by_cell(TABLE, table.texts, ["points"], "labels")
    assert [one["trial_id"] for one in behind["scratch" + OUTSIDE, "0.01"]] == ["scratch0", "scratch1"]
    assert ("scratch" + OUTSIDE, "0.1") not in behind


def test_a_cell_whose_name_is_like_that_of_a_baseline_stays_a_cell() -> None:
    names = ["A (baseline)", "B", "A" + OUTSIDE]
    (block,) = text_blocks(pd.DataFrame({"top-1": ["1", "2", "3"]}, index=names), "cell", None, False)
    told = [part.labels[0] if isinstance(part, Row) else part.title for part in block.body]
    assert told == ["A (baseline)", "B", "", "A"]


def test_a_baseline_names_its_scoring_in_a_column_of_several() -> None:
    spec = TableReport(rows=["points", "labels"], metrics=[METRIC])
    texts = drawn(spec, TABLE, AXES, reproduces=None).texts
    assert [name for name in texts.index if name.endswith(OUTSIDE)] == [
        f"scratch, {FEW}{OUTSIDE}",
        f"scratch, more, {MANY}{OUTSIDE}",
    ]


@pytest.mark.parametrize(
    "spec",
    [
        BarsReport(x="points", series="labels"),
        PointsReport(x="points"),
        SizesReport(series="labels"),
        HeatmapReport(rows="points", columns="labels"),
        AgainstReport(axis="labels", x="0.01", y=["0.1"]),
        EffectsReport(axis="points", reference="A"),
    ],
    ids=lambda spec: spec.kind,
)
def test_every_kind_gives_the_numbers_of_baselines(spec: Report) -> None:
    result = drawn(spec, TABLE, AXES, reproduces=None)
    shown = [text for name, row in result.texts.iterrows() if str(name).startswith("scratch") for text in row if text]
    assert shown == ["40.5 ± 0.7", "46.0 ± 1.4"]
    assert result.data[result.data["source"] == "baselines"]["label"].tolist() == ["scratch", "scratch, more", "pixels"]


@pytest.mark.parametrize("panels", [None, "labels"])
def test_baselines_are_lines_across_the_bars_that_are_scored_alike(
    panels: str | None, publish: Callable[..., None]
) -> None:
    publish(AXES, [["A", "0.01", 48.0], ["A", "0.1", 65.0]])
    spec = BarsReport(x="points", panels=panels) if panels else BarsReport(x="points", series="labels")
    result = drawn(spec, TABLE, AXES)
    lines = [
        [float(y_of(line)[0]) for line in ax.lines if not str(line.get_label()).startswith("_")]
        for ax in result.figure.axes
    ]
    assert lines == ([[40.5], [46.0], [], []] if panels else [[40.5, 46.0], []])
    inside = [ax.get_ylim()[0] <= y for ax, ys in zip(result.figure.axes, lines, strict=True) for y in ys]
    assert inside.count(False) == result.caption.count("is below its panel")
    legend = [text.get_text() for text in result.figure.subfigs[0].legends[0].get_texts()]
    assert [text for text in legend if "scratch" in text] == [
        f"scratch, {FEW} (40.5)",
        f"scratch, more, {MANY} (46.0)",
    ]


def test_the_seeds_of_a_baseline_are_no_dots() -> None:
    one = beside(TABLE[(TABLE["seed"] == 0) | (TABLE["baseline"] != "")], None, AXES, [METRIC])
    assert seeds_note(one) == []
    assert seeds_note(beside(TABLE, None, AXES, [METRIC])) != []


def test_a_baseline_far_below_all_bars_is_told() -> None:
    cells = CELLS.assign(scored_by=FEW)
    far: Any = pd.concat([cells, baseline("chance", [0.1], FEW)], ignore_index=True)
    result = drawn(BarsReport(x="points", series="labels"), far, AXES, reproduces=None)
    assert result.figure.axes[0].get_ylim()[0] > 0.1
    assert "The line of chance is below its panel." in result.caption


def test_a_baseline_below_the_bars_does_not_hide_their_differences() -> None:
    cells = CELLS.assign(scored_by=FEW)
    alone = drawn(BarsReport(x="points", series="labels"), cells, AXES, reproduces=None)
    low = cells[METRIC].min() - 2 * (cells[METRIC].max() - cells[METRIC].min())
    both: Any = pd.concat([cells, baseline("chance", [low], FEW)], ignore_index=True)
    beside_it = drawn(BarsReport(x="points", series="labels"), both, AXES, reproduces=None)
    assert beside_it.figure.axes[0].get_ylim() == alone.figure.axes[0].get_ylim()
    assert "The line of chance is below its panel." in beside_it.caption
