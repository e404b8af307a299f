"""Further figures: main effects against numbers worked out by hand, and learning curves on shared axes."""

import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from invented import report, trials
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure

from reports.figures.further.curves import MOST_POINTS, draw_curves
from reports.figures.further.save import save_further
from reports.specs import HeatmapReport, MainEffectsReport
from reports.statistics.main_effects import main_effects
from reports.statistics.page import Judged
from reports.study_report import StudyReport
from reports.style import house_style

AXES = ["shape", "size"]
SHAPES, SIZES = {"round": 4.0, "square": -4.0}, {"1": -3.0, "2": 0.0, "4": 3.0}
NOISE = np.random.default_rng(0).normal(scale=0.3, size=(len(SHAPES) * len(SIZES), 3))
CELLS = [*product(SHAPES, SIZES)]
TABLE = trials(
    AXES,
    {
        (shape, size): [float(50 + SHAPES[shape] + SIZES[size] + one) for one in noise]
        for (shape, size), noise in zip(CELLS, NOISE, strict=True)
    },
)
SPEC = HeatmapReport(rows="shape", columns="size")


def effects(table: pd.DataFrame = TABLE) -> dict[tuple[str, str], tuple[float, float, float]]:
    found = main_effects(Judged([], table, AXES, "top1"))
    return {(one.axis, one.value): (one.effect, one.low, one.high) for one in found}


def test_a_main_effect_is_the_mean_of_a_value_minus_that_of_all() -> None:
    found, grid = effects(), TABLE.assign(size=TABLE["size"])
    assert list(found) == [*(("shape", one) for one in SHAPES), *(("size", one) for one in SIZES)]
    for (axis, value), (effect, low, high) in found.items():
        assert effect == pytest.approx(grid.loc[grid[axis] == value, "top1"].mean() - grid["top1"].mean())
        assert low < effect < high
        assert (low + high) / 2 == pytest.approx(effect)
    assert abs(found["shape", "round"][0] - 4) < 0.5


def test_seeds_are_paired() -> None:
    shifted = TABLE.assign(top1=TABLE["top1"] + 20 * TABLE["seed"])
    assert effects(shifted)["size", "4"] == pytest.approx(effects()["size", "4"])


def test_cells_that_are_missing_for_a_value_are_left_out_of_its_axis() -> None:
    part = TABLE[~((TABLE["shape"] == "square") & (TABLE["size"] == "4"))]
    kept = TABLE[TABLE["size"] != "4"]
    expected = kept.loc[kept["shape"] == "round", "top1"].mean() - kept["top1"].mean()
    assert effects(part)["shape", "round"][0] == pytest.approx(expected)


def test_no_interval_below_three_seeds_and_no_effect_of_cells_that_are_scored_differently() -> None:
    assert all(math.isnan(low) for _, low, _ in effects(TABLE[TABLE["seed"] < 2]).values())
    assert effects(TABLE.assign(scored_by=TABLE["shape"])) == {}


def of_curves(table: pd.DataFrame, epochs: int, **changes: np.ndarray) -> StudyReport:
    loss = np.linspace(4.0, 1.0, epochs)
    curves = {trial_id: {"loss": loss, **changes} for trial_id in table["trial_id"]}
    return report(SPEC, table, AXES, curves=curves)


def lines(figure: Figure) -> list[LineCollection]:
    return [one for ax in figure.axes for one in ax.collections if isinstance(one, LineCollection)]


def test_each_training_has_a_line_in_the_box_of_its_cell() -> None:
    with house_style():
        figure = draw_curves(of_curves(TABLE, 500, knn_top1=np.array([math.nan, 20.0, 40.0])))
    assert figure
    titles = [ax.get_title("left") for ax in figure.axes]
    assert titles == ["loss: 1 to 3.97", "online nearest neighbours, top-1 (%):\n20 to 40"]  # not into the next panel's
    loss, knn = lines(figure)
    paths = [np.asarray(path.vertices) for path in loss.get_paths()]
    assert [tuple(map(math.floor, path[0])) for path in paths] == [
        (column, row) for row in range(2) for column in range(3) for _ in range(3)
    ]
    assert all(len(path) == MOST_POINTS for path in paths)
    assert all((np.diff(path[:, 1]) >= 0).all() for path in paths)  # downwards: rows are counted from above
    assert np.shape(knn.get_paths()[0].vertices) == (2, 2)


def test_places_outside_of_the_grid_are_white() -> None:
    grid = TABLE[~((TABLE["shape"] == "square") & (TABLE["size"] == "4"))]
    with house_style():
        figure = draw_curves(of_curves(grid, 3))
    assert figure
    (grounds,) = [one for one in figure.axes[0].collections if isinstance(one, PatchCollection)]
    assert len(grounds.get_paths()) == len(CELLS) - 1


def test_nothing_is_drawn_of_single_epochs_and_files_of_before_are_removed() -> None:
    with house_style():
        assert [one.name for one in save_further(of_curves(TABLE, 3), Path())] == ["main_effects", "curves"]
        files = [Path(f"{name}.{suffix}") for name in ("curves", "main_effects") for suffix in ("png", "svg")]
        assert all(file.exists() for file in files)
        single = of_curves(TABLE, 1)
        assert draw_curves(single) is None
        assert save_further(replace(single, spec=MainEffectsReport()), Path()) == []
    assert not any(file.exists() for file in files)
