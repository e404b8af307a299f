"""A plan for one or several studies: what is left of each, and of all of them together."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ablations.planning.own_images.fingerprints import Folders
from ablations.planning.plan import Plan, known_trials, plan_trials
from ablations.store.trial_store import TrialStore
from ablations.study.collection import ScaledCollection, collection_of_one
from ablations.types.errors import StudiesError, StudyError
from ablations.types.trial import Trial, group_units
from core.remote import AnyPath


@dataclass(frozen=True)
class CollectionPlan:
    """The plans of the studies that can be run here, and reasons why others cannot."""

    scaled: ScaledCollection
    plans: list[Plan]
    unable: dict[str, str] = field(default_factory=dict)
    """Reasons by the name of the study."""

    @cached_property
    def groups(self) -> list[Plan]:
        """Plans of the units that are left of all studies; see ``together``."""
        return together(self.plans, self.scaled.name)

    def shared(self, plan: Plan) -> int:
        """Number of trainings in one of the plans that another plan has as well."""
        others = {trial.pretrain_id for other in self.plans if other is not plan for trial in other.trials}
        return len(others & {trial.pretrain_id for trial in plan.trials})


def plan_of_one(plan: Plan) -> CollectionPlan:
    """The plan of one study as a plan of a collection."""
    return CollectionPlan(collection_of_one(plan.scaled), [plan])


def plan_studies(
    scaled: ScaledCollection, store: TrialStore, data_dir: AnyPath, retry: str | None = None
) -> CollectionPlan:
    """Enumerate and check all trials of all studies before any study is left out; see ``make_plan`` for ``retry``.

    In a collection, a study whose data is missing is left out: it must not stop the others. Raises ``StudyError`` with
    everything that is wrong with any study, if a single study's data is missing, and if a study of a collection stops
    trainings early: trainings of several studies cannot be compared.
    """
    problems = {} if scaled.is_one_study else _stopping(scaled)
    trials: dict[str, list[Trial]] = {}
    folders = Folders(data_dir, store.root)
    for study in scaled.studies:
        try:
            trials[study.study.name] = known_trials(study, store, folders)
        except StudyError as error:
            if scaled.is_one_study:
                raise
            problems.setdefault(study.study.name, str(error))
    if problems:
        raise StudiesError.of(problems)
    plans, unable = [], {}
    for study in scaled.studies:
        try:
            plans.append(plan_trials(study, trials[study.study.name], store, data_dir, retry))
        except StudyError as error:
            if scaled.is_one_study:
                raise
            unable[study.study.name] = str(error)
    return CollectionPlan(scaled, plans, unable)


def together(plans: Sequence[Plan], name: str) -> list[Plan]:
    """The units that are left of several plans as one plan called ``name``, or as one for each kind of ``resources``.

    A training that several studies want is there once, with the trials of all; it runs as the first study wants it.
    """
    if len(plans) == 1:
        return [plan for plan in plans if plan.units]
    first: dict[str, Plan] = {}
    wanted: dict[str, list[Trial]] = {}
    for plan in plans:
        for unit in plan.units:
            first.setdefault(unit.pretrain_id, plan)
            wanted.setdefault(unit.pretrain_id, []).extend(unit.trials)
    merged = []
    for resources in dict.fromkeys(plan.scaled.resources for plan in first.values()):
        trials = [
            trial
            for pretrain_id, of_unit in wanted.items()
            if first[pretrain_id].scaled.resources == resources
            for trial in of_unit
        ]
        merged.append(_merged([plan for plan in plans if plan.units], trials, first[trials[0].pretrain_id], name))
    return merged


def _merged(plans: Sequence[Plan], trials: list[Trial], first: Plan, name: str) -> Plan:
    """A plan that runs the trials with the resources of ``first``."""
    scaled = replace(first.scaled, study=first.scaled.study.model_copy(update={"name": name}))
    results = {trial_id: result for plan in plans for trial_id, result in plan.results.items()}
    sizes = {config: size for plan in plans for config, size in plan.sizes.items()}
    again = {result.trial_id: result for plan in plans for unit in plan.units for result in unit.retried}
    units = [unit.retrying({}, again) for unit in group_units(trials)]
    left = [trial for unit in units for trial in unit.trials]
    known = {trial.id: results[trial.id] for trial in left if trial.id in results}
    return Plan(scaled, left, known, units, sizes, frozenset().union(*(plan.trained for plan in plans)))


def _stopping(scaled: ScaledCollection) -> dict[str, str]:
    return {
        study.study.name: f"{study.source.name}: stop_early: a study of a collection trains every trial to its end; "
        f"run {study.study.name} by itself, or take stop_early out of it"
        for study in scaled.studies
        if study.stop_early
    }
