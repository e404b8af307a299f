"""Costs that may not grow with the number of trials, counted and not timed. See ``benchmarks/scale.py``."""

import gc
import logging
import pickle
import subprocess
import sys
import weakref
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import ray
from mlflow import MlflowClient
from ray import tune
from ray.tune import Callback
from ray.tune.experiment import Trial
from recorded import EPOCHS, contents, epochs, experiment, plan, record
from rich.console import Console

from ablations.planning.plan import Plan
from ablations.running import run
from ablations.running.job import Job
from ablations.running.progress_text import ROWS, progress_table
from ablations.running.run_state import RunState
from ablations.running.schedule import Where
from ablations.running.schedulers.on_ray.forget import NothingPrinted
from ablations.running.schedulers.on_ray.order import InOrder
from ablations.running.schedulers.on_ray.tune import WORK, work_in_order, work_of
from ablations.running.schedulers.scheduler import Batch
from ablations.store.json_files import read_json
from ablations.store.trial_store import TrialStore
from ablations.study.study import Resources
from ablations.tracking.connection.client import TRIAL
from ablations.tracking.content.trial import RESULT
from ablations.tracking.resilient_tracker import ResilientTracker
from ablations.types.events import Event, Held, Started, TrialEnded
from ablations.types.trial import Result

STORAGE = Path("runs")
QUIET = Console(quiet=True)
GRID = "grid: {loss.temperature: [" + ", ".join(f"{n / 100}" for n in range(1, 31)) + "]}\n"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often MLflow's client was called, by method."""
    made = Counter[str]()

    class Client(MlflowClient):
        def __getattribute__(self, name: str) -> Any:
            if not name.startswith("_") and name != "tracking_uri":
                made[name] += 1
            return super().__getattribute__(name)

    monkeypatch.setattr("ablations.tracking.connection.client.MlflowClient", Client)
    return made


@pytest.mark.usefixtures("mlflow_db")
def test_a_trial_is_five_calls_to_mlflow(calls: Counter[str]) -> None:
    """None of them is a search, for which MLflow goes through all trials."""
    made = plan("small")
    recorder = ResilientTracker(made, TrialStore(STORAGE), QUIET)
    before = calls.copy()
    end_all(made, recorder.record)
    each = {"get_run": 1, "create_run": 1, "log_inputs": 1, "log_batch": 1, "set_terminated": 1}
    assert calls - before == Counter({name: count * len(made.trials) for name, count in each.items()})


@pytest.mark.usefixtures("mlflow_db")
def test_a_run_of_which_nothing_is_left_looks_at_every_trial_once(
    calls: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In MLflow, where they are all on one page, and in the store."""
    record(plan("small"))
    where = Where(STORAGE, Path("data"), inline=True)
    run.run_plan(plan("small"), where, QUIET)
    read = Counter[Path]()

    def look(path: Path) -> dict[str, Any] | None:
        read[path] += 1
        return read_json(path)

    monkeypatch.setattr("ablations.store.trial_store.read_json", look)
    calls.clear()
    assert run.run_plan(plan("small"), where, QUIET).left == 0
    configs = Counter({path: count for path, count in read.items() if path.name == "config.json"})
    assert (len(configs), set(configs.values())) == (6, {1})
    looks = 1
    assert calls["search_runs"] == looks + 2  # and for the parent, by who writes and by who draws
    assert (calls["create_run"], calls["set_terminated"]) == (0, 0)


def test_a_run_of_which_nothing_is_left_needs_no_torch() -> None:
    modules = "ablations.running.until_decided, ablations.running.round"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.usefixtures("mlflow_db")
def test_an_mlflow_run_that_was_not_ended_is_written_again() -> None:
    """All of its numbers are there, and its writer was killed before the last call."""
    record(plan("small"))
    client, whole = MlflowClient(f"sqlite:///{Path('mlflow.db').resolve()}"), contents("small")
    children = [found for found in client.search_runs([experiment("small").experiment_id]) if TRIAL in found.data.tags]
    assert all(RESULT in child.data.tags for child in children)
    client.update_run(children[0].info.run_id, status="RUNNING")
    assert contents("small") != whole
    record(plan("small"))
    assert contents("small") == whole


def test_tune_is_given_one_unit_after_the_other_and_only_these_are_recorded() -> None:
    made, job = plan("small"), Job(STORAGE, Path("data"), "me", 1)
    next_work = work_in_order(Batch(made.units, job, Resources()))
    assert not list(STORAGE.glob("*/*/config.json"))
    for count, unit in enumerate(made.units, 1):
        work = next_work()
        assert work_of({WORK: work}) == (unit, job, Resources())
        assert pickle.loads(work)[0].trials[0].id == unit.trials[0].id
        TrialStore(STORAGE).check_seen(unit)
        assert len(list(STORAGE.glob("encoders/*/config.json"))) == count


def in_order() -> InOrder:
    return InOrder()  # type: ignore[no-untyped-call]


class Watch(Callback):
    """Counts the ended trials that are still in memory when another one ends."""

    def __init__(self) -> None:
        self.ended: list[weakref.ref[Trial]] = []
        self.kept = 0

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def on_trial_complete(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        gc.collect()
        self.kept = max(self.kept, sum(one() is not None for one in self.ended))
        self.ended.append(weakref.ref(trial))

    on_trial_error = on_trial_complete


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tune_forgets_a_trial_that_has_ended(tmp_path: Path) -> None:
    """Whether it has come to its end or failed, and with its worker used again or not."""

    def some_fail(config: dict[str, int]) -> None:
        if config["number"] % 4 == 3:
            raise ValueError(config)

    ray.init(address="local", num_cpus=2, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    watch = Watch()
    try:
        tune.Tuner(
            some_fail,
            param_space={"number": tune.grid_search(list(range(12)))},
            tune_config=tune.TuneConfig(reuse_actors=True, scheduler=in_order()),
            run_config=tune.RunConfig(storage_path=str(tmp_path), callbacks=[watch, NothingPrinted()], verbose=0),
        ).fit()
    finally:
        ray.shutdown()
    assert len(watch.ended) == 12
    slots = 2
    assert watch.kept <= slots


def test_the_first_trial_that_waits_is_found_among_those_that_have_not_ended() -> None:
    trials = [Trial("it", stub=True, trial_id=f"it_{number:05}") for number in range(12)]
    for trial in trials[:5]:
        trial.status = Trial.RUNNING
    live = SimpleNamespace(get_live_trials=lambda: set(trials), _tune_controller=SimpleNamespace(_trials=[]))
    assert in_order().choose_trial_to_run(live) is trials[5]
    for trial in trials:
        trial.status = Trial.RUNNING
    assert in_order().choose_trial_to_run(live) is None


def test_the_live_table_shows_some_rows_of_hundreds() -> None:
    board = RunState(wide())
    for unit in wide().units:
        board.update(Started(unit.pretrain_id))
    with (console := Console(width=100)).capture() as captured:
        console.print(progress_table(board, console.width))
    lines = captured.get().splitlines()
    assert len(lines) == 1 + ROWS + 1 + 1
    assert lines[-2].strip() == f"and {30 - ROWS} more"
    assert lines[-1].startswith("0 done, 30 running")


def test_the_board_counts_what_its_states_are() -> None:
    made = wide()
    board = RunState(made)
    for number, unit in enumerate(made.units):
        ended = TrialEnded(
            unit.pretrain_id, Result(unit.trials[0].id, ("done", "failed")[number % 2], {}, 1.0, 1.0, {})
        )
        begun, held = Started(unit.pretrain_id), Held(unit.pretrain_id)
        told: list[list[Event]] = [[], [begun, held], [begun, ended]]
        for event in told[number % 3]:
            board.update(event)
        assert +board.counts == Counter(board.states.values())


def wide() -> Plan:
    from ablations.planning.plan import make_plan
    from ablations.study.load import load_study
    from helpers import small_study

    Path("wide.yaml").write_text(small_study(GRID, EPOCHS, "wide"))
    return make_plan(load_study("wide.yaml"), TrialStore(STORAGE), Path("data"))


def end_all(made: Plan, listen: Callable[[Event], None]) -> None:
    """Trainings so short that no checkpoint was written, which is what a worker says of the longer ones."""
    kept = TrialStore(STORAGE)
    for unit in made.units:
        kept.save_history(unit.pretrain_id, epochs(EPOCHS), trained=True)
        for trial in unit.trials:
            kept.save_result(result := Result(trial.id, "done", {"linear_eval/top1": 40.0}, 2.0, 1.8e9 + 9, {}))
            listen(TrialEnded(unit.pretrain_id, result))
