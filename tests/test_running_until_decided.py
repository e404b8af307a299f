"""Seeds: what is finished is never left out, and undecided claims get more."""

from pathlib import Path

import pytest
from rich.console import Console

from ablations.planning.plan import Plan, make_plan
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.running.until_decided import next_seeds
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.tracking.reader import read_study
from ablations.types.trial import Result
from helpers import small_study
from reports.statistics.claims import BetterClaim
from reports.statistics.verdicts import Verdict

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


def test_the_cells_of_undecided_claims_get_the_next_seed() -> None:
    trials = plan(seeds=2).trials
    verdicts = [verdict("UNDECIDED", "0.1", "0.5"), verdict("SUPPORTED", "1.0")]
    added = next_seeds(trials, verdicts, most=3)
    assert [(trial.coordinates["loss.temperature"], trial.seed) for trial in added] == [(0.1, 2), (0.5, 2)]
    assert next_seeds(trials + added, verdicts, most=3) == []
    assert next_seeds(trials, [verdict("UNDECIDED")], most=3) == []


def test_cells_that_are_behind_catch_up_first() -> None:
    trials = plan(seeds=2).trials
    ahead = trials + next_seeds(trials, [verdict("UNDECIDED", "0.1")], most=9)
    added = next_seeds(ahead, [verdict("UNDECIDED", "0.1", "0.5")], most=9)
    assert [(trial.coordinates["loss.temperature"], trial.seed) for trial in added] == [(0.5, 2)]


@pytest.mark.usefixtures("mlflow_db")
def test_a_run_until_decided_ends_with_the_limit() -> None:
    """One epoch on 60 images decides nothing, or by luck everything."""
    outcome = run_plan(plan(), Where(STORAGE, Path("data"), inline=True), Console(quiet=True), most_seeds=3)
    assert outcome.drawn is not None
    table = read_study("small", "quick").table
    seeds = table[table["baseline"] == ""].groupby("loss.temperature")["seed"].count().to_dict()
    assert seeds["1.0"] == 1
    assert seeds["0.1"] == seeds["0.5"]
    decided = outcome.drawn.verdicts[0].word != "UNDECIDED"
    assert seeds["0.1"] == 3 or (decided and seeds["0.1"] == 2)
    assert (table["state"] == "done").all()
