"""One trial walks down through the rooms, each once."""

import inspect
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ablations.cli.app import app
from helpers import small_study

ROOT = Path(__file__).parent.parent
ORDER = ("cli", "running", "tracking", "planning", "study", "store", "types")
DEEPEST = {
    "ablations.study.collection.load_study": ["cli", "study"],
    "ablations.planning.plan.enumerate_trials": ["cli", "planning"],
    "ablations.running.worker.pretrain": ["cli", "running"],
    "ablations.running.worker.evaluate": ["cli", "running"],
    "ablations.tracking.resilient_tracker.Tracker": ["cli", "running", "tracking"],
    "ablations.tracking.report.update_report": ["cli", "running", "tracking"],
}
"""Places where a run leaves a room for the last time, and the rooms it has passed on the way there."""


@pytest.mark.usefixtures("mlflow_db")
@pytest.mark.parametrize("place", DEEPEST, ids=lambda place: place.rpartition(".")[2])
def test_one_trial_walks_down_through_the_rooms(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("study.yaml").write_text(small_study("grid: {loss.temperature: [0.1]}\n", epochs=1))
    module, _, name = place.rpartition(".")
    called = getattr(__import__(module, fromlist=[name]), name)
    walks: list[list[str]] = []

    def watched(*arguments: Any, **options: Any) -> Any:
        walks.append(_rooms())
        return called(*arguments, **options)

    monkeypatch.setattr(place, watched)
    result = CliRunner().invoke(app, ["run", "study.yaml", "--inline"])
    assert result.exit_code == 0, result.output
    assert walks == [DEEPEST[place]]


def _rooms() -> list[str]:
    """The rooms of the functions that are being called, outermost first."""
    modules = [frame.frame.f_globals["__name__"] for frame in reversed(inspect.stack())]
    rooms = [module.split(".")[1] for module in modules if module.startswith("ablations.")]
    return [room for room, _ in groupby(room for room in rooms if room in ORDER)]


def test_the_order_is_that_of_the_contract() -> None:
    contract = (ROOT / ".importlinter").read_text()
    layers = contract.split("containers = ablations")[1].split("layers =")[1].split("\n\n")[0]
    assert [room for line in layers.split() for room in line.split("|") if room and room != "api"] == list(ORDER)
