"""MLflow on PostgreSQL, which keeps the lengths that SQLite ignores, takes no NUL, and asks for a password."""

from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
from mlflow import MlflowClient
from recorded import EPOCHS, contents, events, experiment, plan, record, save_report
from rich.console import Console
from sqlalchemy import create_engine, text

from ablations.planning.plan import Plan, make_plan
from ablations.store.trial_store import TrialStore
from ablations.study.grid_forms.points import LONGEST_LABEL
from ablations.study.load import load_study
from ablations.tracking.connection.client import tracking_uri
from ablations.tracking.content.summary import Summary
from ablations.tracking.reader import read_study
from helpers import small_study

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not postgres.programs(), reason="no PostgreSQL: apt-get install postgresql"),
]
LONG = "a very long label " * 20
LABEL = LONG[:LONGEST_LABEL].strip()
GRID = f"""\
title: {LONG}
claims:
  - {{says: {LONG}, source: {LONG}, cells: [[{LABEL}, {LABEL}, {LABEL}]]}}
grid:
  loss.temperature: {{{LABEL}: 0.1, short: 0.5}}
  optimizer.weight_decay: {{{LABEL}: 0.1}}
  evaluate.neighbors: {{{LABEL}: 5}}
baselines:
  {LABEL}: {{epochs: 0}}
"""


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    pytest.importorskip("psycopg2")
    with postgres.server() as uri:
        yield uri


@pytest.fixture(autouse=True)
def used(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", database)


def long_plan() -> Plan:
    Path("study.yaml").write_text(small_study(GRID, EPOCHS, "long"), encoding="utf-8")
    return make_plan(load_study("study.yaml"), TrialStore(Path("runs")), Path("data"))


def test_a_study_holds_there_what_it_holds_on_sqlite(
    monkeypatch: pytest.MonkeyPatch, empty_mlflow: Path, database: str
) -> None:
    save_report(record(plan("small")))
    there = contents("small")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{empty_mlflow}")
    save_report(record(plan("small")))
    here = contents("small")
    for run in (*there, *here):
        run["metrics"] = {name: [(step, value) for step, _, value in values] for name, values in run["metrics"].items()}
    assert there == here


def test_long_names_nul_and_halves_of_characters_are_kept_within_its_limits() -> None:
    made = long_plan()
    list(events(made))
    store = TrialStore(Path("runs"))
    failed = next(result for result in store.results(made.trials).values() if result.state == "failed")
    object.__setattr__(failed, "error", f"a file called \0 or \udce9: {LONG * 100}")
    object.__setattr__(failed, "traceback", "Traceback: \udce9")
    store.save_result(failed)
    recorder = record(long_plan(), Console(width=1000))
    assert (recorder.works, recorder.refusal) == (True, "")
    Path("report").mkdir()
    found = Summary([], LONG * 500, ["loss.temperature"], "top1", [], {"best/top1": 1.0}, {})
    recorder.save_report(Path("report"), found)
    assert (recorder.works, recorder.refusal) == (True, "")
    table = read_study("long", "quick").table
    assert sorted(table["state"]) == ["done", "failed", "failed"]
    assert LABEL in table["loss.temperature"].tolist()
    client = MlflowClient(tracking_uri())
    runs = client.search_runs([experiment("long").experiment_id])
    assert max(len(run.info.run_name) for run in runs) == 250
    assert {run.info.run_name[-8:] for run in runs} == {", seed 0", "at quick"}


def test_a_folder_whose_path_is_too_long_for_it_is_told_with_what_it_says(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """MLflow keeps the artifacts of such a database below the current folder, and their path within 200 characters."""
    deep = tmp_path / ("d" * 200)
    deep.mkdir()
    monkeypatch.chdir(deep)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"{database}?application_name=deep")  # MLflow keeps a folder for each URI
    recorder = record(plan("deep"), Console(width=1000))
    assert not recorder.works
    assert recorder.refusal.endswith("takes none as long as here; run in a folder with a shorter path")
    assert postgres.PASSWORD not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (("hunter2hunter2", "wrong"), "denies access; check user and password in MLFLOW_TRACKING_URI"),
        (("me:", "nobody:"), "denies access; check user and password in MLFLOW_TRACKING_URI"),
        (("/postgres", "/nowhere"), "does not exist; create the database, or correct MLFLOW_TRACKING_URI"),
    ],
)
def test_a_wrong_address_is_told_with_its_remedy(
    wrong: tuple[str, str], says: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", database.replace(*wrong))
    recorder = record(plan("small"))
    assert (recorder.works, says in recorder.refusal) == (False, True), recorder.refusal


def test_a_table_that_may_not_be_written_is_told(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    record(plan("small"))
    with create_engine(database).begin() as connection:
        connection.execute(text("CREATE ROLE reader LOGIN PASSWORD 'hunter2hunter2'"))
        connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", database.replace("me:", "reader:"))
    recorder = record(plan("small"))
    assert not recorder.works
    assert "refuses this" in recorder.refusal
    assert "permission denied for table" in recorder.refusal
    assert len(read_study("small", "quick").table) == 4
