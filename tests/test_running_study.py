"""A study from its file to its figure, in this process: results, resume, failures, MLflow."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from rich.console import Console
from whole_study import EVALUATED_TWICE, STUDY, WHERE, broken, mlflow_children, plan, run, run_in

from ablations.running.job import Job
from ablations.running.run import run_plan
from ablations.running.worker import run_unit
from ablations.store.trial_store import TrialStore
from ablations.tracking import provenance
from ablations.tracking.connection.client import tracking_uri
from ablations.tracking.reader import read_study
from ablations.types.events import Event, Saved
from ablations.types.trial import Unit
from helpers import small_study

pytestmark = pytest.mark.usefixtures("mlflow_db", "figures")


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> None:
    """Only one test looks into the figure's files."""
    if request.function is not test_the_report_is_the_same_to_the_byte:
        request.getfixturevalue("blank_figures")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, empty_mlflow: Path) -> Path:
    """Folder in which the study was run to its end, once for all tests that begin there."""
    return run_in(tmp_path_factory.mktemp("whole"), empty_mlflow)


@pytest.fixture
def finished(whole: Path, mlflow_db: None) -> None:
    """The working folder is one in which the study was run to its end."""
    shutil.copytree(whole, ".", dirs_exist_ok=True)


def test_a_study_ends_with_results_runs_and_a_report() -> None:
    outcome = run()
    assert list(outcome.states.values()) == ["done"] * 5
    recorded = read_study("small", "quick")
    table = recorded.table
    assert table["state"].tolist() == ["done"] * 5
    assert table["augment.first"].tolist()[:4] == ["crop", "crop", "color", "color"]
    assert table["baseline"].tolist() == [""] * 4 + ["random initialisation"]
    assert table["linear_eval/top1"].between(0, 100).all()
    assert table["pretrain/loss"].notna().tolist() == [True] * 4 + [False]
    assert outcome.drawn is not None
    names = {path.name for path in outcome.drawn.folder.iterdir()}
    assert names == {
        "figure.png",
        "figure.svg",
        "figure.pdf",
        "table.md",
        "table.tex",
        "data.csv",
        "trials.csv",
        "verdicts.json",
        "views.npz",
        "report.html",
        "figure.md",
    }
    artifacts = MlflowClient(tracking_uri()).list_artifacts(recorded.run_id, "report")
    assert {Path(artifact.path).name for artifact in artifacts} == names


@pytest.mark.usefixtures("finished")
def test_mlflow_holds_parameters_curves_tags_and_the_configuration() -> None:
    client = MlflowClient(tracking_uri())
    trial = plan().trials[1]
    ((child,),) = [runs for trial_id, runs in mlflow_children().items() if trial_id == trial.id]
    assert child.info.status == "FINISHED"
    assert child.data.params["augment.second"] == "color"
    assert child.data.params["batch_size"] == "16"
    assert child.data.params["evaluate.neighbors"] == "5"
    assert child.data.tags["axis.augment.first"] == "crop"
    assert child.data.tags["ablate.seed"] == "0"
    assert {"git_commit", "torch", "host", "encoder_hash", "numerics"} <= set(child.data.tags)
    losses = client.get_metric_history(child.info.run_id, "pretrain/loss")
    assert [metric.step for metric in losses] == [1, 2]
    config = Path(client.download_artifacts(child.info.run_id, "config.json")).read_text()
    assert json.loads(config) == trial.config.model_dump(mode="json")


@pytest.mark.usefixtures("finished")
def test_running_again_trains_nothing_and_adds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {t: [(r.info.run_id, r.data.metrics) for r in runs] for t, runs in mlflow_children().items()}
    monkeypatch.setattr("ablations.running.schedulers.inline.run_unit", lambda *a: pytest.fail("something ran"))
    assert list(run().states.values()) == ["done"] * 5
    assert {t: [(r.info.run_id, r.data.metrics) for r in runs] for t, runs in mlflow_children().items()} == before


@pytest.mark.usefixtures("finished")
def test_a_wider_study_trains_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    wider = plan(STUDY.replace("[crop, color]", "[crop, color, blur]"))
    assert (len(wider.trials), len(wider.results), len(wider.units)) == (10, 5, 5)
    other = plan(STUDY.replace("name: small", "name: other"))
    assert other.units == []


def test_an_axis_of_the_evaluation_trains_once() -> None:
    made = plan(EVALUATED_TWICE)
    assert (len(made.trials), made.trainings, len(made.units)) == (5, 3, 3)
    assert list(run(EVALUATED_TWICE).states.values()) == ["done"] * 5


def test_a_failed_trial_is_a_result_and_spares_the_others() -> None:
    diverging = STUDY.replace("  augment.first: [crop, color]\n", "  optimizer.learning_rate: [0.3, 1.0e+30]\n")
    text = diverging.replace("epochs: 2", "epochs: 2\n  optimizer.kind: sgd\n  loss.normalize: false")
    outcome = run(text)
    assert sorted(outcome.states.values()) == ["done", "done", "done", "failed", "failed"]
    assert outcome.failed == 2
    table = read_study("small", "quick").table
    errors = table[table["state"] == "failed"]["error"]
    assert errors.str.contains("learning rate").all()
    assert outcome.drawn is not None
    assert "the loss is" in outcome.drawn.page.read_text()
    assert plan(text).units == []
    assert len(plan(text, retry="failed").units) == 2


def test_a_bug_is_told_with_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablations.running.worker.evaluate", broken)
    outcome = run()
    assert set(outcome.states.values()) == {"failed"}
    result = TrialStore(WHERE.storage).result(plan().trials[0].id)
    assert result is not None
    assert result.error == "ZeroDivisionError: a bug"
    assert "in broken" in result.traceback


def test_an_interrupted_run_keeps_what_is_finished_and_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    from ablations.running import worker

    ended: list[Unit] = []

    def interrupt_third(unit: Unit, job: Job, listen: Callable[[Event], None]) -> None:
        if len(ended) == 2:
            raise KeyboardInterrupt
        ended.append(unit)
        run_unit(unit, job, listen)

    monkeypatch.setattr("ablations.running.schedulers.inline.run_unit", interrupt_third)
    with pytest.raises(KeyboardInterrupt):
        run()
    states = read_study("small", "quick").table["state"].tolist()
    assert states == ["done", "done", "waiting", "waiting", "waiting"]
    monkeypatch.setattr("ablations.running.schedulers.inline.run_unit", worker.run_unit)
    assert len(plan().units) == 3
    assert list(run().states.values()) == ["done"] * 5


@pytest.mark.usefixtures("finished")
def test_a_lost_mlflow_is_written_again_from_the_store(other_mlflow: Callable[[], None]) -> None:
    expected = read_study("small", "quick").table.drop(columns="run_id")
    other_mlflow()
    assert list(run().states.values()) == ["done"] * 5
    assert read_study("small", "quick").table.drop(columns="run_id").equals(expected)


def test_without_mlflow_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    text = small_study("grid: {loss.temperature: [0.1]}\n", epochs=1)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:////dev/null/mlflow.db")
    outcome = run(text)
    assert list(outcome.states.values()) == ["done"]
    assert outcome.drawn is None
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert run(text).drawn is not None


@pytest.mark.usefixtures("finished")
def test_overrides_have_a_report_of_their_own() -> None:
    first = run()
    other = run(STUDY, "epochs=1")
    assert first.drawn is not None
    assert other.drawn is not None
    assert first.drawn.folder.name == "quick"
    assert other.drawn.folder.name.startswith("quick-")
    assert read_study("small", "quick").table["pretrain/loss"].notna().sum() == 4
    assert len(mlflow_children()) == 5


def test_whole_numbers_stay_whole_beside_a_baseline_and_claims_find_them() -> None:
    text = STUDY.replace("  augment.second: [crop, color]\n", "").replace(
        "augment.first: [crop, color]", "batch_size: [16, 20]"
    )
    text = text.replace("reproduces: figure_5", "claims: [{says: it is, source: here, cells: [[16]]}]")
    drawn = run(text).drawn
    assert drawn is not None
    assert read_study("small", "quick").table["batch_size"].tolist()[:2] == ["16", "20"]
    assert "in one seed" in drawn.page.read_text()


def test_claims_of_other_axes_are_undecided() -> None:
    text = STUDY + (
        "claims: [{says: it is, source: here, cells: [[crop, color]]}]\n"
        "scales: {quick: {grid: {batch_size: [16, 20]}}}\n"
    )
    drawn = run(text).drawn
    assert drawn is not None
    assert "this grid has no cell crop, color" in drawn.page.read_text()


@pytest.mark.usefixtures("finished")
def test_mlflow_that_fails_at_the_end_costs_only_the_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*arguments: object) -> None:
        raise MlflowException("down")

    monkeypatch.setattr("ablations.tracking.reader.find_parent", down)
    outcome = run()
    assert (outcome.drawn, list(outcome.states.values())) == (None, ["done"] * 5)


def test_curves_reach_mlflow_from_the_checkpoint_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only epochs that a crash cannot take back are logged, so that none is ever logged twice."""
    from ablations.tracking.resilient_tracker import ResilientTracker

    made = plan()
    unit, store = made.units[0], TrialStore(WHERE.storage)
    recorder = ResilientTracker(made, store, Console(quiet=True))
    store.record(unit)
    run_unit(unit, Job(WHERE.storage, WHERE.data_dir, "me", 1), lambda event: None)
    for _ in range(2):
        recorder.record(Saved(unit.pretrain_id))
    client = MlflowClient(tracking_uri())
    ((child,),) = mlflow_children().values()
    assert len(client.get_metric_history(child.info.run_id, "pretrain/loss")) == 2


def test_a_streamed_file_that_does_not_decode_fails_the_trials_that_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has its path and no traceback. The untrained baseline reaches it when it is scored."""
    from PIL import Image

    for split, count in (("train", 40), ("test", 20)):
        for number in range(count):
            path = Path("data/photos") / split / str(number % 2) / f"{number:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.effect_noise((16, 16), 10 + number).save(path)
    bad = Path("data/photos/train/0/06.png")
    bad.write_bytes(b"not an image")
    monkeypatch.setattr("core.data.load.MEMORY_SHARE", 0)
    text = STUDY.replace("{name: shapes, image_size: 16, subset: 60}", "{name: photos, image_size: 16}")
    made = plan(text)
    outcome = run_plan(made, WHERE, Console(quiet=True))
    assert set(outcome.states.values()) == {"failed"}
    found = [TrialStore(WHERE.storage).result(trial.id) for trial in made.trials]
    results = [result for result in found if result]
    assert len(results) == len(found)
    assert {(result.error.split(":")[0], result.traceback) for result in results} == {(str(bad.resolve()), "")}


@pytest.mark.usefixtures("finished")
def test_the_report_is_the_same_to_the_byte() -> None:
    files = []
    for _ in range(2):
        shutil.rmtree("runs/reports")  # else it is not drawn again
        drawn = run().drawn
        assert drawn is not None
        files.append({path.name: path.read_bytes() for path in drawn.folder.iterdir()})
    assert [name for name in files[0] if files[0][name] != files[1][name]] == []


def test_a_package_that_is_not_there_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "PACKAGES", ("torch", "no-such-package"))
    facts = provenance.provenance.__wrapped__()
    assert facts["no-such-package"] == "not installed"
    assert facts["torch"] != "not installed"
