"""The studies that computed the results which a plan has already."""

from collections import Counter

from ablations.planning.plan import Plan
from ablations.store.trial_store import COMPUTED_FOR
from ablations.types.trial import Result
from ablations.types.wording import counted


def origins(plan: Plan) -> str:
    """``12 of 50 trials are done: 8 by color_strength, 4 by this study; 2 of those to run need only an evaluation``.

    Empty if nothing is done. A result that was kept without the name of its study is ``from before``.
    """
    done = [result for result in plan.results.values() if result.state == "done"]
    parts = [f"{len(done)} of {len(plan.trials)} trials are done: {_by_study(plan, done)}"] if done else []
    if evaluations := sum(len(unit.trials) for unit in plan.units if unit.pretrain_id in plan.trained):
        parts.append(f"{evaluations} of those to run {'needs' if evaluations == 1 else 'need'} only an evaluation")
    return "; ".join(parts)


def unvaried_text(plan: Plan) -> str:
    """A sentence on trials that are left and were done before choices followed the seed; empty without any."""
    if not plan.unvaried:
        return ""
    was = "was" if plan.unvaried == 1 else "were"
    return (
        f"{counted(plan.unvaried, 'trial')} to run {was} done with the subset, hold-out or labels of seed 0, which "
        "stay in the storage; 'vary: []' in the study takes those results, and its verdicts do not cover another choice"
    )


def _by_study(plan: Plan, done: list[Result]) -> str:
    counts = Counter(result.facts.get(COMPUTED_FOR, "") for result in done)
    names = {"": "from before", plan.scaled.study.name: "by this study"}
    return ", ".join(f"{count} {names.get(study, f'by {study}')}" for study, count in counts.most_common())
