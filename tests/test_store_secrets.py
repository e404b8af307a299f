"""Studies and storages never run code, and secrets of the environment are written nowhere."""

import pickle
from io import StringIO
from pathlib import Path

import pytest
import torch
from rich.console import Console

from ablations.planning.plan import make_plan
from ablations.running.outcome import Outcome
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from helpers import small_study

pytestmark = pytest.mark.usefixtures("mlflow_db")

SECRETS = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "HF_TOKEN",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "RAY_AUTH_TOKEN",
)
SECRET = "hunter2hunter2"
WHERE = Where(Path("runs"), Path("data"), inline=True)


def run(console: Console) -> Outcome:
    Path("study.yaml").write_text(small_study("grid: {loss.temperature: [0.5]}\n", 1))
    return run_plan(make_plan(load_study("study.yaml"), TrialStore(WHERE.storage), WHERE.data_dir), WHERE, console)


def test_secrets_of_the_environment_are_written_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by a trial that fails either, whose traceback is kept."""
    for name in SECRETS:
        monkeypatch.setenv(name, SECRET)

    def fail(*args: object, **options: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("ablations.running.worker.evaluate", fail)
    said = StringIO()
    outcome = run(Console(file=said))
    assert outcome.failed == 1
    files = [path for path in Path().rglob("*") if path.is_file()]
    assert any(b"a bug" in path.read_bytes() for path in files)
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    assert SECRET not in said.getvalue()


class Bomb:
    """Whoever unpickles it makes a file."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("exploded").resolve(),)


@pytest.mark.parametrize("name", ["encoder.pt", "checkpoint.pt"])
def test_a_pickle_in_the_storage_is_not_opened(name: str) -> None:
    """It is as good as damaged: the training is done again."""
    run(Console(quiet=True))
    (encoder,) = Path("runs/encoders").iterdir()
    for path in [*Path("runs").glob("trials/*/result.json"), encoder / "encoder.pt"]:
        path.unlink()
    torch.save({"state": Bomb()}, encoder / name)
    assert run(Console(quiet=True)).done == 1
    assert not Path("exploded").exists()
    with pytest.raises(pickle.UnpicklingError):  # the bomb is one
        torch.load(_bomb(), weights_only=True)
    torch.load(_bomb(), weights_only=False)
    assert Path("exploded").exists()


def _bomb() -> Path:
    path = Path("bomb.pt")
    torch.save(Bomb(), path)
    return path
