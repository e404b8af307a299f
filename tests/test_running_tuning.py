"""A study that tunes settings: planned, run, resumed, shared, drawn and logged."""

import json
from collections import Counter
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from command_line import ablate
from mlflow import MlflowClient
from rich.console import Console

from ablations.planning.best import best_of
from ablations.planning.collection_plan import together
from ablations.planning.looks import looks_until
from ablations.planning.plan import Plan, make_plan
from ablations.planning.search import search_cost, search_text
from ablations.running import worker
from ablations.running.outcome import Outcome
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.running.until_decided import next_seeds
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.tracking.connection.client import child_runs, find_parent, tracking_uri
from ablations.tracking.content.trial import CHOSEN
from ablations.types.errors import StudyError
from ablations.types.trial import Result, Trial
from helpers import small_study
from reports.statistics.claims.kinds import BetterClaim
from reports.statistics.verdicts import Verdict

pytestmark = pytest.mark.usefixtures("mlflow_db", "blank_figures")

GRID = """\
grid: {loss.temperature: [0.1, 0.5]}
baselines: {random: {epochs: 0, optimizer.learning_rate: 1}}
claims: [{says: cold is better, source: here, cells: [[0.1]], than: [[0.5]]}]
"""
TUNE = "tune: {optimizer.learning_rate: [0.3, 1.0, 3.0]}\n"
STUDY = small_study(GRID + TUNE, epochs=1)
STORAGE = Path("runs")
VALIDATION, TOP1 = "linear_eval/validation", "linear_eval/top1"


def plan(text: str = STUDY, *assignments: str, seeds: int | None = None) -> Plan:
    Path("study.yaml").write_text(text)
    return make_plan(load_study("study.yaml", None, assignments, seeds), TrialStore(STORAGE), Path("data"))


def run(made: Plan) -> Outcome:
    return run_plan(made, Where(STORAGE, Path("data"), inline=True), Console(file=StringIO()))


def rate(trial: Trial) -> float:
    return trial.config.pretrain.optimizer.learning_rate


def scores(trial: Trial) -> dict[str, float]:
    """The higher the learning rate, the better on held-out images and the worse on the test set."""
    return {VALIDATION: 50 + rate(trial), TOP1: 90 - 10 * rate(trial), "linear_eval/l2": 1.0}


def finish(made: Plan, *, without: tuple[str, ...] = ()) -> None:
    for trial in made.trials:
        metrics = {name: value for name, value in scores(trial).items() if name not in without}
        TrialStore(STORAGE).save_result(Result(trial.id, "done", metrics, 1.0, 0.0, {}))


@pytest.fixture
def invented(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings end at once, and evaluations find what ``scores`` says."""

    def evaluated(trial: Trial, *others: Any) -> Result:
        return Result(trial.id, "done", scores(trial), 1.0, 5.0, {})

    monkeypatch.setattr(worker, "_evaluated", evaluated)


def test_the_plan_says_what_the_search_costs() -> None:
    made = plan(seeds=2)
    assert (len(made.trials), made.trainings) == (14, 14)
    cost = search_cost(made.trials)
    assert (cost.trainings, cost.trainings_without) == (14, 6)
    told = "tunes 3 values of optimizer.learning_rate: 2.33 x as many trainings (14 instead of 6)"
    assert search_text(made.scaled, made.trials) == told
    single = plan(STUDY, "optimizer.learning_rate=1")
    assert search_text(single.scaled, single.trials) == ""


def test_data_of_which_nothing_can_be_held_out_is_refused() -> None:
    with pytest.raises(StudyError, match="shapes has 10 training images of 10 classes, of which none can be held out"):
        plan(STUDY.replace("subset: 60", "subset: 10").replace("batch_size: 16", "batch_size: 10"))


def test_a_tuned_evaluation_trains_once() -> None:
    made = plan(STUDY.replace("optimizer.learning_rate: [0.3, 1.0, 3.0]", "evaluate.l2_low: [1e-6, 1e-4]"))
    assert (len(made.trials), made.trainings) == (6, 3)
    assert search_text(made.scaled, made.trials).endswith("2 x as many evaluations (6 instead of 3)")


def test_from_the_file_to_the_figure(invented: None) -> None:
    """The chosen learning rate is the best on held-out images, and the worst on the test set."""
    outcome = run(plan(seeds=2))
    assert outcome.drawn
    report = outcome.drawn.report
    assert len(report.every_trial) == 14
    table = report.table[report.table["baseline"] == ""]
    assert list(table["optimizer.learning_rate"]) == ["3.0"] * 4
    assert list(table["top1"]) == [60.0] * 4
    assert [(one.name, one.mean) for one in report.baselines] == [("random", 80.0)]
    data = pd.read_csv(outcome.drawn.folder / "data.csv")
    cells = data[data["source"] != "baselines"]
    assert list(cells["optimizer.learning_rate"]) == ["3.0, 3.0"] * 2
    (edge,) = report.warnings
    assert edge.startswith("The chosen optimizer.learning_rate is the largest that was tried, 3.0, in 4 of 4 searches")
    assert edge in outcome.drawn.notes
    best = best_of(plan(seeds=2))
    assert best
    assert (best.value, best.seeds) == (60.0, 2)


def tagged() -> Counter[tuple[str, str | None]]:
    """How many trials of the grid have which learning rate, and which tag."""
    client = MlflowClient(tracking_uri())
    experiment = client.get_experiment_by_name("small")
    parent = experiment and find_parent(client, experiment.experiment_id, "quick")
    assert experiment
    assert parent
    children = [child.data.tags for child in child_runs(client, experiment.experiment_id, parent.info.run_id)]
    return Counter(
        (tags["tune.optimizer.learning_rate"], tags.get(CHOSEN)) for tags in children if not tags.get("ablate.baseline")
    )


def test_mlflow_has_the_whole_search_and_tags_what_was_chosen(invented: None) -> None:
    run(plan())
    assert tagged() == {("0.3", "false"): 2, ("1.0", "false"): 2, ("3.0", "true"): 2}
    run(plan(STUDY.replace("3.0]", "3.0, 4.0]")))
    assert tagged() == {("0.3", "false"): 2, ("1.0", "false"): 2, ("3.0", "false"): 2, ("4.0", "true"): 2}


def test_a_seed_counts_once_its_whole_search_has_ended(invented: None) -> None:
    made = plan()
    last = made.trials[2]
    assert rate(last) == 3.0
    finish(replace(made, trials=[trial for trial in made.trials if trial is not last]))
    best = best_of(plan())
    assert best
    assert best.name == "loss.temperature 0.5"
    TrialStore(STORAGE).save_result(Result(last.id, "failed", {}, 1.0, 0.0, {}, "it broke", "diverged"))
    document = json.loads(ablate("status", "study.yaml", "--json", "--storage", str(STORAGE))[1])
    of_cell = [entry for entry in document["trials"] if entry["coordinates"] == {"loss.temperature": 0.1}]
    assert [(entry["tuned"], entry["state"], entry["chosen"]) for entry in of_cell] == [
        ({"optimizer.learning_rate": 0.3}, "done", False),
        ({"optimizer.learning_rate": 1.0}, "done", True),
        ({"optimizer.learning_rate": 3.0}, "failed", False),
    ]


def test_the_command_line_shows_the_search(invented: None) -> None:
    plan()
    asked = ("study.yaml", "--storage", str(STORAGE))
    document = json.loads(ablate("plan", *asked, "--json")[1])
    assert document["tune"] == {
        "values": {"optimizer.learning_rate": ["0.3", "1.0", "3.0"]},
        "trainings": 7,
        "trials": 7,
        "trainings_without": 3,
        "trials_without": 3,
    }
    trial = document["trials"][1]
    assert (trial["tuned"], trial["chosen"]) == ({"optimizer.learning_rate": 1.0}, None)
    (setting,) = (one for one in trial["settings"] if one["path"] == "optimizer.learning_rate")
    assert (setting["value"], setting["origin"]) == (1.0, "tune")
    assert "optimizer.learning_rate" not in [one["path"] for one in document["settings"]]
    assert ablate("run", *asked, "--inline")[0] == 0
    told = ablate("report", *asked, "--json")[1]
    report = json.loads(told[told.index("{") :])  # after what is printed to stderr
    assert report["tuned"] == {cell: {"optimizer.learning_rate": "3.0"} for cell in ("0.1", "0.5")}
    assert "evaluate.l2_high" not in str(report["warnings"])
    assert "largest that was tried, 3.0, in 2 of 2 searches" in report["warnings"][0]
    shown = ablate("plan", *asked)[1]
    assert "tunes 3 values of optimizer.learning_rate" in shown
    assert shown.count("done, chosen") == 2
    assert "tune  study.yaml" in ablate("show", trial["id"], "--study", *asked)[1].replace("\n", " ")


def test_results_without_a_validation_score_are_scored_again_and_not_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    """An older version left none. The encoders are there, and the ids are the same."""
    made = plan()
    run(made)
    for trial in made.trials:
        result = TrialStore(STORAGE).result(trial.id)
        assert result
        old = {name: value for name, value in result.metrics.items() if name != VALIDATION}
        TrialStore(STORAGE).save_result(replace(result, metrics=old))
    again = plan()
    assert len([trial for unit in again.units for trial in unit.trials]) == 6  # the baseline is not searched
    monkeypatch.setattr(worker, "pretrain", None)
    for one in (again, *together([again, replace(again)], "both")):
        assert all(unit.retried for unit in one.units)
    outcome = run(again)
    assert (outcome.done, outcome.failed) == (7, 0)
    assert plan().units == []
    assert all(VALIDATION in result.metrics for result in plan().results.values() if len(result.metrics) > 4)


def test_a_study_that_tunes_nothing_takes_old_results() -> None:
    text = small_study(GRID, epochs=1)
    finish(plan(text), without=(VALIDATION,))
    assert plan(text).units == []


def test_trials_are_shared_with_studies_that_do_not_tune() -> None:
    finish(plan(small_study(GRID, epochs=1), "optimizer.learning_rate=1", seeds=3))
    made = plan()
    assert Counter(trial.state for trial in made.results.values()) == {"done": 5}  # two cells, three baselines
    assert {trial.seed for trial in made.trials if trial.baseline is None} == {0}  # no search has seeds 1 and 2


def test_further_seeds_count_once_all_their_candidates_are_there() -> None:
    finish(plan(seeds=3))
    assert Counter(trial.seed for trial in plan().trials) == {0: 7, 1: 7, 2: 7}


def test_until_decided_adds_a_seed_with_its_whole_search() -> None:
    made = plan(seeds=2)
    assert looks_until(10, made.trials, ()) == (3, 5, 10)
    cells = [{"loss.temperature": "0.1"}, {"loss.temperature": "0.5"}]
    verdict = Verdict(BetterClaim(says=""), "UNDECIDED", "", cells)
    added = next_seeds(made.trials, [verdict], (3, 5))
    assert sorted((trial.cell_name, rate(trial), trial.seed) for trial in added) == [
        (cell, value, 2) for cell in ("0.1", "0.5") for value in (0.3, 1.0, 3.0)
    ]
    assert all(trial.tuned == {"optimizer.learning_rate": rate(trial)} for trial in added)
