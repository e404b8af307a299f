"""The document of ``ablate plan``, and of ``ablate run --dry-run``."""

from dataclasses import asdict
from typing import Any

from ablations.cli.json_documents.cost import Cost, cost_of
from ablations.cli.json_documents.counts import Counts, collection_counts, counts
from ablations.cli.json_documents.document import CollectionScale, Part, StudyScale, collection_fields, study_fields
from ablations.cli.json_documents.settings import SettingEntry, setting_entries
from ablations.cli.json_documents.trials import TrialEntry, trial_entries
from ablations.planning.collection_plan import CollectionPlan
from ablations.planning.configuration.resolved import Resolver, alike
from ablations.planning.plan import Plan
from ablations.planning.review.lint import warnings
from ablations.planning.search import search_cost
from core.remote import AnyPath


class PlannedTrial(TrialEntry):
    """A trial of a plan."""

    settings: list[SettingEntry]
    """Settings of this trial that not all trials of the study share; ``settings`` of the plan has the others."""


class TuneEntry(Part):
    """The tuned settings of a study, and their cost."""

    values: dict[str, list[str]]
    """Values as text, by the name of the tuned axis."""
    trainings: int
    """Trainings of the study."""
    trials: int
    """Trials of the study."""
    trainings_without: int
    """Trainings that it would have with one value of each."""
    trials_without: int
    """Trials that it would have with one value of each."""


class PlanDocument(StudyScale):
    """Printed by ``ablate plan``, and by ``ablate run --dry-run``."""

    counts: Counts
    """Numbers of the study's trials by their state."""
    workers: int
    """Processes that share each training."""
    cost: Cost | None
    """Cost of what is left; null if nothing is left to run."""
    tune: TuneEntry | None
    """The tuned settings; null if nothing is tuned."""
    notes: list[str]
    """Questions that a reviewer would ask, each with its remedy."""
    settings: list[SettingEntry]
    """Settings that all trials share. Those of a trial with these are its whole configuration."""
    trials: list[PlannedTrial]
    """Trials in the order of the grid."""


class CollectionPlanDocument(CollectionScale):
    """Printed by ``ablate plan`` of a collection, and by ``ablate run --dry-run``."""

    counts: Counts
    """Numbers of trials by their state; a trial of several studies counts once."""
    cost: list[Cost]
    """Costs of what is left of all studies, each training once: one for each kind of ``resources``."""
    studies: list[PlanDocument]
    """Plans in the collection's order."""


def plan_document(plan: CollectionPlan, storage: AnyPath, price: float | None) -> PlanDocument | CollectionPlanDocument:
    """The document of ``ablate plan``."""
    documents = [_study_plan(one, storage, price) for one in plan.plans]
    if plan.scaled.is_one_study:
        return documents[0]
    costs = [cost_of(group, storage, price) for group in plan.groups]
    return CollectionPlanDocument(
        **collection_fields(plan.scaled, plan.unable),
        counts=collection_counts(plan),
        cost=[one for one in costs if one],
        studies=documents,
    )


def _study_plan(plan: Plan, storage: AnyPath, price: float | None) -> PlanDocument:
    return PlanDocument(
        **study_fields(plan.scaled),
        counts=counts(plan.trials, plan.results),
        workers=plan.scaled.resources.workers,
        cost=cost_of(plan, storage, price),
        tune=_tune(plan),
        notes=warnings(plan),
        **_planned(plan),
    )


def _planned(plan: Plan) -> dict[str, Any]:
    """The settings that all trials share, and the trials with the others."""
    resolver = Resolver(plan.scaled)
    resolved = {trial.id: resolver.settings(trial) for trial in plan.trials}
    shared = alike(resolved.values())
    paths = {setting.path for setting in shared}
    own = {key: [one for one in settings if one.path not in paths] for key, settings in resolved.items()}
    entries = [(entry, own[entry.id]) for entry in trial_entries(plan)]
    return {
        "settings": setting_entries(shared),
        "trials": [PlannedTrial(**dict(entry), settings=setting_entries(settings)) for entry, settings in entries],
    }


def _tune(plan: Plan) -> TuneEntry | None:
    if plan.scaled.tune is None:
        return None
    return TuneEntry(values=plan.scaled.tune.values, **asdict(search_cost(plan.trials)))
