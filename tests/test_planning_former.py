"""Results from before the shipped studies took the released code's settings: told in a plan, kept, and still asked for.

The ids are those that the version before computed for its studies.
"""

from pathlib import Path

import pytest

from ablations.planning.former import CHANGES, changes_of, former_trials
from ablations.planning.grid import enumerate_trials
from ablations.planning.plan import Plan, make_plan
from ablations.planning.review.lint import warnings
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.types.trial import Result

BEFORE = {
    "temperature": ("augment.color_form=torchvision", "cf716f6d37fcc877"),
    "quickstart": ("augment.color_form=torchvision", "d4ff7341bd82f477"),
    "v2_head_depth": ("augment.color_form=torchvision", "5c91690f9ef3958b"),
    "colour_histograms": ("evaluate.color_form=torchvision", "c42148fe9a238034"),
}
"""Settings that studies had, and the id that its first trial had at the scale quick."""


@pytest.mark.parametrize("name", BEFORE)
def test_with_the_setting_of_before_a_study_has_the_ids_of_before(name: str) -> None:
    setting, first = BEFORE[name]
    today, before = enumerate_trials(load_study(name)), enumerate_trials(load_study(name, assignments=[setting]))
    assert before[0].id == first
    assert {trial.id for trial in today}.isdisjoint(trial.id for trial in before)


def plan(store: TrialStore, name: str, *assignments: str) -> Plan:
    return make_plan(load_study(name, assignments=assignments), store, Path("data"))


def done(trial_id: str) -> Result:
    return Result(trial_id, "done", {"linear_eval/top1": 1.0}, 2.0, 3.0, {})


def test_a_plan_says_which_results_are_of_before_why_and_how_to_ask_for_them() -> None:
    store = TrialStore(Path("runs"))
    assert not [note for note in warnings(plan(store, "temperature")) if "before" in note]
    before = plan(store, "temperature", "augment.color_form=torchvision")
    for trial in before.trials[:3]:
        store.save_result(done(trial.id))
    now = plan(store, "temperature")
    assert list(now.former.values()) == [trial.id for trial in before.trials[:3]]
    assert [trial.id for trial in now.trials if trial.id in now.former] == list(now.former)
    (note,) = [note for note in warnings(now) if "before" in note]
    assert note.startswith("this storage has results from before the study changed: ")
    assert (
        "augment.color_form was torchvision, and the paper's results are of the released code's colour jitter" in note
    )
    assert "--set augment.color_form=torchvision is the study with them" in note
    asked = plan(store, "temperature", "augment.color_form=torchvision")
    assert (len(asked.results), asked.former) == (3, {})


def test_nothing_is_told_once_the_trials_have_results_or_the_study_has_both() -> None:
    store = TrialStore(Path("runs"))
    before, now = (plan(store, "temperature", *some) for some in (["augment.color_form=torchvision"], []))
    for trial in (*before.trials, *now.trials):
        store.save_result(done(trial.id))
    assert plan(store, "temperature").former == {}
    for trial in plan(store, "color_form").trials:
        if trial.coordinates.get("augment.color_form") == "torchvision":
            store.save_result(done(trial.id))
    assert plan(store, "color_form").former == {}


def test_at_imagenet_the_initialisation_and_the_crops_changed_too() -> None:
    trial = enumerate_trials(load_study("temperature", "imagenet"))[0]
    changed = {change.path for change in changes_of(trial)}
    assert changed == {change.path for change in CHANGES} - {"evaluate.color_form"}
    assert former_trials([trial], {})[trial.id].id == "a35d5ec0086905ce"
