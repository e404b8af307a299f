"""More seeds for the claims that are not decided yet, and for no other cell."""

from collections import Counter

from rich.console import Console

from ablations.errors import StudyError
from ablations.plan import Plan, plan_trials
from ablations.run import Outcome, Where, run_plan
from ablations.settings import coordinate
from ablations.store import TrialStore
from ablations.trial import Trial
from reports.statistics.verdicts import Verdict


def run_until_decided(plan: Plan, where: Where, console: Console, most: int) -> Outcome:
    """Run the plan, then one more seed of every cell that an undecided claim is about, until all claims are decided,
    the cells have ``most`` seeds, or a trial came to no end. Raises ``StudyError`` where the study stops trials early:
    seeds would not decide the claims about them."""
    if plan.scaled.stop_early:
        raise StudyError("--until-decided: it needs trials that went to their end; take stop_early out of the study")
    outcome = run_plan(plan, where, console)
    while outcome.drawn and not outcome.left and (more := next_seeds(plan.trials, outcome.drawn.verdicts, most)):
        cells = len({trial.cell for trial in more})
        console.print(f"undecided: one more seed of {cells} cells", highlight=False)
        trials = plan.trials + more
        plan = plan_trials(plan.scaled, trials, TrialStore(where.storage), where.data_dir)
        outcome = run_plan(plan, where, console)
    return outcome


def next_seeds(trials: list[Trial], verdicts: list[Verdict], most: int) -> list[Trial]:
    """The trials to add: a claim's cells keep the same seeds, since its effect is taken within a seed."""
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
