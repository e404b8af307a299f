"""What the command line prints of plans and studies."""

import os
from collections import Counter
from pathlib import Path

from rich.table import Table

from ablations.errors import StudyError
from ablations.estimate import Estimate, estimate
from ablations.failures import KINDS, NEXT
from ablations.grid import enumerate_trials
from ablations.library import all_studies
from ablations.load import load_study
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
    stops = f"\n{_stops(plan)}" if scaled.stop_early else ""
    return (
        f"{scaled.study.name} at scale {scaled.scale}{detail}; choose another with --scale\n"
        f"{len(plan.trials)} trials, {plan.trainings} trainings; {done} done, {left} to run{stops}"
    )


def _stops(plan: Plan) -> str:
    rule = plan.scaled.stop_early
    assert rule
    epochs = max((unit.judged for unit in plan.units), default=())
    after = ", ".join(map(str, epochs)) or f"{rule.grace_epochs}, ..."
    return f"stops early: after epochs {after} one training in {rule.reduction} goes on; baselines are spared"


def estimate_text(plan: Plan, storage: Path, price: float | None) -> str:
    """What is left will take: images, FLOPs, memory, time and money, as far as they are known."""
    if not plan.units:
        return "nothing is left to run"
    left = estimate(plan, load_speeds(storage))
    size = f"{left.images:,} images, {left.flops:.2g} FLOPs; at most {left.memory / 2**30:.1f} GiB ({left.hungriest})"
    lines = [f"left: {size}", *(f"will not fit: {name}" for name in left.too_large)]
    if left.seconds is None or left.hardware is None:
        return "\n".join([*lines, "time: not known before a first trial, or --probe, on this storage"])
    most = "at most " if any(unit.judged for unit in plan.units) else ""
    lines.append(
        f"time: {most}{clock(left.seconds)} of compute, as measured on {left.hardware.name}{_wall(plan, left)}"
    )
    lines += [f"not in it: evaluations by {protocol}, never timed here" for protocol in left.unmeasured]
    if price is not None:
        share = plan.scaled.resources.gpu or 1
        lines.append(f"price: {left.seconds / 3600 * share * price:,.2f} at {price:g} an hour")
    return "\n".join(lines)


def _wall(plan: Plan, left: Estimate) -> str:
    """On this machine, where it is one of cores: how many GPUs there are is not known without PyTorch."""
    slots = int((os.cpu_count() or 1) / plan.scaled.resources.cpu)
    if plan.scaled.resources.gpu or slots < 2:
        return ""
    return f"; about {clock(left.wall_seconds(slots) or 0.0)} here, {slots} at a time"


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
        note = "early; without stop_early the study trains them on" if state == "stopped" else note
        table.add_row(state, str(count), note)
    for trial in plan.trials:
        result = plan.results.get(trial.id)
        if result and result.status == "failed":
            table.add_row("", "", f"{trial.name}: {_told(result)}", style="red")
        if result and result.status == "stopped":
            table.add_row("", "", f"{trial.name}: after epoch {result.stopped_at} of {trial.config.pretrain.epochs}")
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
