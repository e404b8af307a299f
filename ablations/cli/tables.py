"""What the command line prints of plans and studies."""

from collections import Counter

from rich.table import Table
from rich.text import Text

from ablations.cli.documents import ListDocument, StudyEntry
from ablations.cli.to_documents import begun_trainings, state_of
from ablations.planning.estimate_text import workers_text
from ablations.planning.origins import origins
from ablations.planning.plan import Plan
from ablations.store.trial_store import TrialStore
from ablations.types.duration import clock
from ablations.types.failures import next_step
from ablations.types.trial import Result, Trial
from core.remote import AnyPath


def heading(plan: Plan) -> str:
    """What will run at which scale, and how to choose another."""
    scaled = plan.scaled
    done = sum(result.status == "finished" for result in plan.results.values())
    left = sum(len(unit.trials) for unit in plan.units)
    detail = f" ({scaled.scale_description})" if scaled.scale_description else ""
    lines = (
        f"{scaled.study.name} at scale {scaled.scale}{detail}; choose another with --scale",
        f"{len(plan.trials)} trials, {plan.trainings} trainings{workers_text(scaled.resources)}; "
        f"{done} done{_stopped(plan)}, {left} to run",
        origins(plan),
        _stops(plan),
    )
    return "\n".join(filter(None, lines))


def _stopped(plan: Plan) -> str:
    stopped = sum(result.status == "stopped" for result in plan.results.values())
    return f", {stopped} stopped early" if stopped else ""


def _stops(plan: Plan) -> str:
    """How trainings are stopped early; nothing where none is."""
    rule, epochs = plan.scaled.stop_early, max(plan.judged.values(), default=())
    if rule is None or not epochs:
        return ""
    after = ", ".join(map(str, epochs))
    return f"stops early: after epochs {after} one training in {rule.reduction} goes on; baselines are spared"


def plan_table(plan: Plan) -> Table:
    """One row a trial, in the order of the grid."""
    axes = plan.scaled.axis_names
    table = Table(box=None, header_style="bold")
    for axis in axes:
        table.add_column(axis, overflow="fold")
    for column in ("seed", "trial", "encoder", "state"):
        table.add_column(column, no_wrap=True)  # ids are to be copied: where it is narrow the axes wrap
    for trial in plan.trials:
        cells = [str(trial.coordinates.get(axis, "")) for axis in axes]
        if trial.baseline:
            cells = [trial.baseline] + [""] * (len(axes) - 1)
        table.add_row(*cells, str(trial.seed), trial.id, trial.pretrain_id, _state(plan, trial))
    return table


def status_table(plan: Plan, storage: AnyPath) -> Table:
    """Counts by state, and the reason of each failure."""
    states = Counter(_state(plan, trial) for trial in plan.trials)
    begun = begun_trainings(plan, TrialStore(storage))
    table = Table("state", "trials", "", box=None, header_style="bold")
    for state, count in sorted(states.items()):
        note = f"{begun} begun, to be continued" if state == "waiting" and begun else ""
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
    step = next_step(result.failure)
    return f"{result.failure.replace('_', ' ')}: {result.error}. {step}" if step else result.error


def studies_table(listed: ListDocument) -> Table:
    """One line a study: where it is narrow the title is cut."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("study", "reproduces", "trials", "trainings", "state", "left"):
        table.add_column(column, no_wrap=True)
    table.add_column("title")
    for study in listed.studies:
        if study.counts is None:
            table.add_row(study.name, "", "", "", "invalid", "", _one_line(study.problem or ""), style="red")
            continue
        table.add_row(
            study.name,
            study.reproduces or "",
            str(study.counts.trials),
            str(study.counts.trainings),
            states_text(study.counts.finished, study.counts.failed, study.counts.waiting, study.counts.stopped),
            _left(study),
            _one_line(study.title),
        )
    return table


def _one_line(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def states_text(done: int, failed: int, waiting: int, stopped: int = 0) -> str:
    """``done``, or ``12 done, 1 failed, 37 waiting``."""
    named = {"done": done, "failed": failed, "stopped early": stopped, "waiting": waiting}
    there = {name: count for name, count in named.items() if count}
    return next(iter(there)) if len(there) == 1 else ", ".join(f"{count} {name}" for name, count in there.items())


def _left(study: StudyEntry) -> str:
    """Time by past trials, else work."""
    if study.flops_left is None:
        return "no data"
    if study.counts and not study.counts.waiting:
        return ""
    if study.seconds_left is not None:
        return clock(study.seconds_left)
    return f"{study.flops_left:.1e} FLOPs".replace("e+", "e")


def _state(plan: Plan, trial: Trial) -> str:
    return state_of(plan.results.get(trial.id))
