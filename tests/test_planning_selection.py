"""The best cell, chosen on held-out training images."""

from pathlib import Path

import pytest

from ablations.planning.best import Ranking
from ablations.planning.grid import enumerate_trials
from ablations.study.load import load_study
from ablations.tracking.content.description import describe
from ablations.tracking.content.l2_edge import l2_warning
from ablations.types.errors import StudyError
from ablations.types.trial import Result, Trial
from core.config import Frozen
from helpers import small_study

GRID = "grid: {loss.temperature: [0.1, 0.5]}\n"
SELECT = f"{GRID}select: validation\n"


def trials(rest: str) -> list[Trial]:
    Path("small.yaml").write_text(small_study(rest, epochs=1))
    return enumerate_trials(load_study("small.yaml"))


def test_the_test_score_has_no_part_in_the_choice() -> None:
    planned = trials(SELECT)
    by_test, by_validation = Ranking(planned, "top1"), Ranking(planned, "top1", "validation")
    for trial, top1, held_out in zip(planned, (40.0, 30.0), (70.0, 80.0), strict=True):
        metrics = {"linear_eval/top1": top1, "linear_eval/validation": held_out}
        for ranking in (by_test, by_validation):
            ranking.add(Result(trial.id, "done", metrics, 1.0, 1.0, {}))
    assert str(by_test.best) == "loss.temperature 0.1: top1 40.0"
    assert str(by_validation.best) == "loss.temperature 0.5: top1 30.0; chosen by validation 80.0"


def test_it_changes_no_trial_and_reaches_the_report() -> None:
    assert [trial.id for trial in trials(SELECT)] == [trial.id for trial in trials(GRID)]
    planned = trials(SELECT)
    assert describe(load_study("small.yaml"), planned)["select"] == "validation"


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("grid: {evaluate.protocol: [linear_sgd]}\nselect: validation\n", "has no validation score; take one that has"),
        ("grid: {loss.kind: [cross_entropy]}\nselect: validation\n", "learns the labels of the images that are held"),
        ("grid: {evaluate.holdout: [0.1, 0.2]}\nselect: validation\n", "compared by different images or metrics"),
    ],
)
def test_a_score_that_does_not_compare_the_cells_is_refused(rest: str, message: str) -> None:
    with pytest.raises(StudyError, match=rf"small.yaml:\d+.*{message}"):
        trials(rest)


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (1e-5, "the chosen l2 weight is the smallest of its grid, 1e-05; set evaluate.l2_low below it"),
        (10**-1.0, "the chosen l2 weight is the largest of its grid, 0.1; set evaluate.l2_high above it"),
        (1e-3, ""),
    ],
)
def test_an_l2_weight_at_an_end_of_its_grid_is_a_warning_of_the_trial(chosen: float, told: str) -> None:
    score = Frozen(l2_low=1e-5, l2_high=0.1, l2_count=5)
    assert l2_warning(score, {"linear_eval/l2": chosen}) == told
    assert l2_warning(Frozen(l2_low=1e-5, l2_high=0.1, l2_count=3), {"linear_eval/l2": chosen}) == ""
    assert l2_warning(score, {}) == ""
