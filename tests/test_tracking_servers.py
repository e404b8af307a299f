"""Other people's MLflow: a server that goes away, one that asks for a password, one that keeps artifacts in S3."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from recorded import contents, events, plan, record, save_report
from rich.console import Console

from ablations.store.trial_store import TrialStore
from ablations.tracking import resilient_tracker
from ablations.tracking.reader import read_study
from ablations.tracking.resilient_tracker import ResilientTracker

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("mlflow_db")]

PATIENCE = 120
SECRET = "hunter2hunter2"
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def start(port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts ``mlflow server`` on the port, with a database of its own, and turns to it."""
    servers = []

    def begin(*options: str, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1", *options]
        command += ["--backend-store-uri", f"sqlite:///{Path('server.db').resolve()}"]
        quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        with Path("server.log").open("ab") as log:
            process = subprocess.Popen(command, env=os.environ | quiet | environment, stdout=log, stderr=log)
        servers.append(process)
        wait_for(port)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
        return process

    yield begin
    for process in servers:
        stop(process)


def wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < deadline, Path("server.log").read_text()
            time.sleep(0.2)


def stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    server.wait(PATIENCE)


def test_a_server_that_is_stopped_and_started_in_mid_run_ends_with_what_a_quiet_run_leaves(
    start: Start, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(resilient_tracker, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(resilient_tracker, "PAUSE_SHARE", 0)
    record(plan("quiet"))
    quiet = contents("quiet")
    shutil.rmtree("runs")
    options = ("--serve-artifacts", "--artifacts-destination", "artifacts")
    server = start(*options)
    recorder = ResilientTracker(made := plan("away"), TrialStore(Path("runs")), Console(width=1000))
    for number, event in enumerate(events(made)):
        if number == 1:
            stop(server)
        if number == 5:
            start(*options)
        recorder.record(event)
    recorder.close(["done"])
    assert contents("away") == quiet
    away, back = capsys.readouterr().out.splitlines()
    assert "refused" in away
    assert back == "MLflow answers again, and has what was missing."


def test_a_password_opens_a_server_and_is_found_nowhere(
    start: Start, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("flask_wtf")
    settings = f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{Path('users.db').resolve()}\n"
    settings += "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\nadmin_username = me\n"
    Path("auth.ini").write_text(f"{settings}admin_password = {SECRET}\n")
    options = ("--app-name", "basic-auth", "--artifacts-destination", "artifacts")
    start(*options, MLFLOW_AUTH_CONFIG_PATH="auth.ini", MLFLOW_FLASK_SERVER_SECRET_KEY="key")
    Path("auth.ini").unlink()
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "me")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "a wrong password")
    assert not record(plan("small"), Console(width=1000)).works
    output = capsys.readouterr().out
    assert f"MLflow at http://127.0.0.1:{port} denies access" in output
    assert "wrong" not in output
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", SECRET)
    assert record(plan("small")).works
    monkeypatch.delenv("MLFLOW_TRACKING_PASSWORD")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://me:{SECRET}@127.0.0.1:{port}")
    recorder = record(plan("small"))
    save_report(recorder)
    assert len(contents("small")) == 5
    files = [path for path in Path().rglob("*") if path.is_file()]
    assert {"report.html", "study.json", "server.db"} <= {path.name for path in files}
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def test_artifacts_go_to_s3_and_reports_come_from_there(
    start: Start, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    boto3, moto = pytest.importorskip("boto3"), pytest.importorskip("moto.server")
    storage = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    storage.start()
    address = "http://{}:{}".format(*storage.get_host_and_port())
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "me")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = boto3.resource("s3", endpoint_url=address).create_bucket(Bucket="lab")
    start("--default-artifact-root", "s3://lab/mlflow")
    recorder = record(plan("small"))
    save_report(recorder)
    assert recorder.works
    assert read_study("small", "quick").table["state"].tolist().count("done") == 2
    names = [Path(stored.key).name for stored in bucket.objects.all()]
    assert names.count("config.json") == 4
    assert {"study.json", "traceback.txt", "report.html", "figure.png"} <= set(names)
    storage.stop()
    assert not record(plan("other"), Console(width=1000)).works
    output = capsys.readouterr().out
    assert "Everything is kept in the store" in output
    assert SECRET not in output
