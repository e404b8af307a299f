"""SIGKILL and Ctrl-C at any moment: nothing finished is lost, nothing runs twice, nothing is left running."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from command_line import ablate
from mlflow import MlflowClient

from ablations.tracking.connection.client import TRIAL, child_runs, tracking_uri
from ablations.tracking.reader import read_study

pytestmark = pytest.mark.usefixtures("mlflow_db")

STUDY = """\
name: small
base:
  data: {name: shapes, image_size: 16, subset: 400}
  encoder: {width: 0.125}
  schedule.warmup_epochs: 0.5
  batch_size: 32
  epochs: 4
  precision: float32
  evaluate: {l2_count: 2, neighbors: 5}
grid:
  loss.temperature: [0.1, 0.2, 0.5]
  head.kind: [linear, nonlinear]
"""
COUNTING = """\
import sys
from pathlib import Path
from ablations.cli import app as cli
from ablations.running import worker
pretrain = worker.pretrain
def counted(config, *arguments, **options):
    with Path("trainings").open("a") as file:
        file.write(f"{config.loss.temperature} {config.head.kind}\\n")
    return pretrain(config, *arguments, **options)
worker.pretrain = counted
cli.main()
"""
"""``ablate`` that writes down every training that is begun in its own process."""
TRIALS = 6
PATIENCE = 300


def start(*options: str, program: tuple[str, str] = ("-m", "ablations")) -> subprocess.Popen[str]:
    """``ablate run`` as a process group of its own, as a shell would start it."""
    Path("study.yaml").write_text(STUDY)
    command = [sys.executable, *program, "run", "study.yaml", *options]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
        preexec_fn=listen_to_ctrl_c,
    )


def listen_to_ctrl_c() -> None:
    """A process that a shell starts in the background, such as these tests, ignores it, and its children would."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finish(*options: str) -> str:
    """The output of a run to its end. It is in this process, unless Ray is."""
    Path("study.yaml").write_text(STUDY)
    if "--inline" in options:
        code, text = ablate("run", "study.yaml", *options)
    else:
        run = start(*options)
        text, _ = run.communicate(timeout=PATIENCE)
        code = run.returncode
    assert code == 0, text
    return text


def finished() -> int:
    return len(list(Path("runs/trials").glob("*/result.json")))


def wait_for(count: int, run: subprocess.Popen[str]) -> None:
    """Until so many trials are finished."""
    deadline = time.monotonic() + PATIENCE
    while finished() < count and run.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def outcome() -> pd.DataFrame:
    metrics = ["name", "state", "linear_eval/top1", "linear_eval/l2", "knn/top1", "pretrain/loss", "pretrain/entropy"]
    return read_study("small", "quick").table[metrics]


def runs_in_mlflow() -> list[str]:
    """The trial id of every child run."""
    recorded = read_study("small", "quick")
    children = child_runs(MlflowClient(tracking_uri()), recorded.experiment_id, recorded.run_id)
    return [child.data.tags[TRIAL] for child in children]


def epochs_logged() -> set[int]:
    client = MlflowClient(tracking_uri())
    recorded = read_study("small", "quick")
    return {len(client.get_metric_history(run_id, "pretrain/loss")) for run_id in recorded.table["run_id"]}


def processes_of_ray() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if re.search(r"raylet|gcs_server|ray::", command):
            found.append(command[:80])
    return found


def kill_and_compare(
    options: tuple[str, ...], moments: list[tuple[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kill at so many finished trials and so many seconds more; then finish, and compare with a quiet run."""
    for count, seconds in moments:
        run = start(*options)
        wait_for(count, run)
        time.sleep(seconds)
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        stored = {path: path.read_bytes() for path in Path("runs/trials").glob("*/result.json")}
    finish(*options)
    assert all(path.read_bytes() == content for path, content in stored.items()), "a finished trial ran again"
    interrupted = outcome()
    assert interrupted["state"].tolist() == ["done"] * TRIALS
    assert sorted(runs_in_mlflow()) == sorted(set(runs_in_mlflow()))
    assert epochs_logged() == {4}
    Path("quiet").mkdir()
    monkeypatch.chdir("quiet")
    finish(*options)
    assert interrupted.equals(outcome())


@pytest.mark.usefixtures("blank_figures")
def test_a_driver_killed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kill_and_compare(("--inline",), [(2, 0.3)], monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("one_is_killed", [False, True])
def test_two_runs_share_the_work_and_one_goes_on_when_the_other_is_killed(one_is_killed: bool) -> None:
    one, two = (start("--inline", program=("-c", COUNTING)) for _ in range(2))
    if one_is_killed:
        wait_for(2, two)
        os.killpg(one.pid, signal.SIGKILL)
    text, _ = two.communicate(timeout=PATIENCE)
    assert two.returncode == 0, text
    assert f"{TRIALS} done, 0 failed" in text
    text, _ = one.communicate(timeout=PATIENCE)
    assert one.returncode == (-signal.SIGKILL if one_is_killed else 0), text
    begun = Path("trainings").read_text().split("\n")[:-1]
    assert len(set(begun)) == TRIALS
    assert len(begun) in ((TRIALS, TRIALS + 1) if one_is_killed else (TRIALS,))  # at most the one in its hands again
    assert sorted(runs_in_mlflow()) == sorted(set(runs_in_mlflow()))
    assert len(runs_in_mlflow()) == TRIALS
    assert epochs_logged() == {4}


@pytest.mark.slow
def test_a_driver_on_ray_killed_at_five_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    kill_and_compare((), [(0, 5.0), (0, 12.0), (1, 0.1), (2, 0.8), (4, 0.4)], monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_no_process_and_says_how_to_continue(sign: signal.Signals) -> None:
    before = set(processes_of_ray())
    run = start()
    wait_for(1, run)
    os.killpg(run.pid, sign) if sign is signal.SIGINT else os.kill(run.pid, sign)
    text, _ = run.communicate(timeout=60)
    assert run.returncode == 130, text
    assert "continue with" in text
    assert "python -m ablations run study.yaml" in text
    deadline = time.monotonic() + 60
    while set(processes_of_ray()) - before and time.monotonic() < deadline:
        time.sleep(0.2)
    assert set(processes_of_ray()) <= before
    assert finished() < TRIALS
    assert f"{TRIALS} done" in finish()
