"""The choices that a seed varies, and the right test images, from the study and the storage to the report."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from ablations import load_study
from ablations.cli.app import app
from ablations.planning.grid import enumerate_trials
from ablations.planning.plan import make_plan
from ablations.store.right_images import image_count, packed, right_images, without_bits
from ablations.store.trial_store import TrialStore
from ablations.tracking.content.right_images import with_right_images
from ablations.tracking.content.seeds import varied_and_fixed
from ablations.types.trial import Result, Trial
from core.history import Epoch
from helpers import small_study

GRID = """\
grid: {loss.temperature: [0.1, 0.5]}
claims:
  - {says: cold is better, source: here, cells: [[0.1]], than: [[0.5]]}
seeds: 3
"""
IMAGES = 201


def ablate(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def planned(rest: str = "", epochs: int = 1) -> list[Trial]:
    Path("small.yaml").write_text(small_study(GRID + rest, epochs=epochs))
    return enumerate_trials(load_study("small.yaml"))


def finish(with_images: bool) -> None:
    """Give every trial of the study a result, as if it had run: each seed of a cell has the same images right but one,
    and other cells have others right."""
    random, store = np.random.default_rng(12), TrialStore(Path("runs"))
    by_cell = {temperature: random.random(IMAGES) < 0.5 for temperature in (0.1, 0.5)}
    plan = make_plan(load_study("small.yaml"), store, Path("data"))
    for unit in plan.units:
        store.record(unit)
        store.save_history(unit.pretrain_id, [Epoch(1, {"loss": 3.0}, 0.1, 9.0, 1.8e9)], trained=True)
        for trial in unit.trials:
            right = by_cell[trial.coordinates["loss.temperature"]] ^ (np.arange(IMAGES) == trial.seed)
            if with_images:
                store.save_arrays(trial.id, packed({"linear_eval/top1": right}, IMAGES), ())
            found = {"linear_eval/top1": 100 * float(right.mean()), "knn/top1": 30.0, "pretrain/loss": 3.0}
            store.save_result(Result(trial.id, "done", found, 1.0, 1.8e9, {"device": "none"}))


def drawn(*command: str) -> dict[str, Any]:
    text = ablate(*command, "--json")
    document: dict[str, Any] = json.loads(text[text.index("{") :])
    return document.get("report") or document


def test_bits_are_unpacked_as_they_were_packed() -> None:
    right = {"knn/top1": np.random.default_rng(0).random(IMAGES) < 0.5}
    kept = packed(right, IMAGES) | {"tsne/embedding": np.zeros(3)}
    assert kept["right/knn/top1"].nbytes == 26
    np.testing.assert_array_equal(right_images(kept, "knn/top1"), right["knn/top1"])
    assert (image_count(kept), right_images(kept, "knn/top5")) == (IMAGES, None)
    assert set(without_bits(kept)) == {"tsne/embedding"}
    assert (packed({}, 0), image_count({})) == ({}, None)


def test_the_columns_are_those_of_the_metric_that_a_name_stands_for() -> None:
    stored = {"a": packed({"linear_eval/top1": np.array([True, False]), "knn/top1": np.array([True, True])}, 2)}
    table = pd.DataFrame({"trial_id": ["a", "b"], "top1": [50.0, np.nan], "linear_eval/top1": [50.0, np.nan]})
    found = with_right_images(table, ["top1", "knn/top1", "score"], stored, ["cifar10"])
    assert found["correct/top1"][0].tolist() == [True, False]
    assert found["correct/knn/top1"][0].tolist() == [True, True]
    assert (found["correct/top1"][1], found["test_images"].tolist()[0]) == (None, 2)
    several = with_right_images(table, ["top1"], stored, ["cifar10", "pets"])
    assert set(several) == {*table, "test_images"}
    assert with_right_images(table, ["top1"], {}, ["cifar10"]) is table


def test_what_a_seed_varies_is_read_from_the_trials() -> None:
    base = ["initialisation", "order of the data", "augmentation"]
    assert varied_and_fixed(planned()) == ([*base, "training subset", "hold-out"], ["test images"])
    assert varied_and_fixed(planned("vary: [holdout]\n")) == ([*base, "hold-out"], ["training subset", "test images"])
    written = planned("baselines: {same: {data.subset_seed: 3}}\n")
    assert varied_and_fixed(written) == ([*base, "hold-out"], ["training subset", "test images"])
    text = small_study(GRID, epochs=1).replace("{l2_count: 2, neighbors: 5}", "{protocol: transformation}")
    Path("small.yaml").write_text(text.replace(", subset: 60", ""))
    assert varied_and_fixed(enumerate_trials(load_study("small.yaml"))) == (
        base,
        ["draws of the evaluation", "test images"],
    )


def test_the_noise_of_the_test_set_enters_the_interval(mlflow_db: None) -> None:
    """Two cells, equal in truth, that differ by what 201 images leave to chance, and hardly over seeds."""
    planned()
    finish(with_images=False)
    before = drawn("run", "small.yaml", "--inline")
    (bare,) = before["verdicts"]
    assert bare["verdict"] == "SUPPORTED"
    assert bare["fixed"] == ["test images"]
    for trial in planned():
        TrialStore(Path("runs")).result_path(trial.id).unlink()
    finish(with_images=True)
    (known,) = drawn("report", "small.yaml")["verdicts"]
    assert known["verdict"] == "UNDECIDED"
    assert known["interval"][0] < 0 < known["interval"][1]
    assert (known["fixed"], known["effect"]) == ([], bare["effect"])
    assert known["varied"][-2:] == ["training subset", "hold-out"]
    folder = Path(before["folder"])
    told = "Cells are compared on the same test images, and the intervals allow for the choice of those images."
    for name in ("report.html", "figure.md", "table.md"):
        assert told in (folder / name).read_text()
    assert "correct" not in (folder / "trials.csv").read_text()


def test_a_run_keeps_the_bits_and_a_page_tells_what_was_fixed(mlflow_db: None) -> None:
    trials = planned("vary: [subset]\n")
    report = drawn("run", "small.yaml", "--inline")
    store = TrialStore(Path("runs"))
    for trial in trials:
        arrays, result = store.arrays(trial.id), store.result(trial.id)
        assert result and image_count(arrays) == 2000
        for metric in ("linear_eval/top1", "linear_eval/top5", "knn/top1"):
            right = right_images(arrays, metric)
            assert right is not None
            assert result.metrics[metric] == pytest.approx(100 * right.mean(), abs=1e-4)
    assert report["verdicts"][0]["fixed"] == ["hold-out"]
    page = Path(report["page"]).read_text()
    assert "A seed varies initialisation, order of the data, augmentation, training subset." in page
    assert "The same in all seeds, and so not covered by these verdicts: hold-out." in page
