"""Several studies in one run leave a page, a JSON document, a run in MLflow."""

import dataclasses
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from command_line import ablate
from mlflow import MlflowClient
from mlflow.entities import Run
from recorded import experiment
from two_studies import (
    CLAIM,
    NEIGHBORS,
    STORAGE,
    TEMPERATURE,
    load_failed,
    plan,
    run,
    temperature_of,
    without_training,
    write,
)
from typer.testing import CliRunner

import ablations.tracking.collection_report  # noqa: F401 - before the function that it imports is replaced
from ablations.cli.app import app
from ablations.cli.json_documents.plan import CollectionPlanDocument
from ablations.cli.json_documents.report import CollectionReportDocument
from ablations.cli.json_documents.run import CollectionRunDocument
from ablations.cli.json_documents.status import CollectionStatusDocument
from ablations.tracking.connection.client import find_parent, tracking_uri
from ablations.tracking.content.collection import NOT_RUN, collection_status
from ablations.tracking.report import draw_report
from ablations.tracking.save_reports import COLLECTION
from ablations.types.trial import Trial, Unit
from helpers import small_study

pytestmark = pytest.mark.usefixtures("blank_figures")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Unit]:
    return without_training(monkeypatch)


@pytest.mark.usefixtures("mlflow_db")
def test_the_page_of_all_says_what_held_and_what_is_missing(ran: list[Unit], monkeypatch: pytest.MonkeyPatch) -> None:
    write(temperature=TEMPERATURE, neighbors=NEIGHBORS, later=NEIGHBORS.replace("neighbors\n", "later\n", 1))
    assert "has been run" not in ablate("report", "both.yaml")[1]
    assert ablate("report", "both.yaml")[0] == 1
    for study in ("temperature", "neighbors"):
        ablate("run", f"{study}.yaml", "--inline", "--seeds", "3")
    code, text = ablate("report", "both.yaml")
    assert code == 0
    assert "temperature: 1 refuted" in text
    page = STORAGE / "reports/both/quick/report.html"
    html = page.read_text()
    assert html.index("cold is better") < html.index("Figures and tables")
    assert "\u221240.0</b> points" in html
    assert html.count('<img src="data:image/') == 3
    assert 'href="../../temperature/quick/report.html"' in html
    assert (page.parent / "../../temperature/quick/report.html").is_file()
    assert "Not run yet at this scale" in html
    before = page.read_bytes()
    ablate("report", "both.yaml")
    assert page.read_bytes() == before
    monkeypatch.setattr("ablations.tracking.collection_report.draw_report", broken_for_neighbors)
    assert ablate("report", "both.yaml")[0] == 0
    assert "It cannot be drawn: ZeroDivisionError: a bug" in page.read_text()


@pytest.mark.usefixtures("mlflow_db")
def test_machines_read_one_document_of_all_studies(ran: list[Unit]) -> None:
    write(
        temperature=TEMPERATURE,
        neighbors=NEIGHBORS,
        far=NEIGHBORS.replace("shapes", "nowhere", 1).replace("neighbors\n", "far\n", 1),
    )
    plan_ = CollectionPlanDocument.model_validate_json(machine("plan", "both.yaml"))
    assert (
        plan_.model_dump_json()
        == CollectionPlanDocument.model_validate_json(machine("run", "both.yaml", "--dry-run")).model_dump_json()
    )
    assert (plan_.collection, plan_.counts.trials, plan_.counts.trainings, plan_.counts.waiting) == ("both", 3, 2, 3)
    assert [(one.study, one.counts.trials, one.workers) for one in plan_.studies] == [
        ("temperature", 2, 1),
        ("neighbors", 2, 1),
    ]
    assert len(plan_.cost) == 1 and list(plan_.unable) == ["far"]
    run_ = CollectionRunDocument.model_validate_json(machine("run", "both.yaml", "--inline", "--seeds", "3", code=1))
    assert [(one.study, one.done) for one in run_.studies] == [("temperature", 6), ("neighbors", 6)]
    assert run_.verdicts.model_dump() == {
        "supported": 0,
        "refuted": 1,
        "no_difference": 0,
        "undecided": 0,
        "calibration": 0,
    }
    assert run_.page and Path(run_.page).is_file() and list(run_.unable) == ["far"]
    report_ = CollectionReportDocument.model_validate_json(machine("report", "both.yaml"))
    assert report_.studies == [one.report for one in run_.studies]
    assert (report_.page, report_.verdicts) == (run_.page, run_.verdicts)
    status = CollectionStatusDocument.model_validate_json(machine("status", "both.yaml"))
    assert status.counts.done == 9
    assert status.verdicts == run_.verdicts
    assert [one.study for one in status.studies] == ["temperature", "neighbors"]


MANY = """\
claims:
  - {says: warm is a little better, source: here, cells: [[0.1]], than: [[0.2]]}
""" + "".join(
    f"  - {{says: claim {n}, source: here, cells: [[0.1]], than: [[{n}]]}}\n" for n in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
)


@pytest.mark.usefixtures("mlflow_db")
def test_claims_of_a_collection_are_judged_together_and_counted_so(
    ran: list[Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim that is supported among its study's own claims alone is not among those of all studies."""

    def of_two_studies(trial: Trial) -> float:
        """p is 0.01 in the first study, and far from anything in the second."""
        place = round(10 * temperature_of(trial))
        if attrgetter("evaluate.neighbors")(trial.config) == 5:
            return 10.0 + (2.5, 3.0, 3.6)[trial.seed] * (place == 1)
        return 10.0 + (0.0, 5.0, -5.0)[(trial.seed + place) % 3]

    monkeypatch.setattr("two_studies.score", of_two_studies)
    grid = "grid: {loss.temperature: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]}\nseeds: 3\n"
    one = (
        "claims: [{says: cold is better, source: here, cells: [[0.1]], than: [[0.2]], calibration: [quick, laptop]}]\n"
    )
    write(
        first=small_study(grid + one, 1, "first"),
        second=small_study(grid + MANY, 1, "second").replace("neighbors: 5", "neighbors: 1"),
    )
    run_ = CollectionRunDocument.model_validate_json(machine("run", "both.yaml", "--inline"))
    alone = [entry.verdict for study in run_.studies if study.report for entry in study.report.verdicts]
    counted = run_.verdicts.model_dump()
    assert counted.pop("calibration") == 1  # at this scale, of the two that the claim names
    assert sum(counted.values()) == len(alone) == 8
    assert alone.count("SUPPORTED") == 1 + counted["supported"]
    assert alone[0] == "SUPPORTED"
    for command in (["report", "both.yaml"], ["run", "both.yaml", "--inline"], ["status", "both.yaml"]):
        text = ablate(*command)[1]
        assert f"claims  {counted['undecided']} undecided (1 of them calibration); judged together" in text, text
    page = Path(run_.page or "").read_text(encoding="utf-8")
    assert "1 of them calibration: the scale was chosen by its effect" in page


def machine(*arguments: str, code: int = 0) -> str:
    """The text on stdout."""
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == code, result.stderr
    return result.stdout


@pytest.mark.usefixtures("mlflow_db")
def test_a_quiet_run_of_several_says_what_went_wrong_alone(ran: list[Unit]) -> None:
    write(temperature=TEMPERATURE, neighbors=NEIGHBORS)
    quiet = CliRunner().invoke(app, ["run", "both.yaml", "--inline", "--quiet"])
    assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (0, "", "")
    lost = load_failed(plan())
    quiet = CliRunner().invoke(app, ["run", "both.yaml", "--inline", "--quiet"])
    assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (1, "", f"{lost}: failed: it broke\n")


@pytest.mark.usefixtures("mlflow_db")
def test_mlflow_has_the_page_of_all_in_one_run(ran: list[Unit]) -> None:
    write(temperature=TEMPERATURE, neighbors=NEIGHBORS)
    page = run().page
    assert page
    kept = run_of_both()
    assert (kept.info.run_name, kept.info.status, kept.data.tags[COLLECTION]) == ("both at quick", "FINISHED", "quick")
    assert kept.data.params == {"collection": "both", "scale": "quick"}
    assert kept.data.metrics["claims/undecided"] == 1 == kept.data.metrics["claims/temperature/1_seeds"]
    parts = [parent(name) for name in ("temperature", "neighbors")]
    assert kept.info.start_time == min(part.info.start_time for part in parts)
    assert kept.info.end_time == max(part.info.end_time for part in parts)
    for note in (kept.data.tags["mlflow.note.content"], experiment("both").tags["mlflow.note.content"]):
        assert "Both of them" in note and "Claims: 1 undecided." in note and "ablate run both.yaml" in note
        assert all(f"#/experiments/{part.info.experiment_id}/runs/{part.info.run_id}?" in note for part in parts)
        assert f"get-artifact?path=report%2Fforest.svg&run_uuid={kept.info.run_id}" in note
    client = MlflowClient(tracking_uri())
    there = Path(client.download_artifacts(kept.info.run_id, "report/report.html"))
    assert there.read_bytes() == page.read_bytes()
    assert there.with_name("forest.svg").is_file() or client.list_artifacts(kept.info.run_id, "report/forest.svg") == []


@pytest.mark.usefixtures("mlflow_db")
def test_an_extended_collection_updates_its_run(ran: list[Unit]) -> None:
    write(temperature=TEMPERATURE, neighbors=NEIGHBORS)
    run()
    first = run_of_both().info.run_id
    write(temperature=TEMPERATURE.replace(CLAIM, ""), neighbors=NEIGHBORS)
    assert ablate("run", "both.yaml", "--inline", "--seeds", "3")[0] == 0
    assert run_of_both().info.run_id == first
    assert not [tag for tag in run_of_both().data.tags if tag.startswith("ablate.claim.")]
    write(temperature=TEMPERATURE, neighbors=NEIGHBORS)
    assert ablate("report", "both.yaml")[0] == 0
    assert run_of_both().data.tags["ablate.claim.temperature.1"].startswith("REFUTED")
    assert parent("temperature").data.tags["ablate.claim.1"].startswith("REFUTED")


@pytest.mark.parametrize(
    ("statuses", "problems", "status"),
    [
        (["FINISHED", "FINISHED"], ["", ""], "FINISHED"),
        (["FINISHED", "FAILED", "KILLED"], [], "FAILED"),
        (["FINISHED"], ["", NOT_RUN], "SCHEDULED"),
        (["FINISHED"], ["", "no data"], "FAILED"),
    ],
)
def test_the_state_of_a_collection_is_the_worst_of_its_studies(
    statuses: list[str], problems: list[str], status: str
) -> None:
    assert collection_status(statuses, problems) == status


def run_of_both() -> Run:
    """The one run that MLflow has of the collection."""
    (kept,) = MlflowClient(tracking_uri()).search_runs([experiment("both").experiment_id])
    return kept


def parent(study: str) -> Run:
    found = find_parent(MlflowClient(tracking_uri()), experiment(study).experiment_id, "quick")
    assert found
    return found


@pytest.mark.usefixtures("mlflow_db")
def test_a_page_that_mlflow_does_not_take_is_drawn_and_told(ran: list[Unit], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError("the disk is full")

    write(temperature=TEMPERATURE, neighbors=NEIGHBORS)
    monkeypatch.setattr("ablations.tracking.collection_report.save_collection", full)
    code, told = ablate("run", "both.yaml", "--inline")
    assert code == 0
    assert "the disk is full). It does not have the page of all; 'ablate report' writes it there." in " ".join(
        told.split()
    )
    assert (STORAGE / "reports/both/quick/report.html").is_file()


def broken_for_neighbors(study: str, *arguments: Any, **options: Any) -> object:
    if study == "neighbors":
        raise ZeroDivisionError("a bug")
    return draw_report(study, *arguments, **options)


@pytest.mark.usefixtures("mlflow_db", "ran")
def test_a_note_about_a_figure_names_its_study(monkeypatch: pytest.MonkeyPatch) -> None:
    write(temperature=TEMPERATURE, neighbors=NEIGHBORS)

    def noted(*given: Any) -> Any:
        return dataclasses.replace(draw_report(*given), notes=["look here"])

    monkeypatch.setattr("ablations.tracking.report.draw_report", noted)
    text = ablate("run", "both.yaml", "--inline")[1]
    assert "temperature: look here" in text
    assert "neighbors: look here" in text
