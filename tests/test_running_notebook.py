"""A run in a notebook is one output that is updated in place, however many events there are."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rich.console import Console

from ablations.planning.plan import Plan, make_plan
from ablations.running.progress import follow
from ablations.running.run_state import RunState
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.types.events import EpochEnded, Event, Started, TrialEnded
from ablations.types.trial import Result
from helpers import epoch, small_study

STUDY = small_study("grid: {loss.temperature: [0.1, 0.5]}\n", epochs=1000)


class Output:
    """Output of a cell: everything that it has shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def update(self, data: dict[str, str], raw: bool) -> None:
        assert raw
        self.shown.append(data["text/plain"])


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> Output:
    """Stands for IPython's, which the test's machine may not have."""
    output, module = Output(), ModuleType("IPython.display")

    def display(data: dict[str, str], **options: Any) -> Output:
        assert options["display_id"]
        output.update(data, options["raw"])
        return output

    module.display = display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.delitem(sys.modules, "ablations.running.progress_notebook", raising=False)
    return output


def events(plan: Plan) -> list[Event]:
    """A thousand epochs of two trainings; the second fails."""
    one, other = plan.units
    found: list[Event] = [Started(one.pretrain_id), Started(other.pretrain_id)]
    for number in range(1, 1001):
        found += [EpochEnded(unit.pretrain_id, epoch(number, 1.25)) for unit in plan.units]
    finished = Result(one.trials[0].id, "done", {}, 1.0, 0.0, {})
    failed = Result(other.trials[0].id, "failed", {}, 1.0, 0.0, {}, "it [/b] broke", "bug")
    return [*found, TrialEnded(one.pretrain_id, finished), TrialEnded(other.pretrain_id, failed)]


def test_a_run_is_one_output_and_few_updates(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("small.yaml").write_text(STUDY)
    plan = make_plan(load_study("small.yaml"), TrialStore(Path("runs")), Path("data"))
    board, now = RunState(plan), [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with follow(board, Console(force_jupyter=True)) as progress:
        for event in events(plan):
            now[0] += 0.001
            board.update(event)
            progress.show(event)
    middle, last = output.shown[len(output.shown) // 2], output.shown[-1]
    assert 4 <= len(output.shown) <= 8  # two seconds, twice a second
    assert "/1000" in middle
    assert "1.250" in middle
    assert last.startswith("1 done, 0 running, 0 waiting, 1 failed")
    assert "0.5, seed 0: failed: it [/b] broke" in last
