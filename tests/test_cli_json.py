"""``--json`` prints one document on stdout in every case, with the documented keys."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import invoke
from mlflow import MlflowClient

from ablations.cli.json_documents.diff import DiffDocument
from ablations.cli.json_documents.plan import PlanDocument
from ablations.cli.json_documents.report import ReportDocument
from ablations.cli.json_documents.run import RunDocument
from ablations.cli.json_documents.show import ShowDocument
from ablations.cli.json_documents.status import StatusDocument
from ablations.cli.json_documents.studies import ListDocument
from ablations.cli.json_documents.verdicts import VerdictEntry
from ablations.study.settings import dotted_values
from ablations.tracking.connection.client import tracking_uri
from helpers import small_study
from reports.statistics.record import read_record, verdict_values
from reports.statistics.verdicts import judge_page

pytestmark = pytest.mark.usefixtures("blank_figures")

STUDY = small_study("grid: {loss.temperature: [0.1, 0.5]}\nbaselines: {random: {epochs: 0}}\n", epochs=1)


def ablate(*arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors."""
    result = invoke(*arguments)
    return result.exit_code, result.stdout, result.stderr


def document(*arguments: str) -> Any:
    return json.loads(ablate(*arguments, "--json")[1])


@pytest.fixture
def study() -> str:
    Path("studies").mkdir()
    Path("studies/small.yaml").write_text(STUDY)
    return "small"


def test_plan_has_every_trial_and_what_it_costs(study: str) -> None:
    plan = PlanDocument.model_validate(document("plan", study))
    assert (plan.study, plan.scale, plan.label) == ("small", "quick", "quick")
    assert plan.counts.model_dump() == {
        "trials": 3,
        "trainings": 3,
        "done": 0,
        "failed": 0,
        "stopped": 0,
        "waiting": 3,
    }
    assert [trial.coordinates for trial in plan.trials] == [{"loss.temperature": 0.1}, {"loss.temperature": 0.5}, {}]
    assert [trial.baseline for trial in plan.trials] == [None, None, "random"]
    assert plan.cost and plan.cost.images > 0 and plan.cost.seconds is None
    assert any("too few to learn from" in note for note in plan.notes)
    assert document("run", study, "--dry-run") == document("plan", study)


def test_a_plan_has_the_whole_configuration_and_where_each_value_comes_from(study: str) -> None:
    plan = PlanDocument.model_validate(document("plan", study, "--set", "optimizer.weight_decay=0.5"))
    shared = {setting.path: setting for setting in plan.settings}
    scale, set_ = shared["encoder.name"], shared["optimizer.weight_decay"]
    assert (scale.value, scale.origin, Path(scale.place.split(":")[0]).name) == ("resnet10", "scale", "quick.yaml")
    assert (shared["head.kind"].value, shared["head.kind"].origin) == ("nonlinear", "default")
    assert (shared["batch_size"].origin, shared["batch_size"].place) == ("study", "studies/small.yaml:6:15")
    assert (set_.value, set_.origin, set_.place) == (0.5, "--set", "--set optimizer.weight_decay=0.5")
    first, _, baseline = plan.trials
    temperature = {setting.path: setting for setting in first.settings}["loss.temperature"]
    assert (temperature.value, temperature.origin) == (0.1, "cell")
    epochs = {setting.path: setting for setting in baseline.settings}["epochs"]
    assert (epochs.value, epochs.origin) == (0, "baseline")
    for trial in plan.trials:  # together they are the whole configuration
        values = {setting.path: setting.value for setting in [*plan.settings, *trial.settings]}
        shown = document("show", trial.id, "--study", study, "--set", "optimizer.weight_decay=0.5")
        pretrain, evaluate = shown["config"]["pretrain"], shown["config"]["evaluate"]
        assert values == dotted_values(pretrain | {"evaluate": evaluate})


def test_a_run_and_what_it_leaves(study: str, mlflow_db: None) -> None:
    """One run, looked at by every command."""
    code, out, err = ablate("run", study, "--inline", "--json")
    run = RunDocument.model_validate_json(out)
    assert (code, run.done, run.failed, run.left) == (0, 3, 0, 0)
    assert "3 trials, 3 trainings" in err
    assert run.report and Path(run.report.figure).is_file() and Path(run.report.page).is_file()

    status = StatusDocument.model_validate(document("status", study))
    assert status.counts.done == 3
    assert all("linear_eval/top1" in trial.metrics for trial in status.trials)
    assert PlanDocument.model_validate(document("plan", study)).cost is None
    assert ReportDocument.model_validate(document("report", study)) == run.report

    one, other, _ = run.trials
    show = ShowDocument.model_validate(document("show", one))
    assert (show.state, show.config["pretrain"]["loss"]["temperature"], len(show.epochs)) == ("done", 0.1, 1)
    diff = DiffDocument.model_validate(document("diff", one, other))
    assert [(d.name, d.one, d.other) for d in diff.config] == [("pretrain.loss.temperature", 0.1, 0.5)]
    assert {"linear_eval/top1", "knn/top1"} >= {d.name for d in diff.result if d.name.endswith("top1")}

    listed = {entry.name: entry for entry in ListDocument.model_validate(document("list")).studies}
    assert listed["small"].counts and listed["small"].counts.done == 3
    assert listed["small"].flops_left == 0
    assert listed["quickstart"].seconds_left is not None  # by the speed of the run above


def test_a_verdict_has_the_same_numbers_everywhere(mlflow_db: None) -> None:
    Path("studies").mkdir()
    claims = """\
seeds: 3
claims:
  - {says: cold is better, source: here, cells: [[0.1]], than: [[0.5]]}
  - says: both
    source: here
    kind: all
    parts:
      - {says: warm is better, cells: [[0.5]], than: [[0.1]]}
      - {says: alike, kind: similar, axis: loss.temperature, margin: 90}
"""
    Path("studies/small.yaml").write_text(small_study("grid: {loss.temperature: [0.1, 0.5]}\n" + claims, epochs=1))
    report = RunDocument.model_validate(document("run", "small", "--inline")).report
    assert report
    first, second = report.verdicts
    assert (first.unit, first.metric, first.seeds, first.claims, first.matters) == ("points", "top1", 3, 2, "1 point")
    assert first.effect is not None and first.interval is not None and first.level is not None
    assert first.interval[0] < first.effect < first.interval[1]
    assert [part.says for part in second.parts] == ["warm is better", "alike"]
    assert second.parts[0].effect == -first.effect
    assert StatusDocument.model_validate(document("status", "small")).verdicts == report.verdicts
    assert ReportDocument.model_validate(document("report", "small")).verdicts == report.verdicts
    judged = read_record(Path("runs/reports/small/quick"))  # the file is whole: anyone can judge again
    again = [VerdictEntry.model_validate(verdict_values(one)) for one in judge_page([judged])[0]]
    assert [(one.verdict, one.effect) for one in again] == [(one.verdict, one.effect) for one in report.verdicts]
    run = MlflowClient(tracking_uri()).search_runs(["1"], "tags.ablate.study = 'small'")[0]
    assert run.data.tags["ablate.claim.1"] == f"{first.verdict}: cold is better"
    found = {name.removeprefix("claims/1"): run.data.metrics[name] for name in run.data.metrics if "claims/1" in name}
    low, high = first.interval
    wanted = {"": first.effect, "_low": low, "_high": high, "_level": first.level, "_p": first.p, "_seeds": 3.0}
    assert found == wanted


def test_list_tells_what_is_left_at_a_scale(study: str) -> None:
    quick, paper = (
        {entry["name"]: entry for entry in document("list", "--scale", scale)["studies"]}
        for scale in ("quick", "cifar10")
    )
    assert paper["quickstart"]["flops_left"] > 1000 * quick["quickstart"]["flops_left"]
    _, text, _ = ablate("list")
    row = next(line for line in text.splitlines() if line.split()[:1] == ["small"])
    assert row.split()[1:4] == ["3", "3", "waiting"]
    assert "FLOPs" in row


def test_list_ends_at_no_broken_study_and_no_missing_data() -> None:
    Path("studies").mkdir()
    Path("studies/broken one.yaml").write_text("name: broken\n")
    Path("studies/mine.yaml").write_text("name: mine\nbase: {data.name: photos}\ngrid: {loss.temperature: [1, 2]}\n")
    listed = {entry["name"]: entry for entry in document("list")["studies"]}
    assert (listed["broken one"]["counts"], "'grid' is required" in listed["broken one"]["problem"]) == (None, True)
    assert (listed["mine"]["counts"]["waiting"], listed["mine"]["flops_left"]) == (2, None)
    assert "no folder data/photos/train" in listed["mine"]["problem"]
    assert "no data" in ablate("list")[1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["plan", "nowhere"], 2),
        (["run", "small", "--set", "loss.temperature=-1"], 2),
        (["show", "zzz"], 2),
        (["report", "small"], 1),
    ],
)
def test_an_error_leaves_stdout_empty(study: str, mlflow_db: None, arguments: list[str], expected: int) -> None:
    code, out, err = ablate(*arguments, "--json")
    assert (code, out, bool(err)) == (expected, "", True)


def test_an_interruption_is_exit_code_130(study: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ablations.running.run.run_studies", interrupted)
    for option in ("--json", "--quiet"):
        code, out, err = ablate("run", study, option)
        assert (code, out, "continue with" in err) == (130, "", True)


def test_names_in_other_scripts_and_brackets_survive() -> None:
    Path("odd.yaml").write_text("name: odd\ntitle: 'α [/b] \\ \"'\ngrid: {loss.temperature: [0.1, 0.5]}\n")
    code, out, _ = ablate("plan", "odd.yaml", "--json")
    assert (code, out.isascii(), json.loads(out)["title"]) == (0, True, 'α [/b] \\ "')


def test_a_quiet_run_says_nothing(study: str, mlflow_db: None) -> None:
    assert ablate("run", study, "--inline", "--quiet") == (0, "", "")


def test_a_quiet_run_tells_what_failed(study: str, mlflow_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("x")

    monkeypatch.setattr("ablations.running.worker.evaluate", broken)
    code, out, err = ablate("run", study, "--inline", "--quiet")
    assert (code, out) == (1, "")
    assert err.count("failed: ZeroDivisionError: x") == 3
