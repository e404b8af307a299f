"""The figure of an ablation that leaves out one thing at a time: sorted differences with their intervals and seeds."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from artists import segments_of, x_of, y_of
from invented import METRIC, Values, drawn, report, trials
from matplotlib.axes import Axes

from ablations.api import load_study
from reports.cells.summary import seed_values, summarise
from reports.figures.drawn import draw
from reports.figures.effects import effects_figure
from reports.specs import EffectsReport
from reports.statistics.claims.kinds import read_claims
from reports.statistics.verdicts import judge
from reports.style import MARKERS, house_style

AXIS = "leave_one_out"
SPEC = EffectsReport(axis=AXIS, metric=METRIC)
CELLS: Values = {
    ("nothing",): [43.0, 44.0, 45.0],
    ("flip",): [42.5, 43.0, 44.6],
    ("crop",): [33.0, 34.5, 34.0],
    ("blur",): ["failed", "failed", "failed"],
}
TABLE = trials([AXIS], CELLS)


def dots(ax: Axes, marker: str = "o", small: bool = False) -> list[tuple[list[float], list[float]]]:
    """x and y of the means, or of the seeds, in the order in which they were drawn."""
    lines = [line for line in ax.lines if line.get_marker() == marker and (line.get_markersize() < 3) is small]
    return [(list(x_of(line)), list(y_of(line))) for line in lines]


def test_the_differences_are_sorted_the_largest_loss_first() -> None:
    ax = drawn(SPEC, TABLE, [AXIS], reproduces=None).figure.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["crop", "flip", "blur"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first is at the top
    means = {y[0]: x[0] for x, y in dots(ax)}
    assert means == pytest.approx({0.0: -61 / 6, 1.0: -1.9 / 3})
    assert [text.get_text() for text in ax.texts] == ["failed"]


def test_seeds_are_paired_and_drawn() -> None:
    ax = drawn(SPEC, TABLE, [AXIS], reproduces=None).figure.axes[0]
    seeds = {round(float(np.mean(y))): x for x, y in dots(ax, small=True)}
    assert seeds[0] == pytest.approx([-10.0, -9.5, -11.0])
    assert seeds[1] == pytest.approx([-0.5, -1.0, -0.4])


def test_a_seed_without_a_result_has_no_place_in_the_order_of_seeds() -> None:
    cells: Values = {("nothing",): [43.0, 44.0, 45.0], ("flip",): [42.0, "failed", 44.0]}
    cell = summarise(trials([AXIS], cells), [AXIS], METRIC).to_dict("records")[1]
    assert seed_values(cell) == pytest.approx([42.0, math.nan, 44.0], nan_ok=True)
    ax = drawn(SPEC, trials([AXIS], cells), [AXIS], reproduces=None).figure.axes[0]
    assert dots(ax, small=True)[0][0] == pytest.approx([-1.0, math.nan, -1.0], nan_ok=True)


def test_the_interval_is_that_of_a_verdict_on_the_difference_alone() -> None:
    claim = {"says": "Crop is needed.", "cells": [{AXIS: "nothing"}], "than": [{AXIS: "crop"}]}
    study = report(SPEC, TABLE, [AXIS], reproduces=None)
    (verdict,) = judge(read_claims([claim]), TABLE, [AXIS], METRIC)
    assert verdict.interval is not None
    with house_style():
        ax = draw(study).figure.axes[0]
    crop = next(part for part in segments_of(ax) if part[0, 1] == 0)
    assert sorted(crop[:, 0]) == pytest.approx(sorted(-end for end in verdict.interval))


def test_two_seeds_have_dots_and_no_interval() -> None:
    two = TABLE[TABLE["seed"] < 2]
    result = drawn(SPEC, two, [AXIS], reproduces=None)
    assert segments_of(result.figure.axes[0]) == []
    assert "interval" not in result.caption


def test_another_axis_has_colours_markers_and_a_named_legend() -> None:
    axes = [AXIS, "batch_size"]
    cells: Values = {(*cell, size): seeds for cell, seeds in CELLS.items() for size in ("64", "128")}
    figure = drawn(SPEC, trials(axes, cells), axes, reproduces=None).figure
    first, second = (dots(figure.axes[0], marker) for marker in MARKERS[:2])
    assert len(first) == len(second) == 2
    assert {round(y[0], 3) for _, y in first}.isdisjoint({round(y[0], 3) for _, y in second})  # beside each other
    (legend,) = figure.subfigs[0].legends
    assert legend.get_title().get_text() == "batch_size"
    assert [text.get_text() for text in legend.get_texts()] == ["64", "128"]


def test_a_series_without_a_dot_is_not_in_the_legend() -> None:
    axes = [AXIS, "batch_size"]
    cells: Values = {(what, size): [40.0, 41.0] for what in ("nothing", "flip") for size in ("64", "128")}
    cells |= {(what, "256"): ["failed", "failed"] for what in ("nothing", "flip")}
    figure = drawn(SPEC, trials(axes, cells), axes, reproduces=None).figure
    (legend,) = figure.subfigs[0].legends
    assert [text.get_text() for text in legend.get_texts()] == ["64", "128"]


def test_a_cell_without_a_reference_says_what_it_lacks_and_has_its_value() -> None:
    axes = [AXIS, "batch_size"]
    cells: Values = {(*cell, "64"): seeds for cell, seeds in CELLS.items()} | {("flip", "128"): [41.0, 42.0, 43.0]}
    ax = drawn(SPEC, trials(axes, cells), axes, reproduces=None).figure.axes[0]
    assert {text.get_text() for text in ax.texts} == {"failed", "42.0, nothing to compare with"}


def test_the_papers_differences_are_diamonds(publish: Callable[..., None]) -> None:
    publish([AXIS], [["nothing", 64.5], ["flip", 63.4], ["crop", 40.0]])
    result = drawn(SPEC, TABLE, [AXIS])
    diamonds = {y[0]: x[0] for x, y in dots(result.figure.axes[0], "D", small=True)}
    assert diamonds == {0: pytest.approx(-24.5), 1: pytest.approx(-1.1)}
    assert "Diamonds" in result.caption


def test_the_data_file_is_enough() -> None:
    study = report(SPEC, TABLE, [AXIS], reproduces=None)
    with house_style():
        first = draw(study)
        first.data.to_csv("data.csv", index=False)
        again = effects_figure(study, SPEC, pd.read_csv("data.csv", dtype={AXIS: str}))
    assert dots(again.axes[0]) == dots(first.figure.axes[0])
    assert dots(again.axes[0], small=True) == dots(first.figure.axes[0], small=True)


def test_nothing_at_all_is_drawn() -> None:
    nothing = TABLE.assign(state="waiting").drop(columns=METRIC)
    result = drawn(SPEC, nothing, [AXIS], reproduces=None)
    result.figure.draw_without_rendering()
    assert result.findings == ["No cell has finished yet."]


def test_it_is_the_figure_of_a_study_that_leaves_out_one_thing_at_a_time() -> None:
    Path("mine.yaml").write_text("name: mine\ngrid: {leave_one_out: {flip: {augment.flip: false}}}\n")
    assert load_study("mine.yaml").report == EffectsReport(axis=AXIS, reference="nothing")
