"""``--until-decided``: adds seeds to the cells of claims that are not decided yet, and to no others."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from ablations.planning.plan import Plan, plan_trials
from ablations.running.outcome import Outcome
from ablations.running.schedule import Where
from ablations.store.trial_store import TrialStore
from ablations.study.settings import coordinate
from ablations.types.trial import Trial

if TYPE_CHECKING:
    from reports.statistics.verdicts import Verdict


def undecided(
    plans: Sequence[Plan], outcomes: Mapping[str, Outcome], most: int, where: Where, console: Console
) -> Iterator[Plan]:
    """Plans of the studies with a claim that more seeds may decide; the seeds are added."""
    for plan in plans:
        outcome = outcomes[plan.scaled.study.name]
        if outcome.drawn and not outcome.left and (more := next_seeds(plan.trials, outcome.drawn.verdicts, most)):
            console.print(f"undecided: one more seed of {len({trial.cell for trial in more})} cells")
            yield plan_trials(plan.scaled, plan.trials + more, TrialStore(where.storage), where.data_dir)


def next_seeds(trials: list[Trial], verdicts: "list[Verdict]", most: int) -> list[Trial]:
    """The trials to add. A claim's cells keep the same seeds, since its effect is taken within a seed."""
    added: dict[str, Trial] = {}
    for verdict in verdicts:
        if verdict.word == "UNDECIDED":
            about = [trial for trial in trials if _text(trial) in verdict.cells and trial.baseline is None]
            counts = Counter(trial.cell for trial in about)
            last = {trial.cell: trial for trial in sorted(about, key=lambda trial: trial.seed)}
            fewest = min(counts.values(), default=most)
            behind = [trial for cell, trial in last.items() if counts[cell] == fewest < most]
            added |= {trial.id: trial for trial in (one.reseeded(one.seed + 1) for one in behind)}
    return list(added.values())


def _text(trial: Trial) -> dict[str, str]:
    return {axis: str(coordinate(value)) for axis, value in trial.coordinates.items()}
