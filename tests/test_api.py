"""The Python API gives the same studies, store and table as the command line."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from command_line import ablate, invoke
from rich.console import Console

import ablations
import ablations.api
from ablations import load_study, results, run_study
from ablations.cli.json_documents.export import ExportDocument
from ablations.cli.json_documents.run import RunDocument
from ablations.planning.plan import make_plan
from ablations.store.trial_store import TrialStore
from ablations.tracking.resilient_tracker import ResilientTracker
from ablations.types.errors import StudyError
from ablations.types.trial import Result
from core import encoder_hash, load_encoder
from helpers import small_study

STUDY = small_study("grid: {loss.temperature: [0.1, 0.5]}\n", epochs=1)


MIXED = small_study(
    """\
grid:
  loss.temperature: [0.1, 1]
  augment.flip: [true, false]
  head.kind: [linear]
baselines:
  untrained: {epochs: 0}
seeds: [0, 1]
""",
    epochs=1,
)


def test_the_public_names_are_shown() -> None:
    assert set(dir(ablations)) == {"load_study", "results", "run_study"}
    assert all(callable(getattr(ablations, name)) for name in dir(ablations))


@pytest.mark.usefixtures("mlflow_db")
def test_a_table_of_results_has_typed_columns() -> None:
    """The study was begun: one cell has failed, and one seed was not run."""
    Path("mixed.yaml").write_text(MIXED)
    study = load_study("mixed.yaml")
    plan = make_plan(study, TrialStore(Path("runs")), Path("data"))
    done, failed, *_, waiting = plan.trials
    tracker = ResilientTracker(plan, TrialStore(Path("runs")), Console(quiet=True))
    for trial in plan.trials:
        result = Result(trial.id, "done", {"linear_eval/top1": 40.0, "knn/top1": 30.0}, 1.0, 1.0, {"device": "A100"})
        if trial is failed:
            result = Result(trial.id, "failed", {}, 0.0, 1.0, {}, "diverged at step 3", "diverged")
        if trial is not waiting:
            TrialStore(Path("runs")).save_result(result)
    tracker.close(["done", "failed", "waiting"])
    table = results(study)
    assert table.attrs["axes"] == ["loss.temperature", "augment.flip", "head.kind"]
    assert table.attrs["metrics"] == ["knn/top1", "linear_eval/top1", "score", "seconds", "top1"]
    assert table["loss.temperature"].dtype == float
    assert list(table["loss.temperature"].dropna().unique()) == [0.1, 1.0]
    assert list(table["augment.flip"].dropna().unique()) == [True, False]
    assert table["linear_eval/top1"].dtype == float
    assert table["seed"].dtype == int
    assert list(table["baseline"].unique()) == ["", "untrained"]
    assert list(table["state"].unique()) == ["done", "failed", "waiting"]
    rows = table.set_index("trial_id")
    assert rows.loc[done.id, "encoder_id"] == done.pretrain_id
    assert rows.loc[failed.id, "error"] == "diverged at step 3"
    assert rows.loc[[failed.id, waiting.id], table.attrs["metrics"]].isna().all(axis=None)


@pytest.mark.usefixtures("mlflow_db")
def test_a_study_runs_and_its_results_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    Path("small.yaml").write_text(STUDY)
    study = load_study("small.yaml", settings={"loss.temperature": [0.2, 0.3, 0.4], "head.kind": "linear"})
    outcome = run_study(study, inline=True)
    assert list(outcome.states.values()) == ["done"] * 3
    table = results(study)
    assert list(table["loss.temperature"]) == [0.2, 0.3, 0.4]
    assert table["linear_eval/top1"].between(0, 100).all()
    assert_best_is_its_encoder(study, table)
    assert "ablate gc --dry-run" in Path("runs/README.txt").read_text()
    picture = outcome._repr_png_()
    assert picture is not None
    assert picture.startswith(b"\x89PNG")
    assert run_study(study, inline=True).left == 0
    assert "3 done" in capsys.readouterr().out


def assert_best_is_its_encoder(study: ablations.api.LoadedStudy, table: pd.DataFrame) -> None:
    """The best cell's encoder in Python and as a file is that of its trial in the table."""
    best, first = study.best(), table.iloc[int(table["top1"].argmax())]
    assert best.cell.trial_ids == (first["trial_id"],)
    assert best.cell.value == first["top1"]
    known = TrialStore(Path("runs")).encoder_hash(first["encoder_id"])
    assert encoder_hash(best.encoder("cpu")) == known
    settings = ["--set", "loss.temperature=[0.2, 0.3, 0.4]", "--set", "head.kind=linear"]
    assert_rescored(settings)
    for whose in ([first["trial_id"][:10]], ["--best", "small.yaml", *settings]):
        code, text = ablate("export", *whose, "--to", "my.safetensors")
        assert (code, f"encoder {first['encoder_id']} of trial {first['trial_id']}" in text) == (0, True)
        written = ExportDocument.model_validate_json(
            invoke("export", *whose, "--to", "my.safetensors", "--json").stdout
        )
        assert (written.trial, written.encoder) == (first["trial_id"], first["encoder_id"])
        assert (written.cell is None, written.library_call) == (whose[0] != "--best", None)
        assert encoder_hash(load_encoder("my.safetensors")) == known
        Path("my.safetensors").unlink()
    images = torch.randint(0, 256, (3, 3, 16, 16), dtype=torch.uint8)
    assert torch.allclose(best.pretrained("cpu")(images), best.encoder("cpu")(images / 255), atol=1e-5)


def assert_rescored(settings: list[str]) -> None:
    """Encoders that are there are scored by another protocol."""
    settings = [*settings, "--set", "evaluate.epochs=1", "--set", "evaluate.batch_size=16"]
    result = invoke("rescore", "small.yaml", "--protocol", "linear_sgd", *settings, "--inline", "--json")
    assert (result.exit_code, RunDocument.model_validate_json(result.stdout).done) == (0, 3), result.output
    stored = [trial for trial in TrialStore(Path("runs")).all_stored() if trial.config["evaluate"].get("epochs") == 1]
    assert len(stored) == 3
    assert len({trial.pretrain_id for trial in TrialStore(Path("runs")).all_stored()}) == 3


def test_an_encoder_that_is_not_there_is_not_rescored() -> None:
    Path("small.yaml").write_text(STUDY)
    code, text = ablate("rescore", "small.yaml", "--protocol", "linear_sgd")
    assert code == 2
    assert "small.yaml: 2 encoders of 2 to score" in text
    assert "are not trained; 'ablate run small.yaml'" in text
    assert not TrialStore(Path("runs")).trial_ids()


def test_what_cannot_be_exported_is_said() -> None:
    Path("small.yaml").write_text(STUDY)
    assert ablate("export") == (2, "say whose encoder: TRIAL, or --best STUDY; 'ablate plan STUDY' shows ids\n")
    code, text = ablate("export", "--best", "small.yaml")
    assert (code, "runs has no best cell of it at quick: none is done" in text) == (2, True)
    with pytest.raises(StudyError, match="no best cell"):
        load_study("small.yaml").best()


def test_what_is_wrong_is_raised() -> None:
    Path("small.yaml").write_text(STUDY)
    with pytest.raises(StudyError, match="temprature"):
        run_study(load_study("small.yaml", settings={"loss.temprature": 0.5}))
