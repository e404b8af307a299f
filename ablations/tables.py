"""What the command line prints of plans and studies."""

from collections import Counter
from pathlib import Path

from rich.table import Table

from ablations.errors import StudyError
from ablations.estimate import Estimate, estimate
from ablations.failures import KINDS, NEXT
from ablations.grid import enumerate_trials
from ablations.library import all_studies
from ablations.load import load_study
from ablations.origins import origins
from ablations.plan import Plan
from ablations.progress import clock
from ablations.speeds import load_speeds
from ablations.store import TrialStore
from ablations.trial import Result, Trial


def heading(plan: Plan) -> str:
    """What will run at which scale, and how to choose another."""
    scaled = plan.scaled
    done = sum(result.status == "finished" for result in plan.results.values())
    left = sum(len(unit.trials) for unit in plan.units)
    detail = f" ({scaled.scale_description})" if scaled.scale_description else ""
    lines = (
        f"{scaled.study.name} at scale {scaled.scale}{detail}; choose another with --scale",
        f"{len(plan.trials)} trials, {plan.trainings} trainings; {done} done, {left} to run",
        origins(plan),
    )
    return "\n".join(filter(None, lines))


def estimate_text(plan: Plan, storage: Path, price: float | None) -> str:
    """What is left will take, as far as it is known."""
    if not plan.units:
        return "nothing is left to run"
    return left_text(plan, estimate(plan, load_speeds(storage)), price)


def left_text(plan: Plan, left: Estimate, price: float | None = None) -> str:
    """Images, FLOPs, memory, time and money."""
    size = f"{left.images:,} images, {left.flops:.2g} FLOPs"
    most = f"; at most {left.memory / 2**30:.1f} GiB ({left.hungriest})" if left.hungriest else ""
    lines = [f"left: {size}{most}", *(f"will not fit: {name}" for name in left.too_large)]
    if left.seconds is None or left.hardware is None:
        return "\n".join([*lines, "time: not known before a first trial, or --probe, on this storage"])
    lines.append(f"time: {clock(left.seconds)} of compute, as measured on {left.hardware.name}")
    if price is not None:
        share = plan.scaled.resources.gpu or 1
        lines.append(f"price: {left.seconds / 3600 * share * price:,.2f} at {price:g} an hour")
    return "\n".join(lines)


def plan_table(plan: Plan) -> Table:
    """One row a trial, in the order of the grid."""
    axes = plan.scaled.axis_names
    table = Table(*axes, "seed", "trial", "encoder", "state", box=None, header_style="bold")
    for trial in plan.trials:
        cells = [str(trial.coordinates.get(axis, "")) for axis in axes]
        if trial.baseline:
            cells = [trial.baseline] + [""] * (len(axes) - 1)
        table.add_row(*cells, str(trial.seed), trial.id, trial.pretrain_id, _state(plan, trial))
    return table


def status_table(plan: Plan, storage: Path) -> Table:
    """Counts by state, and the reason of each failure."""
    store = TrialStore(storage)
    states = Counter(_state(plan, trial) for trial in plan.trials)
    begun = [unit for unit in plan.units if store.has_checkpoint(unit.pretrain_id)]
    table = Table("state", "trials", "", box=None, header_style="bold")
    for state, count in sorted(states.items()):
        note = f"{len(begun)} begun, to be continued" if state == "waiting" and begun else ""
        table.add_row(state, str(count), note)
    for trial in plan.trials:
        result = plan.results.get(trial.id)
        if result and result.status == "failed":
            table.add_row("", "", f"{trial.name}: {_told(result)}", style="red")
    return table


def _told(result: Result) -> str:
    """What went wrong, and what to do next."""
    kind = result.failure
    return f"{kind.replace('_', ' ')}: {result.error}. {NEXT[kind]}" if kind in KINDS else result.error


def studies_table(storage: Path) -> Table:
    """One row a study, at the default scale."""
    table = Table("study", "reproduces", "trials", "done", "title", box=None, header_style="bold")
    store = TrialStore(storage)
    for path in all_studies().values():
        try:
            scaled = load_study(str(path))
            trials = enumerate_trials(scaled)
        except StudyError as error:
            table.add_row(path.stem, "", "", "", str(error).splitlines()[0], style="red")
            continue
        done = sum(result.status == "finished" for result in store.results(trials).values())
        study = scaled.study
        table.add_row(study.name, study.reproduces or "", str(len(trials)), str(done), study.title)
    return table


def _state(plan: Plan, trial: Trial) -> str:
    result = plan.results.get(trial.id)
    return result.status if result else "waiting"
