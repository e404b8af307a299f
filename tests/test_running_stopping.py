"""Trainings stopped early by choice: what is compared, what becomes of the stopped, and how they are trained on."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ray.tune.experiment import Trial
from ray.tune.schedulers import ASHAScheduler
from rich.console import Console

import helpers
from ablations.cli.tables import states_lines, study_heading
from ablations.planning.plan import Plan, make_plan
from ablations.planning.stopping import Halving, Judging
from ablations.running.job import Job
from ablations.running.run import run_plan
from ablations.running.run_state import RunState
from ablations.running.schedule import Where
from ablations.running.schedulers.on_ray.asha import StopsEarly
from ablations.running.worker import run_unit
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.study.study import StopEarly
from ablations.tracking.reader import read_study
from ablations.tracking.report import draw_report
from ablations.types.errors import StudyError
from ablations.types.events import Judged, Started, TrialEnded
from ablations.types.trial import Result
from core.history import Epoch
from helpers import small_study

pytestmark = pytest.mark.usefixtures("mlflow_db", "blank_figures")

WHERE = Where(Path("runs"), Path("data"))
RULE = "stop_early: {grace_epochs: 1, reduction: 2}\n"
GRID = "grid: {loss.temperature: [0.05, 0.1, 0.5, 1.0]}\n"
BASELINE = "baselines: {untrained: {epochs: 0}, default: {loss.temperature: 0.1}, plain: {augment.blur: true}}\n"
QUIET = Console(quiet=True)


def plan(text: str) -> Plan:
    Path("study.yaml").write_text(small_study(text, epochs=4))
    return make_plan(load_study("study.yaml"), TrialStore(WHERE.storage), WHERE.data_dir)


def epoch(number: int, knn_top1: float | None) -> Epoch:
    made = helpers.epoch(number, time=1000.0 + number)
    return made if knn_top1 is None else made.judged(knn_top1)


def stop(made: Plan, *numbers: int) -> None:
    """Stop trials after the first epoch, as a run on Ray does."""
    for number in numbers:
        result = Result(made.trials[number].id, "stopped", {}, 6.0, 5.0, {}, stopped_at=1)
        TrialStore(WHERE.storage).save_result(result)


def test_trainings_are_judged_ever_later_and_baselines_never() -> None:
    made = plan(RULE + GRID + BASELINE)
    judged = {unit.trials[0].name: unit.judged for unit in made.units}
    assert judged == {
        "0.05, seed 0": (1, 2),
        "0.1, seed 0": (),  # a baseline too, under another name
        "0.5, seed 0": (1, 2),
        "1.0, seed 0": (1, 2),
        "untrained, seed 0": (),
        "plain, seed 0": (),
    }
    assert "after epochs 1, 2 one training in 2 goes on" in study_heading(made)


def test_without_the_choice_nothing_is_judged_and_ids_are_the_same() -> None:
    chosen, default = plan(RULE + GRID), plan(GRID)
    assert {unit.judged for unit in default.units} == {()}
    assert [trial.id for trial in chosen.trials] == [trial.id for trial in default.trials]


@pytest.mark.parametrize(
    ("grid", "reason"),
    [
        ("grid: {epochs: [2, 4]}\n", "epochs varies"),
        ("grid: {data.subset: [60, 80]}\n", "data varies"),
        ("grid: {loss.kind: [nt_xent, cross_entropy]}\n", "learns the labels"),
        ("grid: {loss.kind: [nt_xent, rotation]}\n", "loss.kind rotation trains no projection"),
        ("grid: {loss.temperature: [0.1, 0.5]}\nscales: {quick: {base: {epochs: 1}}}\n", "trainings end after 1"),
        ("grid: {loss.temperature: [0.1, 0.5]}\nresources: {workers: 2}\n", "over several workers"),
    ],
)
def test_what_does_not_compare_is_refused(grid: str, reason: str) -> None:
    with pytest.raises(StudyError, match=f"stop_early: .*{reason}"):
        plan(RULE + grid)


def test_until_decided_refuses_it() -> None:
    with pytest.raises(StudyError, match="--until-decided"):
        run_plan(plan(RULE + GRID), WHERE, QUIET, most_seeds=3)


def test_the_scheduler_remembers_what_earlier_runs_have_seen() -> None:
    """One in two goes on: of 10, 20, 30 and 40 percent, what is above the median of those before."""
    rule = StopEarly(grace_epochs=1, reduction=2)
    seen = tuple((epoch(1, accuracy), epoch(2, None)) for accuracy in (10.0, 20.0, 30.0, 40.0))
    for past, accuracy, action in ((seen, 24.0, "STOP"), (seen, 26.0, "CONTINUE"), ((), 1.0, "CONTINUE")):
        scheduler, trial = StopsEarly(Judging(rule, 4, past)), Trial("it", stub=True)
        assert scheduler.on_trial_result(None, trial, {"event": Started("")}) == "CONTINUE"
        assert scheduler.on_trial_result(None, trial, {"event": Judged("", 1, accuracy)}) == action


@given(
    st.integers(2, 4),
    st.lists(st.lists(st.integers(0, 20).map(float), min_size=8, max_size=8), min_size=1, max_size=12),
)
def test_the_rule_is_that_of_ray(reduction: int, curves: list[list[float]]) -> None:
    """Ray Tune's own ASHA decides the same for the same trainings, one epoch after the other of each."""
    rule, epochs = StopEarly(grace_epochs=1, reduction=reduction), 8
    ours = Halving(Judging(rule, epochs, ()))
    theirs = ASHAScheduler("epoch", "top1", "max", max_t=epochs, grace_period=1, reduction_factor=reduction)
    controller: Any = None
    for number, curve in enumerate(curves):
        trial: Any = SimpleNamespace(trial_id=str(number))
        theirs.on_trial_add(controller, trial)
        for epoch_number, accuracy in enumerate(curve[:-1], 1):
            stops = theirs.on_trial_result(controller, trial, {"epoch": epoch_number, "top1": accuracy}) == "STOP"
            assert ours.stops(Judged(str(number), epoch_number, accuracy)) == stops
            if stops:
                break


def test_a_training_says_how_good_it_is_once_it_is_safe() -> None:
    made = plan(RULE + GRID)
    store, unit = TrialStore(WHERE.storage), made.units[0]
    store.record(unit)
    seen: list[Judged] = []

    def listen(event: object) -> None:
        if isinstance(event, Judged):
            assert store.has_checkpoint(unit.pretrain_id)
            assert store.history(unit.pretrain_id)[-1].epoch == event.epoch
            seen.append(event)

    run_unit(unit, Job(WHERE.storage, WHERE.data_dir, "me", 1), listen)
    history = store.history(unit.pretrain_id)
    assert [(one.epoch, one.knn_top1) for one in seen] == [(e.epoch, e.knn_top1) for e in history[:2]]
    assert [e.knn_top1 for e in history[2:]] == [None, None]


def test_a_stopped_trial_is_left_alone_until_the_choice_is_taken_back() -> None:
    made = plan(RULE + GRID + BASELINE)
    stop(made, 0, 2)
    again = plan(RULE + GRID + BASELINE)
    assert [unit.trials[0].name for unit in again.units] == [
        "0.1, seed 0", "1.0, seed 0", "untrained, seed 0", "plain, seed 0"
    ]  # fmt: skip
    assert len(plan(GRID + BASELINE).units) == 6
    board = RunState(again)
    assert board.counts["stopped"] == 2
    board.update(TrialEnded(again.trials[3].pretrain_id, Result(again.trials[3].id, "stopped", {}, 1.0, 1.0, {})))
    assert board.counts["stopped"] == 3
    text = "\n".join(line for line, _ in states_lines(again, WHERE.storage))
    assert "0.05, seed 0: stopped after epoch 1 of 4" in text
    assert "without stop_early the study trains them on" in text


def test_mlflow_figure_and_claims_know_what_was_stopped() -> None:
    claims = (
        "claims: [{says: low is best, source: table 5, cells: [[0.05]]}, "
        "{says: high is better, source: table 5, cells: [[0.5]], than: [[1.0]]}]\n"
    )
    made = plan(RULE + GRID + claims + "seeds: 3\n")
    for number, trial in enumerate(made.trials):
        metrics = {"linear_eval/top1": 50.0 + number + number % 5 / 10}
        TrialStore(WHERE.storage).save_result(Result(trial.id, "done", metrics, 6.0, 5.0, {}))
    stop(made, 0)
    run_plan(plan(RULE + GRID + claims + "seeds: 3\n"), WHERE, QUIET)
    table = read_study("small", "quick").table
    assert table["state"].tolist() == ["stopped", *["done"] * 11]
    assert table["stopped_at"].dropna().tolist() == [1]
    assert table["seconds"].tolist() == [6] * 12
    drawn = draw_report("small", "quick", WHERE.storage)
    assert [(one.word, one.reason) for one in drawn.verdicts] == [
        ("UNDECIDED", "1 of its 12 trials were stopped early"),
        ("REFUTED", "-3.0 points, 95 % interval -3.7 to -2.2, over 3 seeds; p 0.003"),
    ]
    assert "| 0.05 | stopped at epoch 1 |" in (drawn.folder / "table.md").read_text()
    page = drawn.page.read_text()
    assert "stopped early, after epoch 1" in page
    assert "successive halving" in page


def test_inline_stops_what_falls_behind_and_a_run_without_trains_it_on() -> None:
    stops_and_goes_on(inline=True)


@pytest.mark.slow
def test_ray_stops_what_falls_behind_and_a_run_without_trains_it_on() -> None:
    stops_and_goes_on(inline=False)


def stops_and_goes_on(inline: bool) -> None:
    """One that was perfect after an epoch is made up. The trial that was stopped ends as if it had never been."""
    where = replace(WHERE, inline=inline)
    text = "grid: {loss.temperature: [0.1, 0.5]}\nbaselines: {default: {loss.temperature: 1.0}}\n"
    store, first = TrialStore(WHERE.storage), plan(RULE + text)
    stopped = first.trials[:2]
    store.save_history(stopped[0].pretrain_id, [epoch(1, 100.0)])
    outcome = run_plan(first, where, QUIET)
    assert list(outcome.states.values()) == ["stopped", "stopped", "done"]
    for trial in stopped:
        result = store.result(trial.id)
        assert result is not None
        assert (result.stopped_at, result.metrics) == (1, {})
        assert result.seconds > 0
        assert store.has_checkpoint(trial.pretrain_id)
    begun = [store.history(trial.pretrain_id)[0] for trial in stopped]
    run_plan(plan(text), where, QUIET)
    assert read_study("small", "quick").table["state"].tolist() == ["done"] * 3
    assert [store.history(trial.pretrain_id)[0] for trial in stopped] == begun, "trained anew"
    whole = make_plan(load_study("study.yaml"), TrialStore(Path("whole")), Path("data"))
    run_plan(whole, Where(Path("whole"), Path("data"), inline=True), QUIET)
    for trial in whole.trials:
        kept, never_stopped = store.result(trial.id), TrialStore(Path("whole")).result(trial.id)
        assert kept is not None
        assert never_stopped is not None
        assert kept.metrics == never_stopped.metrics
        assert kept.facts["encoder_hash"] == never_stopped.facts["encoder_hash"]
