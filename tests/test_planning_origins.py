"""A plan names the finished trials and the studies that they come from."""

from pathlib import Path

import pytest

from ablations.cli.tables import states_lines, study_heading
from ablations.planning.cost.estimate import estimate
from ablations.planning.origins import origins, unvaried_text
from ablations.planning.plan import Plan, make_plan
from ablations.planning.review.lint import warnings
from ablations.store.speeds import Hardware, training_speed
from ablations.store.trial_store import COMPUTED_FOR, TrialStore
from ablations.study.load import load_study
from ablations.types.trial import Result
from helpers import small_study

GRID = "grid: {loss.temperature: [0.1, 0.2, 0.3, 0.4, 0.5]}\n"


@pytest.fixture
def store() -> TrialStore:
    return TrialStore(Path("runs"))


def plan(store: TrialStore, name: str = "small") -> Plan:
    Path("study.yaml").write_text(small_study(GRID, epochs=2, name=name))
    return make_plan(load_study("study.yaml"), store, Path("data"))


def test_what_is_done_is_told_by_its_studies(store: TrialStore) -> None:
    made = plan(store)
    assert origins(made) == ""
    for trial, study in zip(made.trials, ("color", "color", "small", None), strict=False):
        store.save_result(Result(trial.id, "done", {}, 1.0, 0.0, {COMPUTED_FOR: study} if study else {}))
    assert origins(plan(store)) == "4 of 5 trials are done: 2 by color, 1 by this study, 1 from before"
    assert origins(plan(store, "color")) == "4 of 5 trials are done: 2 by this study, 1 by small, 1 from before"
    store.save_result(Result(made.trials[0].id, "failed", {}, 1.0, 0.0, {COMPUTED_FOR: "color"}))
    assert study_heading(plan(store)).endswith("3 of 5 trials are done: 1 by color, 1 by this study, 1 from before")


def test_an_encoder_that_is_there_costs_only_its_evaluation(store: TrialStore) -> None:
    made = plan(store)
    speeds = [training_speed(made.trials[0].config.pretrain, Hardware("a laptop", 2**33, 1), 2.0)]
    before = estimate(made, speeds)
    for trial in made.trials[:2]:
        store.record(made.units[0])
        path = store.encoder_path(trial.pretrain_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"an encoder")
    assert origins(plan(store)) == "2 of those to run need only an evaluation"
    after = estimate(plan(store), speeds)
    assert (before.seconds, after.seconds) == pytest.approx((5 * 2 * 60 * 2.0, 3 * 2 * 60 * 2.0))
    assert after.images == before.images - 2 * 2 * 60
    assert after.flops == pytest.approx(before.flops * 3 / 5)


def test_results_with_the_choices_of_seed_0_are_told(store: TrialStore) -> None:
    Path("study.yaml").write_text(small_study(f"{GRID}seeds: 2\nvary: []\n", epochs=2))
    before = make_plan(load_study("study.yaml"), store, Path("data"))
    for trial in before.trials[:4]:
        store.save_result(Result(trial.id, "done", {}, 1.0, 0.0, {}))
    assert (before.unvaried, make_plan(load_study("study.yaml"), store, Path("data")).unvaried) == (0, 0)
    Path("study.yaml").write_text(small_study(f"{GRID}seeds: 2\n", epochs=2))
    after = make_plan(load_study("study.yaml"), store, Path("data"))
    told = "2 trials to run were done with the subset, hold-out or labels of seed 0"
    assert len(after.results) == 2
    assert told in unvaried_text(after)
    assert any(warning.startswith(told) for warning in warnings(after))
    assert any(line.startswith(told) for line, _ in states_lines(after, store.root))
