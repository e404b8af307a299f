"""Headings and rows of plans and studies, as the command line prints them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ablations.cli.fitting import Row, Rows
from ablations.cli.json_documents.studies import ListDocument, StudyEntry
from ablations.planning.collection_plan import CollectionPlan
from ablations.planning.cost.estimate_text import workers_text
from ablations.planning.cost.seconds import is_wide
from ablations.planning.origins import origins, unvaried_text
from ablations.planning.plan import Plan, begun_trainings
from ablations.planning.search import chosen, search_text, searches
from ablations.store.trial_store import TrialStore
from ablations.types.duration import clock
from ablations.types.failures import next_step
from ablations.types.trial import Result
from ablations.types.wording import counted, listed
from core.config import DataConfig
from core.data.catalog import DataSize, is_built_in
from core.remote import AnyPath

FEW_CLASSES = 10
"""Number of classes up to which the images of each are counted by name."""
TITLE_WIDTH = 32
"""Characters of a title below which it says too little."""


def heading(plan: CollectionPlan) -> str:
    """The heading of a plan: what will run at which scale, and how to choose another scale."""
    told = study_heading(plan.plans[0]) if plan.scaled.is_one_study else _collection_heading(plan)
    codes = dict.fromkeys(str(code) for scaled in plan.scaled.studies for code in scaled.own_code)
    return f"{told}\ncode that was run to read it: {', '.join(codes)}" if codes else told


def study_heading(plan: Plan) -> str:
    """The scale, the numbers of trials and trainings, and what is done already, and by which study."""
    scaled = plan.scaled
    done = sum(result.state == "done" for result in plan.results.values())
    left = sum(len(unit.trials) for unit in plan.units)
    detail = f" ({scaled.scale_description})" if scaled.scale_description else ""
    lines = (
        f"{scaled.study.name} at scale {scaled.scale}{detail}; choose another with --scale",
        f"{counted(len(plan.trials), 'trial')}, {counted(plan.trainings, 'training')}{workers_text(scaled.resources)}; "
        f"{done} done{_stopped(plan)}, {left} to run{_to_take_over([plan])}",
        *data_lines(plan),
        search_text(scaled, plan.trials),
        origins(plan),
        _stops(plan),
    )
    return "\n".join(filter(None, lines))


def data_lines(plan: Plan) -> Iterator[str]:
    """Lines for each set of one's own images, with the numbers of images of each class that are used, and for each set
    whose classes are chosen."""
    told = ((data, size) for data, size in plan.sizes.items() if not is_built_in(data.name) or data.is_curated)
    yield from dict.fromkeys(line for data, size in told for line in set_lines(data, size))


def set_lines(data: DataConfig, size: DataSize) -> list[str]:
    """A line for a data set, and one for each split with the numbers of images of each class."""
    return [_data_text(data, size), *_split_lines(data, size)]


def classes_text(counts: Mapping[str, int]) -> str:
    """``cat 160, dog 80``, or ``12 (dog) to 160 (cat) of each class`` for many classes."""
    named = {name: count for name, count in counts.items() if name}
    if len(named) > FEW_CLASSES:
        few, many = (choose(named, key=named.__getitem__) for choose in (min, max))
        return f"{named[few]:,} ({few}) to {named[many]:,} ({many}) of each class"
    return ", ".join(f"{name} {count:,}" for name, count in named.items())


def _split_lines(data: DataConfig, size: DataSize) -> Iterator[str]:
    """The numbers of images of each class, a line for each split. Each seed chooses other classes, of which the line of
    the set says enough."""
    if data.is_curated:
        return
    for split, counts in size.counts.items():
        without = f"{counts['']:,} without a label" if counts.get("") else ""
        yield f"  {split}: {', '.join(filter(None, (classes_text(counts), without)))}"


def _data_text(config: DataConfig, size: DataSize) -> str:
    classes = "1 class" if size.classes == 1 else f"{size.classes:,} classes"
    split = "" if config.split is None else f"; split {config.split:g} of each class by seed {config.split_seed}"
    kept = [count for count in size.counts.get("train", {}).values() if count]
    chosen = (
        f"; trained on {max(kept):,} to {min(kept):,} of each of {len(kept):,} classes" if config.is_curated else ""
    )
    skipped = f"; {counted(size.skipped, 'image')} left out that did not decode" if size.skipped else ""
    known = "" if config.fingerprint is None else f"; fingerprint {config.fingerprint}"
    images = f"{config.name}: {size.train:,} training and {size.test:,} test images of {classes}"
    return f"{images}{split}{chosen}{skipped}{known}"


def plan_table(plan: CollectionPlan) -> Rows:
    """One row a trial of a study, in the order of the grid, or one row a study of a collection."""
    if not plan.scaled.is_one_study:
        return collection_table(plan)
    one = plan.plans[0]
    columns = [*one.scaled.axis_names, *_tuned(one), "seed", "trial", "encoder", "state"]
    return Rows(columns, list(_trial_rows(one)), spare=["encoder"])


def collection_table(plan: CollectionPlan) -> Rows:
    """One row a study of a collection."""
    columns = ("study", "reproduces", "trials", "trainings", "shared", "state")
    return Rows(columns, list(_study_rows(plan)), spare=["trainings", "shared"])


def studies_table(listed: ListDocument) -> Rows:
    """One row a study that there is."""
    columns = ("study", "reproduces", "trials", "trainings", "state", "left", "title")
    rows = [_listed_row(study) for study in listed.studies]
    return Rows(columns, rows, spare=["reproduces", "trials", "trainings"], last=TITLE_WIDTH)


def states_lines(plan: Plan, storage: AnyPath) -> Iterator[tuple[str, str]]:
    """Lines and their styles: the number of trials in each state, then each that failed or was stopped, and why."""
    states = Counter(plan.state(trial) for trial in plan.trials)
    begun = begun_trainings(plan, TrialStore(storage))
    notes = {
        "waiting": f", {begun} of them begun, to be continued" if begun else "",
        "stopped": " early; without stop_early the study trains them on",
    }
    for state, count in sorted(states.items()):
        yield f"{state:8}{count}{notes.get(state, '')}", ""
    if told := unvaried_text(plan):
        yield told, ""
    for trial in plan.trials:
        result = plan.results.get(trial.id)
        if result and result.state == "failed":
            yield f"{trial.name}: {_explained(result)}", "red"
        if result and result.state == "stopped":
            yield f"{trial.name}: stopped after epoch {result.stopped_at} of {trial.config.pretrain.epochs}", ""


def _collection_heading(plan: CollectionPlan) -> str:
    """The numbers of studies, trials and trainings; a trial that several studies want counts once."""
    scaled = plan.scaled
    trials = {trial.id: trial.pretrain_id for one in plan.plans for trial in one.trials}
    wanted = Counter(key for one in plan.plans for key in {trial.pretrain_id for trial in one.trials})
    shared = sum(count > 1 for count in wanted.values())
    left = sum(len(unit.trials) for group in plan.groups for unit in group.units)
    sizes = f"{counted(len(trials), 'trial')}, {counted(len(wanted), 'training')}"
    studies = "1 study" if len(scaled.studies) == 1 else f"{len(scaled.studies)} studies"
    without = f", without {listed(scaled.left_out)}" if scaled.left_out else ""
    return (
        f"{scaled.name} at scale {scaled.scale}: {studies}{without}; choose another scale with --scale\n"
        f"{sizes}, {shared} of them shared by several studies; {left} to run{_to_take_over(plan.plans)}"
    )


def _to_take_over(plans: Sequence[Plan]) -> str:
    """How many of the trials that are to run have a result from before fingerprints; a run trains none of these."""
    ids = {trial_id for plan in plans for trial_id in plan.unmarked}
    return f", {len(ids)} of them with an older result that is taken over" if ids else ""


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


def _trial_rows(plan: Plan) -> Iterator[Row]:
    axes = plan.scaled.axis_names
    searched = {trial.id for candidates in searches(plan.trials) for trial in candidates}
    best = searched.intersection(chosen(plan.trials, plan.results))
    for trial in plan.trials:
        cells = [str(trial.coordinates.get(axis, "")) for axis in axes]
        if trial.baseline:
            cells = [trial.baseline] + [""] * (len(axes) - 1)
        cells += [str(trial.tuned.get(axis, "")) for axis in _tuned(plan)]
        state = f"{plan.state(trial)}{', chosen' if trial.id in best else ''}"
        ids = f"trial {trial.id}", f"encoder {trial.pretrain_id}"
        yield Row((*cells, str(trial.seed), trial.id, trial.pretrain_id, state), (f"{trial.name}: {state}", *ids))


def _tuned(plan: Plan) -> list[str]:
    """Names of the tuned axes."""
    return plan.scaled.tune.names if plan.scaled.tune else []


def _study_rows(plan: CollectionPlan) -> Iterator[Row]:
    plans = {one.scaled.study.name: one for one in plan.plans}
    for study in plan.scaled.studies:
        name, reproduces = study.study.name, study.study.reproduces or ""
        if one := plans.get(name):
            trials, trainings, shared, states = len(one.trials), one.trainings, plan.shared(one), _plan_states(one)
            told = f"{counted(trials, 'trial')}, {counted(trainings, 'training')}, {shared} shared: {states}"
            cells = name, reproduces, str(trials), str(trainings), str(shared), states
            yield Row(cells, (_titled(name, reproduces), told))
        else:
            problem = f"cannot be run: {plan.unable[name]}"
            yield Row((name, reproduces, "", "", "", problem), (_titled(name, reproduces), problem), "red")


def _listed_row(study: StudyEntry) -> Row:
    if study.counts is None:
        problem = study.problem or ""
        return Row((study.name, "", "", "", "invalid", "", problem), (study.name, problem), "red")
    counts, left = study.counts, _left(study)
    states = _states_text(counts.done, counts.failed, counts.waiting, counts.stopped)
    told = f"{counted(counts.trials, 'trial')}: {states}" + (f", {left} left" if left else "")
    numbers = str(counts.trials), str(counts.trainings)
    cells = study.name, study.reproduces or "", *numbers, states, left, study.title
    return Row(cells, (_titled(study.name, study.reproduces or ""), told, study.title))


def _titled(name: str, reproduces: str) -> str:
    return f"{name} ({reproduces})" if reproduces else name


def _explained(result: Result) -> str:
    """The cause of a failure, and what to do next."""
    step = next_step(result.failure)
    return f"{result.failure.replace('_', ' ')}: {result.error}. {step}" if result.failure and step else result.error


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
    """Time left by past trials, or the work left where these tell too little."""
    if study.flops_left is None:
        return "no data"
    if study.counts and not study.counts.waiting:
        return ""
    if study.seconds_left is not None and not is_wide(study.least_seconds_left or 0.0, study.seconds_left):
        return clock(study.seconds_left) if study.seconds_left >= 1 else ""
    return f"{study.flops_left:.1e} FLOPs".replace("e+", "e")
