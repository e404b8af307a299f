"""Study files of an earlier version, with a setting under the name that it had: they load, with the ids they had."""

from pathlib import Path

import pytest

from ablations.planning.configuration.resolved import Resolver
from ablations.planning.grid import enumerate_trials
from ablations.study.load import load_study
from ablations.types.errors import StudyError

BASE = "name: old\nbase: {data: {name: shapes, image_size: 32}, epochs: 20, optimizer.learning_rate: 1.0%s}\n"


def ids(rest: str, base: str = "", assignments: tuple[str, ...] = ()) -> dict[str, str]:
    """Ids by cell, of version 0.1's names or of today's."""
    Path("old.yaml").write_text(BASE % base + rest)
    return {trial.cell_name: trial.id for trial in enumerate_trials(load_study("old.yaml", assignments=assignments))}


OLD = {
    "grid: {loss.temperature: [0.1, 0.5]}": {"0.1": "0aa67ebb58d0f0a5", "0.5": "47cf115f18fc70ab"},
    "grid: {augment.brightness_form: [multiplicative, additive]}": {
        "multiplicative": "51324e6fc2d639bb",
        "additive": "5f8c6ae1002dae20",
    },
    "grid: {augment: {own: {policy: custom, both: [crop, {kind: jitter, brightness_form: additive}]}}}": {
        "own": "3ef83295f143bf12"
    },
}
"""Ids as the version before computed them."""


@pytest.mark.parametrize("grid", OLD)
def test_an_old_study_file_keeps_its_ids(grid: str) -> None:
    base = ", augment: {brightness_form: additive}" if "temperature" in grid else ""
    assert ids(grid, base) == OLD[grid]


def test_it_is_the_same_as_under_todays_name() -> None:
    grid = "grid: {loss.temperature: [0.1, 0.5]}"
    assert ids(grid, ", augment.color_form: additive") == ids(grid, ", augment.brightness_form: additive")
    assert ids(grid, assignments=("augment.brightness_form=additive",)) == ids(grid, ", augment.color_form: additive")
    axes = ("color_form: [torchvision, additive]", "brightness_form: [multiplicative, additive]")
    today, older = (list(ids(f"grid: {{augment.{axis}}}").values()) for axis in axes)
    assert today == older


def test_what_is_laid_over_it_wins_under_either_name() -> None:
    grid = "grid: {loss.temperature: [0.1, 0.5]}"
    released = ids(grid, ", augment.color_form: released_v1")
    assert ids(grid, ", augment.brightness_form: additive", ("augment.color_form=released_v1",)) == released
    additive = ids(grid, ", augment.color_form: additive")
    assert ids(grid, ", augment.color_form: released_v1", ("augment.brightness_form=additive",)) == additive


def test_it_is_shown_under_todays_name_with_its_place() -> None:
    ids("grid: {loss.temperature: [0.1, 0.5]}", ", augment.brightness_form: additive")
    scaled = load_study("old.yaml")
    shown = {one.path: one for one in Resolver(scaled).settings(enumerate_trials(scaled)[0])}
    form = shown["augment.color_form"]
    assert (form.value, form.origin, "old.yaml:2" in form.place) == ("additive", "study", True)
    assert "augment.brightness_form" not in shown


def test_an_unknown_value_is_named_with_its_place() -> None:
    with pytest.raises(StudyError, match=r"old.yaml:2:\d+: .*'subtractive' is not known; .*released_v1"):
        ids("grid: {loss.temperature: [0.1, 0.5]}", ", augment.brightness_form: subtractive")
