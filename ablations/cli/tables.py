"""What the command line prints of plans and studies: headings and tables."""

from collections import Counter

from rich.table import Table
from rich.text import Text

from ablations.cli.documents import ListDocument, StudyEntry
from ablations.planning.collection_plan import CollectionPlan
from ablations.planning.estimate_text import workers_text
from ablations.planning.origins import origins
from ablations.planning.plan import Plan, begun_trainings
from ablations.store.trial_store import TrialStore
from ablations.types.duration import clock
from ablations.types.failures import next_step
from ablations.types.trial import Result
from core.remote import AnyPath


def heading(plan: CollectionPlan) -> str:
    """What will run at which scale, and how to choose another scale."""
    return study_heading(plan.plans[0]) if plan.scaled.is_one_study else _collection_heading(plan)


def plan_table(plan: CollectionPlan) -> Table:
    """One row a trial of a study, in the order of the grid, or one row a study of a collection."""
    return _trials_table(plan.plans[0]) if plan.scaled.is_one_study else _collection_table(plan)


def status_table(plan: CollectionPlan, storage: AnyPath) -> Table:
    """Counts by state and the reason of each failure, or one row a study of a collection."""
    return _states_table(plan.plans[0], storage) if plan.scaled.is_one_study else _collection_table(plan)


def studies_table(listed: ListDocument) -> Table:
    """One line a study; a narrow terminal cuts the title."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("study", "reproduces", "trials", "trainings", "state", "left"):
        table.add_column(column, no_wrap=True)
    table.add_column("title")
    for study in listed.studies:
        if study.counts is None:
            table.add_row(study.name, "", "", "", "invalid", "", _one_line(study.problem or ""), style="red")
            continue
        counts = study.counts
        table.add_row(
            study.name,
            study.reproduces or "",
            str(counts.trials),
            str(counts.trainings),
            _states_text(counts.done, counts.failed, counts.waiting, counts.stopped),
            _left(study),
            _one_line(study.title),
        )
    return table


def study_heading(plan: Plan) -> str:
    """The scale, the numbers of trials and trainings, and what is done already, and by which study."""
    scaled = plan.scaled
    done = sum(result.state == "done" for result in plan.results.values())
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


def _collection_heading(plan: CollectionPlan) -> str:
    """The numbers of studies, trials and trainings; a trial that several studies want counts once."""
    scaled = plan.scaled
    trials = {trial.id: trial.pretrain_id for one in plan.plans for trial in one.trials}
    wanted = Counter(key for one in plan.plans for key in {trial.pretrain_id for trial in one.trials})
    shared = sum(count > 1 for count in wanted.values())
    left = sum(len(unit.trials) for group in plan.groups for unit in group.units)
    return (
        f"{scaled.name} at scale {scaled.scale}: {len(scaled.studies)} studies; choose another scale with --scale\n"
        f"{len(trials)} trials, {len(wanted)} trainings, {shared} of them shared by several studies; {left} to run"
    )


def _stopped(plan: Plan) -> str:
    stopped = sum(result.state == "stopped" for result in plan.results.values())
    return f", {stopped} stopped early" if stopped else ""


def _stops(plan: Plan) -> str:
    """How trainings are stopped early; empty if none is."""
    rule, epochs = plan.scaled.stop_early, max(plan.judged.values(), default=())
    if rule is None or not epochs:
        return ""
    after = ", ".join(map(str, epochs))
    return f"stops early: after epochs {after} one training in {rule.reduction} goes on; baselines are spared"


def _trials_table(plan: Plan) -> Table:
    axes = plan.scaled.axis_names
    table = Table(box=None, header_style="bold")
    for axis in axes:
        table.add_column(axis, overflow="fold")
    for column in ("seed", "trial", "encoder", "state"):
        table.add_column(column, no_wrap=True)  # ids are to be copied: in a narrow terminal the axes wrap
    for trial in plan.trials:
        cells = [str(trial.coordinates.get(axis, "")) for axis in axes]
        if trial.baseline:
            cells = [trial.baseline] + [""] * (len(axes) - 1)
        table.add_row(*cells, str(trial.seed), trial.id, trial.pretrain_id, plan.state(trial))
    return table


def _states_table(plan: Plan, storage: AnyPath) -> Table:
    states = Counter(plan.state(trial) for trial in plan.trials)
    begun = begun_trainings(plan, TrialStore(storage))
    notes = {
        "waiting": f"{begun} begun, to be continued" if begun else "",
        "stopped": "early; without stop_early the study trains them on",
    }
    table = Table("state", "trials", "", box=None, header_style="bold")
    for state, count in sorted(states.items()):
        table.add_row(state, str(count), notes.get(state, ""))
    for trial in plan.trials:
        result = plan.results.get(trial.id)
        if result and result.state == "failed":
            table.add_row("", "", f"{trial.name}: {_explained(result)}", style="red")
        if result and result.state == "stopped":
            table.add_row("", "", f"{trial.name}: after epoch {result.stopped_at} of {trial.config.pretrain.epochs}")
    return table


def _collection_table(plan: CollectionPlan) -> Table:
    table = Table("study", "reproduces", "trials", "trainings", "shared", "state", box=None, header_style="bold")
    plans = {one.scaled.study.name: one for one in plan.plans}
    for study in plan.scaled.studies:
        name, reproduces = study.study.name, study.study.reproduces or ""
        if one := plans.get(name):
            numbers = (len(one.trials), one.trainings, plan.shared(one))
            table.add_row(name, reproduces, *map(str, numbers), _plan_states(one))
        else:
            table.add_row(name, reproduces, "", "", "", f"cannot be run: {plan.unable[name]}", style="red")
    return table


def _explained(result: Result) -> str:
    """What went wrong, and what to do next."""
    step = next_step(result.failure)
    return f"{result.failure.replace('_', ' ')}: {result.error}. {step}" if result.failure and step else result.error


def _one_line(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def _plan_states(plan: Plan) -> str:
    """States of a plan's trials; a failed trial that will be tried again is waiting."""
    left = sum(len(unit.trials) for unit in plan.units)
    done = sum(result.state == "done" for result in plan.results.values())
    return _states_text(done, len(plan.trials) - done - left, left)


def _states_text(done: int, failed: int, waiting: int, stopped: int = 0) -> str:
    """``done``, or ``12 done, 1 failed, 37 waiting``."""
    named = {"done": done, "failed": failed, "stopped early": stopped, "waiting": waiting}
    there = {name: count for name, count in named.items() if count}
    return next(iter(there)) if len(there) == 1 else ", ".join(f"{count} {name}" for name, count in there.items())


def _left(study: StudyEntry) -> str:
    """Time left by past trials, or the work left if there are none."""
    if study.flops_left is None:
        return "no data"
    if study.counts and not study.counts.waiting:
        return ""
    if study.seconds_left is not None:
        return clock(study.seconds_left)
    return f"{study.flops_left:.1e} FLOPs".replace("e+", "e")
