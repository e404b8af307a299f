"""MLflow that is away, comes back, is damaged or asks for a password: nothing is lost, doubled, or told to others."""

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from mlflow import MlflowClient
from recorded import EPOCHS, contents, events, plan, record
from rich.console import Console

from ablations.store.trial_store import TrialStore
from ablations.tracking import resilient_tracker
from ablations.tracking.connection.ui import serve
from ablations.tracking.connection.unreachable import trouble
from ablations.tracking.resilient_tracker import ResilientTracker
from ablations.types.redaction import without_secrets

pytestmark = pytest.mark.usefixtures("mlflow_db")


class Broken(Exception):
    """An error of an artifact storage that no list of exceptions has."""


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Callable[[range], list[str]]:
    """Has the calls to MLflow fail whose numbers are in the range; the names of those that were made."""

    def begin(down: range) -> list[str]:
        made: list[str] = []

        class Client(MlflowClient):
            def __getattribute__(self, name: str) -> Any:
                if not name.startswith("_") and name != "tracking_uri":
                    made.append(name)
                    if len(made) - 1 in down:
                        raise Broken("away")
                return super().__getattribute__(name)

        monkeypatch.setattr("ablations.tracking.connection.client.MlflowClient", Client)
        return made

    return begin


def test_an_mlflow_that_goes_away_at_any_call_and_comes_back_holds_what_a_quiet_run_leaves(
    outage: Callable[[range], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resilient_tracker, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(resilient_tracker, "PAUSE_SHARE", 0)
    calls = outage(range(0))
    record(plan("quiet"))
    quiet, count = contents("quiet"), len(calls)
    assert sorted(run["status"] for run in quiet) == ["FAILED"] * 2 + ["FINISHED"] * 3
    assert [len(run["metrics"]["pretrain/loss"]) for run in quiet if run["trial"]] == [EPOCHS] * 4
    for first in range(0, count, 6):
        shutil.rmtree("runs")
        outage(range(first, first + 2))
        if not record(plan(f"away-{first}")).works:  # it was away to the end
            record(plan(f"away-{first}"))
        assert contents(f"away-{first}") == quiet


def test_an_mlflow_that_is_away_is_asked_again_after_a_pause_and_at_the_end(
    outage: Callable[[range], list[str]],
) -> None:
    calls = outage(range(3, 10**6))
    recorder = ResilientTracker(plan("away"), TrialStore(Path("runs")), Console(quiet=True))
    assert (recorder.works, len(calls)) == (False, 4)
    for event in events(plan("away")):
        recorder.record(event)
    assert len(calls) == 4
    recorder.close(["done"])
    assert len(calls) == 5


def test_an_outage_is_said_once_and_so_is_its_end(
    outage: Callable[[range], list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(resilient_tracker, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(resilient_tracker, "PAUSE_SHARE", 0)
    outage(range(12, 15))
    record(plan("away"), Console(width=1000))
    away, back = capsys.readouterr().out.splitlines()
    assert away.endswith("(Broken: away). The run goes on, and logs everything once MLflow is back.")
    assert back == "MLflow answers again, and has what was missing."


def test_every_number_is_sent_to_mlflow_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow looks each point up that it has already, which takes longer than all else."""
    sent: list[tuple[str, str, int]] = []

    def log_batch(self: object, run_id: str, metrics: Any = (), params: Any = (), tags: Any = ()) -> None:
        sent.extend((run_id, metric.key, metric.step) for metric in metrics)
        original(self, run_id, metrics, params, tags)

    original: Any = MlflowClient.log_batch
    monkeypatch.setattr(MlflowClient, "log_batch", log_batch)
    record(plan("quiet"))
    assert len(sent) == len(set(sent)) == 4 * (5 * EPOCHS + 1) + 2  # the seconds of each trial; two were scored


@pytest.mark.parametrize("left", [100, 5000])
def test_a_truncated_database_is_named_and_once_it_is_moved_away_all_is_logged(
    left: int, capsys: pytest.CaptureFixture[str], empty_mlflow: Path
) -> None:
    database = Path("mlflow.db")
    database.write_bytes(empty_mlflow.read_bytes()[:left])
    assert not record(plan("small"), Console(width=1000)).works
    says = f"{database.resolve()} is damaged; move it away and run the study again, which logs all of it"
    assert says in capsys.readouterr().out
    database.rename("damaged.db")
    shutil.copy(empty_mlflow, database)
    made = plan("small")
    assert made.units == []
    assert record(made).works
    assert len(contents("small")) == 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://me:hunter2@lab.org/mlflow", "https://lab.org/mlflow"),
        ("postgresql://me:hunter2@h:1/db failed", "postgresql://h:1/db failed"),
        ("https://me:hunt@er2@lab.org", "https://lab.org"),
        ("Invalid header value 'Bearer hunter2'", "Invalid header value 'Bearer ***'"),
        ("s3://bucket/me@home", "s3://bucket/me@home"),
    ],
)
def test_no_secret_is_told(text: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "hunter2\n")
    assert without_secrets(text) == told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Broken("the first line\nthe second"), "does not answer (Broken: the first line)"),
        (ModuleNotFoundError("No module named 'boto3'", name="boto3"), "pip install boto3"),
        (Broken("(sqlite3.OperationalError) database or disk is full"), "make room and run the study again"),
        (Broken("failed with error code 401 != 200"), "check MLFLOW_TRACKING_USERNAME"),
        (
            Broken('Pool(host=h, port=1): Max retries exceeded (Caused by Error("H(host=h, port=1): refused"))'),
            "does not answer (refused)",
        ),
    ],
)
def test_what_mlflow_says_becomes_a_place_a_reason_and_a_remedy(error: Exception, told: str) -> None:
    text = trouble("https://me:hunter2@lab.org", error).text
    assert text.startswith("MLflow at https://lab.org")
    assert told in text
    assert "hunter2" not in text


def test_the_pages_of_a_server_are_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:hunter2@lab.org")
    serve("127.0.0.1", 5000, Console())
    assert capsys.readouterr().out == "MLFLOW_TRACKING_URI is a server with a page of its own: https://lab.org\n"


def test_a_databases_password_is_in_no_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me:hunter2@lab.org/mlflow")
    calls: list[tuple[list[str], dict[str, str]]] = []

    def run(command: list[str], env: dict[str, str], check: bool) -> CompletedProcess[str]:
        calls.append((command, env))
        return CompletedProcess(command, 0)

    database = "ablations.tracking.connection.ui.check_database"  # its driver may be missing
    monkeypatch.setattr(database, lambda uri: None)
    monkeypatch.setattr("ablations.tracking.connection.ui.subprocess.run", run)
    serve("127.0.0.1", 5000, Console(quiet=True))
    ((command, environment),) = calls
    assert not any("hunter2" in word for word in command)
    assert environment["MLFLOW_BACKEND_STORE_URI"] == "postgresql://me:hunter2@lab.org/mlflow"
