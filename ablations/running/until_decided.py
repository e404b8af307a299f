"""``--until-decided``: adds seeds to the cells of claims that are not decided yet, and to no others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console

from ablations.planning.looks import looks_until
from ablations.planning.plan import Plan, plan_trials
from ablations.running.outcome import Outcome
from ablations.running.schedule import Where
from ablations.store.looks import Looks, save_looks
from ablations.store.trial_store import TrialStore
from ablations.study.axes import value_text
from ablations.types.trial import Trial
from ablations.types.wording import counted, listed
from reports.statistics.claims.kinds import BASELINE

if TYPE_CHECKING:
    from reports.statistics.verdicts import Verdict


def set_looks(plan: Plan, most: int, where: Where, console: Console) -> Plan:
    """The plan with its looks at the claims, which are kept with the study and printed before the first of them."""
    if not plan.scaled.claims:
        return plan
    from reports.statistics.hypothesis_tests.looks import one_look  # here, since SciPy comes with it
    from reports.statistics.ruling import ALPHA

    looks, name = looks_until(most, plan.trials, plan.looks), plan.scaled.study.name
    save_looks(where.storage, name, plan.scaled.label, looks)
    at = listed(looks)
    price = f"each at {100 * float(one_look(ALPHA, looks)):.2g} %, which makes {100 * ALPHA:g} % together"
    console.print(f"{name}: looks at the claims after {at} seeds{'; ' + price if len(looks) > 1 else ''}")
    if plan.looks and looks[-1] > plan.looks[-1]:
        told = f"the looks were set to {listed(plan.looks)} seeds, and one more is not fully paid for"
        console.print(f"{name}: {told}: an error becomes a little likelier", style="yellow")
    return replace(plan, looks=looks)


def undecided(
    plans: Sequence[Plan], outcomes: Mapping[str, Outcome], most: int, where: Where, console: Console
) -> Iterator[Plan]:
    """Plans of the studies with a claim that more seeds may decide, with the seeds of its next look."""
    verdicts = _verdicts(outcomes)
    for plan in plans:
        name = plan.scaled.study.name
        looks = tuple(look for look in plan.looks if look <= most)
        if outcomes[name].left:
            continue
        _tell_of_images(name, verdicts.get(name, []), console)
        if not (more := next_seeds(plan.trials, verdicts.get(name, []), looks)):
            continue
        cells = len({trial.cell for trial in more})
        console.print(f"{name}: not decided; {counted(len(more), 'trial')} more in {counted(cells, 'cell')}")
        yield plan_trials(plan.scaled, plan.trials + more, TrialStore(where.storage), where.data_dir)


def next_seeds(trials: list[Trial], verdicts: "Sequence[Verdict]", looks: Looks) -> list[Trial]:
    """The trials to add, up to the next look. A claim's cells get the same seeds, since its effect is taken within a
    seed. Claims that more seeds would hardly decide get none."""
    added: dict[str, Trial] = {}
    for verdict in (one for one in _open(verdicts) if not one.needs_images):
        cells: dict[tuple[str, ...], list[Trial]] = {}
        about = [_without_empty(cell) for cell in verdict.cells]
        for trial in trials:
            if _text(trial) in about:
                cells.setdefault(trial.candidate, []).append(trial)
        fewest = min(map(len, cells.values()), default=0)
        look = next((look for look in looks if look > fewest), 0)
        added |= {trial.id: trial for of_cell in cells.values() for trial in _up_to(look, of_cell)}
    return sorted(added.values(), key=lambda trial: trial.seed)  # so that an interrupted run has whole seeds


def _tell_of_images(name: str, verdicts: "Sequence[Verdict]", console: Console) -> None:
    """Say which claims get no more seeds since only more test images would decide them."""
    for verdict in _open(verdicts):
        if verdict.needs_images:
            console.print(f"{name}: no seeds are added for '{verdict.claim.says}': {verdict.takes}", style="dim")


def _up_to(look: int, of_cell: list[Trial]) -> Iterator[Trial]:
    last = max(of_cell, key=lambda trial: trial.seed)
    return (last.reseeded(last.seed + 1 + number) for number in range(look - len(of_cell)))


def _open(verdicts: "Sequence[Verdict]") -> "Iterator[Verdict]":
    """The claims that are not decided; of a claim with several parts, the parts that are not."""
    for verdict in verdicts:
        if verdict.word == "UNDECIDED":
            parts = [part for part in verdict.parts if part.word == "UNDECIDED"]
            yield from parts or [verdict]


def _verdicts(outcomes: Mapping[str, Outcome]) -> "dict[str, list[Verdict]]":
    """The verdicts on all claims that were run, judged together, by the name of the study."""
    from reports.statistics.verdicts import judge_page  # here, since pandas and SciPy come with it

    reports = {name: outcome.drawn.report for name, outcome in outcomes.items() if outcome.drawn}
    return dict(zip(reports, judge_page([report.judged for report in reports.values()]), strict=True))


def _text(trial: Trial) -> dict[str, str]:
    """The trial's cell as in ``Verdict.cells``, without the axes that it does not have."""
    if trial.baseline is not None:
        return {BASELINE: trial.baseline}
    return _without_empty({axis: value_text(value) for axis, value in trial.coordinates.items()})


def _without_empty(cell: Mapping[str, str]) -> dict[str, str]:
    """The cell without axes that it does not have, which are empty in a table of results and missing in a trial."""
    return {axis: value for axis, value in cell.items() if value}
