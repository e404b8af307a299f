"""Random choices that follow a trial's seed: ids, what is written, further seeds, and what has no choice."""

from pathlib import Path
from typing import Any

import pytest

from ablations.planning.best import Ranking
from ablations.planning.configuration.resolved import Resolver
from ablations.planning.grid import enumerate_trials
from ablations.store.speeds import evaluation_key, training_key
from ablations.study.load import load_study
from ablations.types.errors import StudyError
from ablations.types.trial import Result, Trial

STUDY = """\
name: small
base: {data: {name: shapes, subset: 60}, encoder: {width: 0.125}, evaluate: {l2_count: 2}}
grid: {loss.temperature: [0.1, 0.5]}
baselines: {random: {epochs: 0}}
seeds: 2
"""


def trials(*more: str, text: str = STUDY) -> list[Trial]:
    Path("small.yaml").write_text(text)
    return enumerate_trials(load_study("small.yaml", None, more))


def seeds(trial: Trial) -> dict[str, Any]:
    evaluate, data = trial.config.evaluate, trial.config.evaluate.data
    found = {
        "seed": trial.config.pretrain.seed,
        "subset": trial.config.pretrain.data.subset_seed,
        "transfer": data and data.subset_seed,
        "holdout": getattr(evaluate, "holdout_seed", None),
        "labels": getattr(evaluate, "labels_seed", None),
    }
    return {name: seed for name, seed in found.items() if seed is not None}


def test_every_choice_follows_the_seed_also_in_baselines() -> None:
    for trial in trials():
        assert seeds(trial) == dict.fromkeys(["seed", "subset", "holdout"], trial.seed)
    for trial in trials("evaluate.protocol=finetune", "evaluate.labels=0.1"):
        assert seeds(trial) == dict.fromkeys(["seed", "subset", "labels"], trial.seed)
    for trial in trials("evaluate.data={name: shapes, subset: 30}"):
        assert seeds(trial) == dict.fromkeys(["seed", "subset", "transfer", "holdout"], trial.seed)


def test_trials_of_seed_0_and_those_without_a_choice_keep_their_ids() -> None:
    fixed = trials(text=f"{STUDY}vary: []\n")
    assert [one.id == other.id for one, other in zip(trials(), fixed, strict=True)] == [True, False] * 3
    assert [one.pretrain_id == other.pretrain_id for one, other in zip(trials(), fixed, strict=True)] == [
        True,
        False,
    ] * 3
    whole = "data.subset=1.0", "evaluate.l2_count=1"
    assert [trial.id for trial in trials(*whole)] == [trial.id for trial in trials(*whole, text=f"{STUDY}vary: []\n")]
    labelled = "data.subset=1.0", "evaluate.protocol=finetune"
    assert all(not trial.following for trial in trials(*labelled))


def test_a_hold_out_costs_no_training() -> None:
    one, other = (trials("data.subset=1.0", text=f"{STUDY}{more}") for more in ("", "vary: [subset, labels]\n"))
    assert [trial.pretrain_id for trial in one] == [trial.pretrain_id for trial in other]
    assert [trial.id == same.id for trial, same in zip(one, other, strict=True)] == [True, False] * 3


def test_the_study_says_which_choices_vary() -> None:
    only = trials(text=f"{STUDY}vary: [holdout]\n")[1]
    assert seeds(only) == {"seed": 1, "subset": 0, "holdout": 1}
    with pytest.raises(StudyError, match=r"small\.yaml:6:8: vary\[0\]"):
        trials(text=f"{STUDY}vary: [subsets]\n")


@pytest.mark.parametrize(
    "text",
    [
        STUDY.replace("subset: 60", "subset: 60, subset_seed: 7"),
        STUDY.replace("{loss.temperature: [0.1, 0.5]}", "{data.subset_seed: [7]}"),
        f"{STUDY}scales: {{quick: {{base: {{data.subset_seed: 7}}}}}}\n",
    ],
)
def test_a_seed_that_is_written_stays(text: str) -> None:
    grid = [trial for trial in trials(text=text) if trial.baseline is None]
    assert {trial.config.pretrain.data.subset_seed for trial in grid} == {7}
    assert {seeds(trial)["holdout"] - trial.seed for trial in grid} == {0}


def test_a_seed_on_the_command_line_stays() -> None:
    assert {seeds(trial)["holdout"] for trial in trials("evaluate.holdout_seed=0")} == {0}


def test_further_seeds_follow_as_those_of_the_study_do() -> None:
    first, second, *_ = trials()
    assert first.reseeded(1).id == second.id
    fixed, _, *_ = trials(text=f"{STUDY}vary: []\n")
    assert seeds(fixed.reseeded(3)) == {"seed": 3, "subset": 0, "holdout": 0}


def test_a_hold_out_of_the_trainings_seed_needs_none() -> None:
    _, second, *_ = trials("evaluate.protocol=finetune_transfer")
    assert seeds(second) == {"seed": 1, "subset": 1}
    assert second.following == (("data", "subset_seed"),)


def test_where_the_seed_comes_from_is_shown() -> None:
    second = trials()[1]
    found = {one.path: (one.value, one.origin) for one in Resolver(load_study("small.yaml")).settings(second)}
    assert found["data.subset_seed"] == found["evaluate.holdout_seed"] == (1, "seeds")


def test_cells_are_still_ranked_and_their_cost_is_one() -> None:
    planned = trials()
    ranking = Ranking(planned, "top1")
    for value, trial in zip((10.0, 20.0, 40.0, 50.0), planned, strict=False):
        ranking.add(Result(trial.id, "done", {"linear_eval/top1": value}, 1.0, 1.0, {}))
    assert str(ranking.best) == "loss.temperature 0.5: top1 45.0, the mean of 2 seeds"
    first, second = (trial.config for trial in planned[:2])
    assert training_key(first.pretrain) == training_key(second.pretrain)
    assert evaluation_key(first.pretrain, first.evaluate) == evaluation_key(second.pretrain, second.evaluate)
