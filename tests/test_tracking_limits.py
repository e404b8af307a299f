"""Values that MLflow or its database refuses are shortened, named, or told with exit code 1."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST, INVALID_PARAMETER_VALUE, TEMPORARILY_UNAVAILABLE
from mlflow.utils.validation import _validate_metric_name, _validate_param, _validate_tag
from recorded import contents, events, experiment, plan, record
from rich.console import Console
from typer.testing import CliRunner

from ablations.cli.app import app
from ablations.store.trial_store import TrialStore
from ablations.tracking import resilient_tracker
from ablations.tracking.connection.client import TRIAL, tracking_uri
from ablations.tracking.content import limits
from ablations.tracking.reader import read_study
from ablations.types.errors import AblateError
from helpers import small_study

pytestmark = pytest.mark.usefixtures("blank_figures")

TEXT = st.text(max_size=600) | st.text(alphabet="/.a\0\ud800é", max_size=20)


@given(TEXT)
def test_names_are_made_acceptable_or_told_to_be(name: str) -> None:
    (parameter,), (tag,) = limits.parameters({name: 1}), limits.tags({name: "1"})
    _validate_param(parameter.key, "1")
    _validate_tag(tag.key, "1")
    if limits.takes_name(name):
        _validate_metric_name(name)
        assert limits.parameters({name: 1})[0].key == name


@given(st.lists(TEXT, unique=True, max_size=4))
def test_different_names_stay_different(names: list[str]) -> None:
    assert len({parameter.key for parameter in limits.parameters(dict.fromkeys(names, 1))}) == len(names)


@given(TEXT)
def test_texts_are_kept_within_what_databases_take(text: str) -> None:
    (tag,) = limits.tags({"a": text + "b" * 9000})
    assert len(tag.value) == limits.TAG
    for kept in (tag.value, limits.run_name(text), limits.parameters({"a": text})[0].value):
        assert "\0" not in kept
        kept.encode()


def test_a_long_trial_name_keeps_its_beginning_and_its_seed() -> None:
    name = limits.run_name(f"{'a' * 400}, seed 12")
    assert len(name) == limits.RUN_NAME
    assert name.startswith("aaa")
    assert name.endswith("a, seed 12")


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[..., Exception | None]], None]:
    """Has a method of MLflow's client raise what a function of its arguments says."""

    def refuse(method: str, decide: Callable[..., Exception | None]) -> None:
        original = getattr(MlflowClient, method)

        def call(self: MlflowClient, *arguments: Any, **named: Any) -> Any:
            if error := decide(*arguments, **named):
                raise error
            return original(self, *arguments, **named)

        monkeypatch.setattr(MlflowClient, method, call)

    return refuse


@pytest.mark.usefixtures("mlflow_db")
def test_a_value_that_mlflow_refuses_costs_its_trial_alone(
    refusing: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    refused: list[str] = []

    def decide(experiment_id: str, start: int, tags: dict[str, str], run_name: str) -> Exception | None:
        if TRIAL in tags and not refused:  # the parent run is created first
            refused.append(run_name)
        is_it = run_name in refused
        return MlflowException("value too long for type character varying(250)", BAD_REQUEST) if is_it else None

    refusing("create_run", lambda *arguments, **named: decide(*arguments) if len(arguments) == 4 else None)
    recorder = record(plan("small"), Console(width=1000))
    lost = next(trial.id for trial in plan("small").trials if trial.name == refused[0])
    assert recorder.works
    assert sum(run["trial"] is not None for run in contents("small")) == 3
    assert re.fullmatch(
        r"MLflow does not take 1 of 4 trials, which the store keeps: MLflow at .* refuses this \(.*too long.*\)",
        recorder.refusal,
    )
    (told,) = capsys.readouterr().out.splitlines()
    assert told.startswith(f"trial {lost}: MLflow at ")
    assert told.endswith("It is left out there, and kept in the store.")


@pytest.mark.usefixtures("mlflow_db")
def test_a_metric_whose_name_mlflow_refuses_is_named_and_costs_itself_alone(capsys: pytest.CaptureFixture[str]) -> None:
    made = plan("small")
    list(events(made))
    store = TrialStore(Path("runs"))
    first = next(result for result in store.results(made.trials).values() if result.metrics)
    first.metrics["a=b"] = 1.0
    store.save_result(first)
    recorder = record(plan("small"), Console(width=1000))
    assert (recorder.works, recorder.refusal) == (True, "")
    (told,) = capsys.readouterr().out.splitlines()
    assert told.startswith(f"trial {first.trial_id}: MLflow takes no metric called 'a=b'; it is left out there")
    table = read_study("small", "quick").table.set_index("trial_id")
    assert table.loc[first.trial_id, "linear_eval/top1"] == 40.0
    assert len(contents("small")) == 5


LASTING: dict[str, tuple[Exception, str]] = {
    "a refusal": (MlflowException("no", INVALID_PARAMETER_VALUE), "refuses this (MlflowException: no)"),
    "no access": (MlflowException("failed with error code 403"), "denies access; check MLFLOW_TRACKING_USERNAME"),
    "an old schema": (MlflowException("Detected out-of-date database schema"), "'mlflow db upgrade'"),
}


@pytest.mark.usefixtures("mlflow_db")
@pytest.mark.parametrize("name", LASTING)
def test_an_error_that_lasts_is_told_as_what_it_is_and_tried_again_at_the_end_alone(
    name: str, refusing: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    error, says = LASTING[name]
    tries: list[int] = []

    def refuse(*arguments: object) -> Exception:
        tries.append(1)
        return error

    refusing("get_experiment_by_name", refuse)
    recorder = record(plan("small"), Console(width=1000))
    assert (recorder.works, len(tries)) == (False, 2)
    assert says in recorder.refusal
    (told,) = capsys.readouterr().out.splitlines()
    assert told == f"{recorder.refusal}. The run goes on without it, and keeps everything in the store."


@pytest.mark.usefixtures("mlflow_db")
def test_absence_is_no_refusal(refusing: Callable[..., None]) -> None:
    refusing("get_experiment_by_name", lambda *arguments: MlflowException("busy", TEMPORARILY_UNAVAILABLE))
    recorder = record(plan("small"))
    assert (recorder.works, recorder.refusal) == (False, "")


@pytest.mark.usefixtures("mlflow_db")
def test_what_was_deleted_in_mlflow_during_a_run_is_written_anew(capsys: pytest.CaptureFixture[str]) -> None:
    client, made = MlflowClient(tracking_uri()), plan("small")
    recorder = resilient_tracker.ResilientTracker(made, TrialStore(Path("runs")), Console(width=1000))
    for number, event in enumerate(events(made)):
        recorder.record(event)
        runs = client.search_runs([experiment("small").experiment_id])
        if number == 0:
            client.delete_run(next(run.info.run_id for run in runs if TRIAL in run.data.tags))
        if number == 3:
            client.delete_run(next(run.info.run_id for run in runs if TRIAL not in run.data.tags))
    recorder.close(["done"])
    assert (recorder.works, recorder.refusal, capsys.readouterr().out) == (True, "", "")
    written = contents("small")
    assert len({run["trial"] for run in written}) == len(written) == 5


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("mlruns", "MLflow at mlruns is a folder, and MLflow 3 writes to none; set MLFLOW_TRACKING_URI to sqlite:///"),
        ("ftp://lab.org", "MLflow at ftp://lab.org is no address that MLflow knows; set MLFLOW_TRACKING_URI to sqlite"),
        ("mysql+nothing://me@lab.org/x", "MLflow at mysql+nothing://lab.org/x is no address that MLflow"),
        ("sqlite:////proc/nowhere/mlflow.db", "mlflow.db cannot be used ("),
    ],
)
def test_a_tracking_uri_that_cannot_work_is_told_with_exit_code_1(
    uri: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    Path("study.yaml").write_text(small_study("grid: {loss.temperature: [0.1]}\n", 1), encoding="utf-8")
    result = CliRunner().invoke(app, ["run", "study.yaml", "--inline"])
    assert (result.exit_code, "1 done, 0 failed" in result.output) == (1, True), result.output
    last = result.output.splitlines()[-1]
    assert last.startswith("small: not logged: ")
    assert says in last
    assert "once MLflow is back" not in result.output
    result = CliRunner().invoke(app, ["report", "study.yaml"])
    assert (result.exit_code, says in result.output) == (1, True), result.output
    monkeypatch.delenv("MLFLOW_TRACKING_URI")


@pytest.mark.usefixtures("mlflow_db")
@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_a_damaged_description_is_named_and_the_next_run_writes_it_again(content: str) -> None:
    record(plan("small"))
    (path,) = Path("mlruns").glob("small/*/artifacts/study.json")
    whole = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(content, encoding="utf-8")
    with pytest.raises(AblateError, match=r"study\.json of run \w+ is damaged; run the study again, which writes it"):
        read_study("small", "quick")
    record(plan("small"))
    assert json.loads(path.read_text(encoding="utf-8")) == whole
    path.unlink()
    with pytest.raises(AblateError, match=r"study\.json of run \w+ is gone; run the study again, which writes it"):
        read_study("small", "quick")
