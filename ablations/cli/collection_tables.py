"""What the command line prints of several studies."""

from collections import Counter

from rich.table import Table

from ablations.cli.tables import states_text
from ablations.planning.collection_plan import CollectionPlan
from ablations.planning.estimate_text import estimate_text, workers_text
from ablations.planning.plan import Plan
from core.remote import AnyPath


def collection_heading(plan: CollectionPlan) -> str:
    """How many studies, trials and trainings; what several studies want is counted once."""
    scaled = plan.scaled
    trials = {trial.id: trial.pretrain_id for one in plan.plans for trial in one.trials}
    wanted = Counter(key for one in plan.plans for key in {trial.pretrain_id for trial in one.trials})
    shared = sum(count > 1 for count in wanted.values())
    left = sum(len(unit.trials) for group in plan.groups for unit in group.units)
    studies = len(scaled.studies)
    return (
        f"{scaled.collection.name} at scale {scaled.scale}: {studies} studies; choose another with --scale\n"
        f"{len(trials)} trials, {len(wanted)} trainings, {shared} of them shared by several studies; {left} to run"
    )


def collection_table(plan: CollectionPlan) -> Table:
    """One row a study."""
    table = Table("study", "reproduces", "trials", "trainings", "shared", "state", box=None, header_style="bold")
    plans = {one.scaled.study.name: one for one in plan.plans}
    for study in plan.scaled.studies:
        name, reproduces = study.study.name, study.study.reproduces or ""
        if one := plans.get(name):
            numbers = (len(one.trials), one.trainings, plan.shared(one))
            table.add_row(name, reproduces, *map(str, numbers), _state(one))
        else:
            table.add_row(name, reproduces, "", "", "", f"cannot be run: {plan.unable[name]}", style="red")
    return table


def cost_text(plan: CollectionPlan, storage: AnyPath, price: float | None) -> str:
    """Of what is left, all studies together."""
    groups = plan.groups
    if not groups:
        return "nothing is left to run"
    texts = []
    for group in groups:
        needs = group.scaled.resources
        title = (
            f"with {needs.cpu:g} CPU and {needs.gpu:g} GPU{workers_text(needs)} a trial:\n" if len(groups) > 1 else ""
        )
        texts.append(title + estimate_text(group, storage, price))
    return "\n".join(texts)


def _state(plan: Plan) -> str:
    """What is to be tried again is waiting."""
    left = sum(len(unit.trials) for unit in plan.units)
    done = sum(result.status == "finished" for result in plan.results.values())
    return states_text(done, len(plan.trials) - done - left, left)
