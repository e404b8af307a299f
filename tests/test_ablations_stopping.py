"""Trainings stopped early by choice: what is compared, what becomes of the stopped, and how they are trained on."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from ablations.board import Board
from ablations.deciding import run_until_decided
from ablations.errors import StudyError
from ablations.events import Ended, Judged
from ablations.frame import read_study
from ablations.load import load_study
from ablations.plan import Plan, make_plan
from ablations.report import draw_report
from ablations.run import Where, run_plan
from ablations.schedulers.ray_asha import asha, measures
from ablations.stopping import Judging
from ablations.store import TrialStore
from ablations.study import StopEarly
from ablations.tables import heading, status_table
from ablations.trial import Result
from ablations.worker import Job, run_unit
from core.pretraining.history import Epoch
from helpers import small_study

pytestmark = pytest.mark.usefixtures("mlflow_db")

WHERE = Where(Path("runs"), Path("data"))
RULE = "stop_early: {grace_epochs: 1, reduction: 2}\n"
GRID = "grid: {loss.temperature: [0.05, 0.1, 0.5, 1.0]}\n"
BASELINE = "baselines: {untrained: {epochs: 0}, default: {loss.temperature: 0.1}, plain: {augment.blur: true}}\n"
QUIET = Console(quiet=True)


def plan(text: str) -> Plan:
    Path("study.yaml").write_text(small_study(text, epochs=4))
    return make_plan(load_study("study.yaml"), TrialStore(WHERE.storage), WHERE.data_dir)


def epoch(number: int, knn_top1: float | None) -> Epoch:
    return Epoch(number, 1.0, 50.0, 1.0, 0.1, 100.0, 1000.0 + number, knn_top1)


def stop(made: Plan, *numbers: int) -> None:
    """As a run on Ray does, after the first epoch."""
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
    assert "after epochs 1, 2 one training in 2 goes on" in heading(made)


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
        ("grid: {loss.temperature: [0.1, 0.5]}\nscales: {quick: {base: {epochs: 1}}}\n", "trainings end after 1"),
        ("grid: {loss.temperature: [0.1, 0.5]}\nresources: {workers: 2}\n", "over several workers"),
    ],
)
def test_what_does_not_compare_is_refused(grid: str, reason: str) -> None:
    with pytest.raises(StudyError, match=f"stop_early: .*{reason}"):
        plan(RULE + grid)


def test_inline_and_until_decided_refuse_it() -> None:
    made = plan(RULE + GRID)
    with pytest.raises(StudyError, match="leave out --inline"):
        run_plan(made, replace(WHERE, inline=True), QUIET)
    with pytest.raises(StudyError, match="--until-decided"):
        run_until_decided(made, WHERE, QUIET, 3)


def test_the_scheduler_remembers_what_earlier_runs_have_seen() -> None:
    """One in two goes on: of 10, 20, 30 and 40 percent, what is above the median of those before."""
    rule = StopEarly(grace_epochs=1, reduction=2)
    seen = tuple((epoch(1, accuracy), epoch(2, None)) for accuracy in (10.0, 20.0, 30.0, 40.0))
    for past, accuracy, action in ((seen, 24.0, "STOP"), (seen, 26.0, "CONTINUE"), ((), 1.0, "CONTINUE")):
        scheduler = asha(Judging(rule, 4, past))
        trial = type("Trial", (), {"trial_id": "new"})()
        scheduler.on_trial_add(None, trial)  # type: ignore[arg-type]
        assert scheduler.on_trial_result(None, trial, {"event": 1}) == "CONTINUE"  # type: ignore[arg-type]
        assert scheduler.on_trial_result(None, trial, measures(Judged("", 1, accuracy))) == action  # type: ignore[arg-type]


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
    board = Board(again)
    assert board.counts["stopped"] == 2
    board.update(Ended(again.trials[3].pretrain_id, Result(again.trials[3].id, "stopped", {}, 1.0, 1.0, {})))
    assert board.counts["stopped"] == 3
    with (console := Console(width=150)).capture() as captured:
        console.print(status_table(again, WHERE.storage))
    assert "0.05, seed 0: after epoch 1 of 4" in captured.get()
    assert "without stop_early the study trains them on" in captured.get()


def test_mlflow_figure_and_claims_know_what_was_stopped() -> None:
    claims = (
        "claims: [{says: low is best, source: table 5, cells: [[0.05]]}, "
        "{says: high is better, source: table 5, cells: [[0.5]], than: [[1.0]]}]\n"
    )
    made = plan(RULE + GRID + claims + "seeds: 3\n")
    for number, trial in enumerate(made.trials):
        metrics = {"linear_eval/top1": 50.0 + number + number % 5 / 10}
        TrialStore(WHERE.storage).save_result(Result(trial.id, "finished", metrics, 6.0, 5.0, {}))
    stop(made, 0)
    run_plan(plan(RULE + GRID + claims + "seeds: 3\n"), WHERE, QUIET)
    table = read_study("small", "quick").table
    assert table["state"].tolist() == ["stopped", *["finished"] * 11]
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


@pytest.mark.slow
def test_ray_stops_what_falls_behind_and_a_run_without_trains_it_on() -> None:
    """One that was perfect after an epoch is made up. What was stopped ends as if it had never been."""
    text = "grid: {loss.temperature: [0.1, 0.5]}\nbaselines: {default: {loss.temperature: 1.0}}\n"
    store, first = TrialStore(WHERE.storage), plan(RULE + text)
    stopped = first.trials[:2]
    store.save_history(stopped[0].pretrain_id, [epoch(1, 100.0)])
    outcome = run_plan(first, WHERE, QUIET)
    assert list(outcome.states.values()) == ["stopped", "stopped", "done"]
    for trial in stopped:
        result = store.result(trial.id)
        assert result is not None
        assert (result.stopped_at, result.metrics) == (1, {})
        assert result.seconds > 0
        assert store.has_checkpoint(trial.pretrain_id)
    begun = [store.history(trial.pretrain_id)[0] for trial in stopped]
    run_plan(plan(text), WHERE, QUIET)
    assert read_study("small", "quick").table["state"].tolist() == ["finished"] * 3
    assert [store.history(trial.pretrain_id)[0] for trial in stopped] == begun, "trained anew"
    whole = make_plan(load_study("study.yaml"), TrialStore(Path("whole")), Path("data"))
    run_plan(whole, Where(Path("whole"), Path("data"), inline=True), QUIET)
    for trial in whole.trials:
        kept, never_stopped = store.result(trial.id), TrialStore(Path("whole")).result(trial.id)
        assert kept is not None
        assert never_stopped is not None
        assert kept.metrics == never_stopped.metrics
        assert kept.facts["encoder_hash"] == never_stopped.facts["encoder_hash"]
