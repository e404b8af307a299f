"""Seeds: what is finished is never left out, and undecided claims get more."""

import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from ablations.planning.looks import looks_until
from ablations.planning.plan import Plan, make_plan
from ablations.running.job import Job
from ablations.running.outcome import Outcome
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.running.until_decided import next_seeds, undecided
from ablations.store.looks import load_looks
from ablations.store.trial_store import TrialStore
from ablations.study.collection import collection_of_one
from ablations.study.load import load_study
from ablations.tracking.collection_report import draw_studies
from ablations.types.events import Event, Started, TrialEnded
from ablations.types.trial import Result, Trial, Unit
from helpers import small_study
from reports.statistics.claims.kinds import BetterClaim
from reports.statistics.verdicts import Verdict

pytestmark = pytest.mark.usefixtures("blank_figures")

STUDY = small_study(
    """\
grid:
  loss.temperature: [0.1, 0.5, 1.0]
baselines: {random: {epochs: 0}}
claims:
  - {says: cold is better, source: here, cells: [[0.1]], than: [[0.5]]}
""",
    epochs=1,
)
STORAGE = Path("runs")


def plan(seeds: int | None = None) -> Plan:
    Path("study.yaml").write_text(STUDY)
    return make_plan(load_study("study.yaml", seeds=seeds), TrialStore(STORAGE), Path("data"))


def finish(made: Plan) -> None:
    for trial in made.trials:
        TrialStore(STORAGE).save_result(Result(trial.id, "done", {}, 1.0, 0.0, {}))


def verdict(word: str, *temperatures: str) -> Verdict:
    claim = BetterClaim(says="")
    return Verdict(claim, word, "", [{"loss.temperature": value} for value in temperatures])  # type: ignore[arg-type]


def test_seeds_that_are_finished_stay_in_the_study() -> None:
    """After --seeds 3, a run without it reports all three."""
    assert len(plan().trials) == 4
    finish(plan(seeds=3))
    kept = plan()
    assert (len(kept.trials), kept.units) == (12, [])
    assert [trial.id for trial in kept.trials[:4]] == [trial.id for trial in plan(seeds=1).trials[:4]]
    assert len(plan(seeds=4).trials) == 16


def test_a_failed_seed_is_not_asked_for_again() -> None:
    made = plan(seeds=2)
    finish(made)
    second = next(trial for trial in made.trials if trial.seed == 1)
    TrialStore(STORAGE).save_result(Result(second.id, "failed", {}, 1.0, 0.0, {}))
    assert second.id not in [trial.id for trial in plan().trials]


def test_a_failed_seed_hides_no_later_one() -> None:
    """It has its place among the seeds, and what came after it is drawn."""
    finish(plan(seeds=4))
    made = plan(seeds=4)
    second = next(trial for trial in made.trials if trial.seed == 1)
    TrialStore(STORAGE).save_result(Result(second.id, "failed", {}, 1.0, 0.0, {}))
    of_cell = [trial.seed for trial in plan().trials if trial.cell == second.cell]
    assert of_cell == [0, 1, 2, 3]


def test_the_cells_of_undecided_claims_get_the_seeds_of_the_next_look() -> None:
    trials = plan(seeds=2).trials
    verdicts = [verdict("UNDECIDED", "0.1", "0.5"), verdict("SUPPORTED", "1.0"), verdict("NO DIFFERENCE", "1.0")]
    added = next_seeds(trials, verdicts, (3, 5))
    assert [(trial.coordinates["loss.temperature"], trial.seed) for trial in added] == [(0.1, 2), (0.5, 2)]
    more = next_seeds(trials + added, verdicts, (3, 5))
    assert [(trial.coordinates["loss.temperature"], trial.seed) for trial in more] == [
        (0.1, 3),
        (0.5, 3),
        (0.1, 4),
        (0.5, 4),
    ]
    assert next_seeds(trials + added + more, verdicts, (3, 5)) == []
    assert next_seeds(trials, [verdict("UNDECIDED")], (3, 5)) == []


def test_cells_that_are_behind_catch_up_first() -> None:
    trials = plan(seeds=2).trials
    ahead = trials + next_seeds(trials, [verdict("UNDECIDED", "0.1")], (3,))
    added = next_seeds(ahead, [verdict("UNDECIDED", "0.1", "0.5")], (3, 5))
    assert [(trial.coordinates["loss.temperature"], trial.seed) for trial in added] == [(0.5, 2)]


def test_cells_that_lack_an_axis_get_seeds_too() -> None:
    """A table of results has an empty text for an axis that a cell does not have."""
    two = STUDY.replace(
        "  loss.temperature: [0.1, 0.5, 1.0]", "  - loss.temperature: [0.1, 0.5]\n  - optimizer.learning_rate: [0.2]"
    )
    Path("study.yaml").write_text(two.replace("cells: [[0.1]], than: [[0.5]]", "cells: [{loss.temperature: 0.1}]"))
    trials = make_plan(load_study("study.yaml", seeds=2), TrialStore(STORAGE), Path("data")).trials
    cells = [
        {"loss.temperature": "0.1", "optimizer.learning_rate": ""},
        {"loss.temperature": "", "optimizer.learning_rate": "0.2"},
    ]
    added = next_seeds(trials, [replace(verdict("UNDECIDED"), cells=cells)], (3,))
    assert [(trial.cell_name, trial.seed) for trial in added] == [("0.1", 2), ("0.2", 2)]


def test_a_claim_that_only_more_test_images_decide_gets_no_seeds() -> None:
    trials = plan(seeds=3).trials
    verdicts = [replace(verdict("UNDECIDED", "0.1"), needs_images=True), verdict("UNDECIDED", "0.5")]
    assert {trial.coordinates["loss.temperature"] for trial in next_seeds(trials, verdicts, (3, 5))} == {0.5}
    made, console = plan(seeds=3), Console(record=True, width=200, file=StringIO())
    left = replace(verdicts[0], claim=BetterClaim(says="cold is better"), takes="that takes more test images")
    report = SimpleNamespace(judged=None)
    outcome = SimpleNamespace(left=0, drawn=SimpleNamespace(report=report))
    with pytest.MonkeyPatch.context() as now:
        now.setattr("reports.statistics.verdicts.judge_page", lambda judged: [[left]])
        where = Where(STORAGE, Path("data"))
        found = list(undecided([replace(made, looks=(3, 5))], {"small": outcome}, 5, where, console))  # type: ignore[dict-item]
    assert found == []
    said = "small: no seeds are added for 'cold is better': that takes more test images"
    assert console.export_text().strip() == said


def test_of_a_claim_with_parts_only_the_open_ones_get_seeds() -> None:
    parts = (verdict("SUPPORTED", "0.1"), verdict("UNDECIDED", "0.5"))
    whole = replace(verdict("UNDECIDED", "0.1", "0.5"), parts=parts)
    added = next_seeds(plan(seeds=3).trials, [whole], (3, 5))
    assert {trial.coordinates["loss.temperature"] for trial in added} == {0.5}


@pytest.mark.parametrize(
    ("most", "seeds", "known", "looks"),
    [
        (10, 1, (), (3, 5, 10)),
        (10, 3, (), (3, 5, 10)),
        (5, 1, (), (3, 5)),
        (4, 1, (), (3, 4)),
        (3, 1, (), (3,)),
        (10, 4, (), (4, 5, 10)),  # what is there is looked at before anything is added
        (10, 7, (), (7, 10)),
        (3, 4, (), (4,)),
        (10, 3, (3, 5, 10), (3, 5, 10)),
        (5, 3, (3, 5, 10), (3, 5, 10)),  # a run that ends earlier has planned the same
        (20, 3, (3, 5, 10), (3, 5, 10, 20)),
    ],
)
def test_the_looks(most: int, seeds: int, known: tuple[int, ...], looks: tuple[int, ...]) -> None:
    assert looks_until(most, plan(seeds=seeds).trials, known) == looks


Scores = Callable[[Trial], float]


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> Callable[[Scores], list[Trial]]:
    """Trials that were run, none of which is trained: each scores what a function says."""

    def begin(scores: Scores) -> list[Trial]:
        trials: list[Trial] = []

        def run_unit(unit: Unit, job: Job, listen: Callable[[Event], None]) -> None:
            listen(Started(unit.pretrain_id))
            for trial in unit.trials:
                trials.append(trial)
                result = Result(trial.id, "done", {"linear_eval/top1": scores(trial)}, 2.0, time.time(), {})
                TrialStore(job.storage).save_result(result)
                listen(TrialEnded(unit.pretrain_id, result))

        monkeypatch.setattr("ablations.running.schedulers.inline.run_unit", run_unit)
        return trials

    return begin


def noise(trial: Trial) -> float:
    """A function of the trial, with mean 0 and a spread of 1 point over trials."""
    return float(np.random.default_rng(int(trial.id, 16)).normal())


def run(most: int, told: list[str] | None = None) -> Outcome:
    console = Console(quiet=told is None, width=200, record=told is not None, file=StringIO())
    outcome = run_plan(plan(), Where(STORAGE, Path("data"), inline=True), console, most_seeds=most)
    if told is not None:
        told += console.export_text().splitlines()
    return outcome


def seeds_of() -> dict[float, int]:
    """Number of seeds of each cell."""
    return dict(Counter(trial.coordinates["loss.temperature"] for trial in plan().trials if not trial.baseline))


@pytest.mark.usefixtures("mlflow_db")
def test_a_large_effect_ends_at_the_first_look(scored: Callable[[Scores], list[Trial]]) -> None:
    scored(lambda trial: 50 - 40 * trial.coordinates.get("loss.temperature", 1) + noise(trial))
    told: list[str] = []
    outcome = run(10, told)
    assert outcome.drawn is not None
    assert [one.word for one in outcome.drawn.verdicts] == ["SUPPORTED"]
    assert seeds_of() == {0.1: 3, 0.5: 3, 1.0: 1}
    assert outcome.drawn.report.looks == (3, 5, 10)
    assert any("looks at the claims after 3, 5 and 10 seeds; each at 2.1 %" in line for line in told)


@pytest.mark.usefixtures("mlflow_db")
def test_no_effect_ends_it_too(scored: Callable[[Scores], list[Trial]]) -> None:
    scored(lambda trial: 50 + noise(trial) / 20)
    outcome = run(10)
    assert outcome.drawn is not None
    assert [one.word for one in outcome.drawn.verdicts] == ["NO DIFFERENCE"]
    assert seeds_of()[0.1] == 3


@pytest.mark.usefixtures("mlflow_db")
def test_an_open_claim_ends_with_the_last_look_and_pays_for_all(scored: Callable[[Scores], list[Trial]]) -> None:
    """A difference of one point under as much noise is looked at five seeds, where one look would do with less."""
    ran = scored(lambda trial: 50 + 3 * noise(trial))
    outcome = run(5)
    assert outcome.drawn is not None
    (verdict,) = outcome.drawn.verdicts
    assert verdict.word == "UNDECIDED"
    assert seeds_of() == {0.1: 5, 0.5: 5, 1.0: 1}
    assert len(ran) == len({trial.id for trial in ran}) == 12
    alone = replace(outcome.drawn.report, looks=()).verdicts[0]
    assert alone.level is not None
    assert verdict.level is not None
    assert verdict.level > alone.level == 0.95


@pytest.mark.usefixtures("mlflow_db")
def test_the_looks_are_set_before_the_first_and_outlive_an_interruption(
    scored: Callable[[Scores], list[Trial]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(trial: Trial) -> float:
        assert load_looks(STORAGE, "small", "quick") == (3, 5, 8)
        if trial.seed == 3:
            raise KeyboardInterrupt
        return 50 + 3 * noise(trial)

    scored(interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(8)
    ran = scored(lambda trial: 50 + 3 * noise(trial))
    assert run(8).drawn
    assert seeds_of()[0.1] == seeds_of()[0.5] == 8
    assert min(trial.seed for trial in ran) == 3
    drawn = draw_studies(collection_of_one(load_study("study.yaml")), STORAGE, Console(quiet=True)).by_study["small"]
    assert drawn.report.looks == (3, 5, 8)
    assert sorted(seed for seed in drawn.report.table["seed"]) == sorted(trial.seed for trial in plan().trials)
    shutil.rmtree(STORAGE / "studies")  # then MLflow knows
    drawn = draw_studies(collection_of_one(load_study("study.yaml")), STORAGE, Console(quiet=True)).by_study["small"]
    assert drawn.report.looks == (3, 5, 8)


@pytest.mark.usefixtures("mlflow_db")
def test_a_look_that_was_not_planned_is_paid_for_and_named(scored: Callable[[Scores], list[Trial]]) -> None:
    scored(lambda trial: 50 + 3 * noise(trial))
    run(3)
    told: list[str] = []
    outcome = run(6, told)
    assert outcome.drawn is not None
    assert outcome.drawn.report.looks == (3, 6)
    assert any("one more is not fully paid for" in line for line in told)
    finish(plan(seeds=9))
    assert plan().looks == (3, 6, 9)


@pytest.mark.usefixtures("mlflow_db")
def test_real_trials_until_the_limit() -> None:
    """One epoch on 60 images decides nothing, or by luck everything."""
    outcome = run(4)
    assert outcome.drawn is not None
    seeds = seeds_of()
    assert seeds[1.0] == 1
    assert seeds[0.1] == seeds[0.5]
    decided = outcome.drawn.verdicts[0].word != "UNDECIDED"
    assert seeds[0.1] == 4 or (decided and seeds[0.1] == 3)
    assert (outcome.drawn.report.table["state"] == "done").all()
