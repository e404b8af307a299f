"""The document of ``ablate status``."""

from ablations.cli.json_documents.counts import Counts, collection_counts, counts
from ablations.cli.json_documents.document import CollectionScale, Part, StudyScale, collection_fields, study_fields
from ablations.cli.json_documents.trials import TrialEntry, trial_entries
from ablations.cli.json_documents.verdicts import (
    VerdictCounts,
    VerdictEntry,
    together_entries,
    verdict_counts,
    verdict_entries,
)
from ablations.planning.best import BestCell, best_of
from ablations.planning.collection_plan import CollectionPlan
from ablations.planning.plan import Plan, begun_trainings
from ablations.store.drawn import drawn_page, drawn_verdicts
from ablations.store.trial_store import TrialStore
from core.remote import AnyPath


class BestEntry(Part):
    """The cell of the grid with the highest mean over its seeds, as far as they are done."""

    cell: str
    """Name for people: axes and values."""
    metric: str
    """Name of the metric, that of the figure."""
    mean: float
    """Mean of the metric over the seeds."""
    seeds: int
    """Number of seeds that are done."""
    validation: float | None = None
    """Mean score on held-out training images, if the cell was chosen by it (``select: validation``)."""


class StatusDocument(StudyScale):
    """Printed by ``ablate status``."""

    counts: Counts
    """Numbers of the study's trials by their state."""
    begun: int
    """Trainings that wait and have a checkpoint."""
    best: BestEntry | None
    """Best cell so far; null if no trial is done, if more of the figure's metric is not better, or if the cells are not
    evaluated alike."""
    looks: list[int]
    """Numbers of seeds at which it was planned to look at the claims, by ``--until-decided``; empty if that is done
    once."""
    verdicts: list[VerdictEntry]
    """Verdicts on the claims when the study was last drawn, judged as on the study's own page."""
    page: str | None
    """HTML file that shows the study; null if it was not drawn yet."""
    trials: list[TrialEntry]
    """Trials in the order of the grid."""


class CollectionStatusDocument(CollectionScale):
    """Printed by ``ablate status`` of a collection."""

    counts: Counts
    """Numbers of trials by their state; a trial of several studies counts once."""
    verdicts: VerdictCounts
    """Numbers of claims by their verdict when the collection was last drawn; all 0 if it was not."""
    studies: list[StatusDocument]
    """States of the studies in the collection's order."""


def status_document(plan: CollectionPlan, storage: AnyPath) -> StatusDocument | CollectionStatusDocument:
    """The document of ``ablate status``."""
    documents = [_study_status(one, storage) for one in plan.plans]
    if plan.scaled.is_one_study:
        return documents[0]
    return CollectionStatusDocument(
        **collection_fields(plan.scaled, plan.unable),
        counts=collection_counts(plan),
        verdicts=verdict_counts((one.verdict, one.calibration) for one in together_entries(plan.scaled, storage)),
        studies=documents,
    )


def _study_status(plan: Plan, storage: AnyPath) -> StatusDocument:
    best, drawn_as = best_of(plan), (plan.scaled.study.name, plan.scaled.label)
    page = drawn_page(storage, *drawn_as)
    return StatusDocument(
        **study_fields(plan.scaled),
        counts=counts(plan.trials, plan.results),
        begun=begun_trainings(plan, TrialStore(storage)),
        best=_best(best) if best else None,
        looks=list(plan.looks),
        verdicts=verdict_entries(drawn_verdicts(storage, *drawn_as)),
        page=str(page) if page else None,
        trials=trial_entries(plan),
    )


def _best(best: BestCell) -> BestEntry:
    return BestEntry(cell=best.name, metric=best.metric, mean=best.value, seeds=best.seeds, validation=best.validation)
