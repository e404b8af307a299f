"""Results from before the shipped studies took the released code's settings: told in a plan, kept, and still asked for.

The ids are those that the version before computed for its studies.
"""

import re
from pathlib import Path

import pytest

from ablations.planning.former import former_trials
from ablations.planning.grid import enumerate_trials
from ablations.planning.plan import Plan, make_plan
from ablations.planning.review.lint import warnings
from ablations.store.trial_store import TrialStore
from ablations.study.library import shipped_studies
from ablations.study.load import load_study
from ablations.study.scaled_study import ScaledStudy
from ablations.types.trial import Result

RATE, JITTER = "optimizer.learning_rate=1.0", "augment.color_form=torchvision"
RATE_LINE = "optimizer.learning_rate: 1.0"
BEFORE = {
    "temperature": (JITTER, "cf716f6d37fcc877"),
    "quickstart": (JITTER, "d4ff7341bd82f477"),
    "v2_head_depth": (JITTER, "5c91690f9ef3958b"),
    "colour_histograms": ("evaluate.color_form=torchvision", "c42148fe9a238034"),
}
"""Settings that studies had, and the id that its first trial had at the scale quick."""


@pytest.mark.parametrize("name", BEFORE)
def test_with_the_setting_of_before_a_study_has_the_ids_of_before(name: str) -> None:
    setting, first = BEFORE[name]
    today, before = (enumerate_trials(load_study(name, assignments=some)) for some in ([], [setting, RATE]))
    assert before[0].id == first
    assert {trial.id for trial in today}.isdisjoint(trial.id for trial in before)


def write_former_quick() -> None:
    text = (shipped_studies() / "scales" / "quick.yaml").read_text()
    Path("scales").mkdir(exist_ok=True)
    Path("scales/quick.yaml").write_text(text.replace("learning_rate: 3.0", "learning_rate: 1.0"))


def plan(store: TrialStore, name: str, *assignments: str) -> Plan:
    return make_plan(load_study(name, assignments=assignments), store, Path("data"))


def done(trial_id: str) -> Result:
    return Result(trial_id, "done", {"linear_eval/top1": 1.0}, 2.0, 3.0, {})


def test_a_plan_says_which_results_are_of_before_why_and_how_to_ask_for_them() -> None:
    store = TrialStore(Path("runs"))
    assert not [note for note in warnings(plan(store, "temperature")) if "before" in note]
    before = plan(store, "temperature", JITTER, RATE)
    for trial in before.trials[:3]:
        store.save_result(done(trial.id))
    now = plan(store, "temperature")
    assert [former.trial.id for former in now.former.values()] == [trial.id for trial in before.trials[:3]]
    assert [trial.id for trial in now.trials if trial.id in now.former] == list(now.former)
    (note,) = [note for note in warnings(now) if "before" in note]
    assert note.startswith("this storage has results from before the study or its scale changed: ")
    assert (
        "augment.color_form was torchvision, and the paper's results are of the released code's colour jitter" in note
    )
    assert f"with {RATE_LINE} beside a copy of the study, with --set {JITTER} is the study with them" in note
    asked = plan(store, "temperature", JITTER, RATE)
    assert (len(asked.results), asked.former) == (3, {})


def test_results_of_the_version_before_are_told_too() -> None:
    """They have today's jitter, and the scale's former learning rate."""
    store = TrialStore(Path("runs"))
    before = plan(store, "temperature", RATE)
    store.save_result(done(before.trials[0].id))
    now = plan(store, "temperature")
    assert [former.trial.id for former in now.former.values()] == [before.trials[0].id]
    (note,) = [note for note in warnings(now) if "before" in note]
    assert f"a copy of scales/quick.yaml with {RATE_LINE} beside a copy of the study is the study with them" in note
    assert "color_form" not in note


def test_nothing_is_told_once_the_trials_have_results_or_the_study_has_both() -> None:
    store = TrialStore(Path("runs"))
    before, now = (plan(store, "temperature", *some) for some in ([JITTER, RATE], []))
    for trial in (*before.trials, *now.trials):
        store.save_result(done(trial.id))
    assert plan(store, "temperature").former == {}
    for trial in plan(store, "color_form").trials:
        if trial.baseline or trial.coordinates["augment.color_form"] == "torchvision":
            store.save_result(done(trial.id))
    assert plan(store, "color_form").former == {}


FORMER = {
    ("overview", "quick", "Supervised, 0.125"): "ce380d015558d5e5",
    ("overview", "cifar10", "Supervised, 0.5"): "bcf19441b59d4a2c",
    ("depth_width", "laptop", "Supervised, resnet10, 0.25"): "6ed8d83682721462",
    ("augmentation_grid", "laptop", "rotate, rotate"): "6dd0139d25b04b55",
    ("v2_models", "imagenet", "resnet50, 1, yes, supervised, Supervised"): "1961e01793b58797",
    ("temperature", "imagenet", "yes, 0.05"): "a35d5ec0086905ce",
    ("temperature", "cifar10", "yes, 0.1"): "29a3bf65b6506d01",
    ("color_strength", "cifar10", "SimCLR, 1/8"): "ad3485c2e950ba3b",  # a cell without blur, then and now
    ("color_strength", "cifar10", "SimCLR, 1 (+Blur)"): "7c9bd0a4d2439f9c",
    ("color_strength", "cifar10", "SimCLR, AutoAug"): None,  # as it was
    ("flip_blur", "cifar10", "flip"): "93ea756f9071c8f2",
    ("longer_supervised", "cifar10", "0.5, 100, Crop"): None,
    ("longer_supervised", "cifar10", "0.5, 100, +Color+Blur"): "bcf19441b59d4a2c",
    ("cifar10_temperature", "cifar10", "epochs 50 and 100, 50, 256, 0.1"): "14cd7f4e628d3dc9",  # never had blur
}
"""Study, scale and cell, and the id that the version before computed; None where it is that of today."""


def formerly(study: ScaledStudy) -> dict[str, str]:
    """Former ids of a study's cells that have another id today, by the name of the cell."""
    trials = enumerate_trials(study)
    former = former_trials(study, trials, {})
    return {trial.cell_name: former[trial.id].trial.id for trial in trials if trial.id in former}


@pytest.mark.parametrize(("study", "scale", "cell"), FORMER)
def test_cells_have_their_ids_of_before(study: str, scale: str, cell: str) -> None:
    assert formerly(load_study(study, scale)).get(cell) == FORMER[study, scale, cell]


@pytest.mark.parametrize("scale", ["quick", "cifar10"])
def test_no_two_cells_were_one_trial(scale: str) -> None:
    for name in ("color_strength", "depth_width", "flip_blur", "longer_supervised", "overview"):
        former = formerly(load_study(name, scale))
        assert len(former) == len({*former.values()}) > 0


@pytest.mark.parametrize("scale", ["quick", "cifar10"])
def test_asked_for_as_told_a_study_has_its_supervised_models_of_before(scale: str) -> None:
    (note,) = [note for note in warnings(formerly_done("overview", scale)) if "before" in note]
    assert "supervised models had the augmentation of the other cells" in note
    assert ("augment.blur was true, and the scale cifar10 has no blur, as in appendix B.9" in note) == (
        scale == "cifar10"
    )
    study = shipped_studies() / "overview.yaml"
    _, _, asked = note.partition("; a copy of the file without 'augment' in its points Supervised, with ")
    options = re.findall("--set (\\S+)", asked)
    if scale == "quick":
        assert "a copy of scales/quick.yaml with optimizer.learning_rate: 1.0 beside a copy of the study" in asked
        write_former_quick()
    Path("copy.yaml").write_text(re.sub(r"augment: \{policy: custom.*\]\},?", "", study.read_text()))
    before = enumerate_trials(load_study("copy.yaml", scale, assignments=options))
    assert {trial.id for trial in before} == {*formerly(load_study("overview", scale)).values()}


def formerly_done(name: str, scale: str) -> Plan:
    """The plan of a study whose storage has every result as it was before."""
    scaled, store = load_study(name, scale), TrialStore(Path("runs"))
    for former in formerly(scaled).values():
        store.save_result(done(former))
    return make_plan(scaled, store, Path("data"))


def test_a_trial_of_before_is_named_for_one_cell() -> None:
    Path("mine.yaml").write_text(
        "name: mine\nbase: {augment.color_form: released_v1}\n"
        "grid:\n  augment: {plain: {}, blurred: {blur: true}, blurred as before: {blur: true, strength: 1}}\n"
        "baselines: {before: {augment: {color_form: torchvision, blur: true, strength: 1}}}\n"
    )
    assert set(formerly(load_study("mine.yaml", "cifar10"))) == {"blurred"}
