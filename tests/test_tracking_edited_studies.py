"""Two study files with one name, and a study edited between runs: the report shows the study that was asked for."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from command_line import ablate

from ablations import load_study, results
from ablations.planning.plan import make_plan
from ablations.store.trial_store import TrialStore
from ablations.types.trial import Result
from core.history import Epoch
from helpers import small_study

pytestmark = pytest.mark.usefixtures("mlflow_db", "blank_figures")


def write(name: str, grid: str, rest: str = "") -> str:
    Path(name).write_text(small_study(f"grid: {{{grid}}}\n{rest}", epochs=1, name="same"))
    return name


def finish(name: str, seeds: int = 1) -> None:
    """Give every trial of the study a result, as if it had run, and log it."""
    store = TrialStore(Path("runs"))
    plan = make_plan(load_study(name, seeds=seeds), store, Path("data"))
    for unit in plan.units:
        store.record(unit)
        store.save_history(unit.pretrain_id, [Epoch(1, {"loss": 3.0}, 0.1, 9.0, 1.8e9)], trained=True)
        for trial in unit.trials:
            found = {"linear_eval/top1": 40.0, "knn/top1": 30.0, "pretrain/loss": 3.0}
            store.save_result(Result(trial.id, "done", found, 1.0, 1.8e9, {"device": "none"}))
    code, text = ablate("run", name, "--inline", "--seeds", str(seeds))
    assert code == 0, text


def drawn(name: str) -> dict[str, str]:
    """The value of each cell in the report of a study, by its label."""
    code, text = ablate("report", name, "--json")
    assert code == 0, text
    folder = Path(json.loads(text[text.index("{") :])["folder"])
    with (folder / "data.csv").open() as file:
        return {row["loss.temperature"]: row["mean"] for row in csv.DictReader(file) if row["source"] == "here"}


def test_of_two_studies_with_one_name_the_one_that_is_asked_for_is_drawn() -> None:
    one = write("a.yaml", "loss.temperature: [0.1, 0.5]")
    other = write("b.yaml", "loss.temperature: [0.5, 0.7, 0.9]")
    finish(one)
    finish(other)
    assert list(drawn(one)) == ["0.1", "0.5"]
    assert list(drawn(other)) == ["0.5", "0.7", "0.9"]
    assert [set(results(load_study(name))["loss.temperature"]) for name in (one, other)] == [
        {0.1, 0.5},
        {0.5, 0.7, 0.9},
    ]
    _, text = ablate("plan", one)
    assert "b.yaml: this study is called 'same' too" in text


def test_a_study_that_was_edited_is_drawn_as_it_now_is() -> None:
    name = write("a.yaml", "loss.temperature: [0.1, 0.5]")
    finish(name)
    assert drawn(name) == {"0.1": "40.0", "0.5": "40.0"}
    write(name, "loss.temperature: [0.5, 0.9]")  # a cell removed, and one added
    assert drawn(name) == {"0.5": "40.0", "0.9": ""}
    write(name, "loss.temperature: {half: 0.5, low: 0.1}")  # and renamed, in another order
    assert drawn(name) == {"half": "40.0", "low": "40.0"}


def test_a_study_of_which_another_of_its_name_was_run_says_so() -> None:
    finish(write("a.yaml", "loss.temperature: [0.1, 0.5]"))
    code, text = ablate("report", write("b.yaml", "loss.temperature: [0.7, 0.9]"))
    assert code == 1
    assert "none of these trials; another study file of that name was run, or the study was changed" in text


def test_further_seeds_on_the_storage_are_drawn_and_told() -> None:
    name = write("a.yaml", "loss.temperature: [0.1, 0.5]")
    finish(name, seeds=2)
    write(name, "loss.temperature: [0.1, 0.5, 0.9]")
    table: Any = results(load_study(name))
    assert Counter(table["loss.temperature"]) == {0.1: 2, 0.5: 2, 0.9: 1}
    assert list(drawn(name)) == ["0.1", "0.5", "0.9"]
    told = ablate("plan", name)[1]
    assert "seeds: the study asks for 1 a cell, and 2 of 3 cells have more on this storage" in told
    assert "n = 1 to 2; --seeds 2 gives all cells the same" in told
