"""Runs one or several studies: what is left is trained and evaluated, logged to MLflow, and drawn."""

from rich.console import Console

from ablations.planning.collection_plan import CollectionPlan, plan_of_one
from ablations.planning.plan import Plan
from ablations.running.outcome import Outcome, Outcomes
from ablations.running.round import Round
from ablations.running.schedule import Where
from ablations.running.until_decided import set_looks, undecided
from ablations.tracking.on_request import NOTHING, Extras
from ablations.types.errors import StudyError


def run_plan(
    plan: Plan, where: Where, console: Console, most_seeds: int | None = None, extras: Extras = NOTHING
) -> Outcome:
    """Run what is left of one study; see ``run_studies``."""
    return run_studies(plan_of_one(plan), where, console, most_seeds, extras).by_study[plan.scaled.study.name]


def run_studies(
    plan: CollectionPlan, where: Where, console: Console, most_seeds: int | None = None, extras: Extras = NOTHING
) -> Outcomes:
    """Run what is left of all studies, log it and draw it.

    If ``most_seeds`` is given, the claims are looked at after 3, 5 and so many seeds; the cells of those that are not
    decided get the seeds of the next look. ``extras`` are what MLflow is given besides.

    Raises ``StudyError`` if no study can begin. KeyboardInterrupt passes through; finished results are in the store.
    """
    if most_seeds:
        _check_seeds_decide(plan)
    outcomes: dict[str, Outcome] = {}
    unable = dict(plan.unable)
    plans = [set_looks(one, most_seeds, where, console) for one in plan.plans] if most_seeds else plan.plans
    while plans:
        round_ = Round(plan, plans, where, console, extras)
        outcomes |= round_.run()
        unable |= round_.unable
        plans = list(undecided(round_.plans, outcomes, most_seeds, where, console)) if most_seeds else []
    if not outcomes.keys() - unable.keys():
        raise StudyError("\n".join(f"{name}: {problem}" for name, problem in unable.items()))
    drawn = {name: outcome.drawn for name, outcome in outcomes.items() if outcome.drawn}
    if plan.scaled.is_one_study or not drawn:
        return Outcomes(outcomes, unable)
    from ablations.tracking.collection_report import draw_collection  # here, since pandas and matplotlib come with it

    return Outcomes(outcomes, unable, draw_collection(plan.scaled, drawn, unable, where.storage, console))


def _check_seeds_decide(plan: CollectionPlan) -> None:
    """Seeds cannot decide claims about trials that were stopped early."""
    if any(one.scaled.stop_early for one in plan.plans):
        raise StudyError("--until-decided: it needs trials that went to their end; take stop_early out of the study")
