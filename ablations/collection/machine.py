"""From plans, outcomes and reports of several studies to the documents of ``--json``."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ablations.collection.documents import (
    CollectionPlanDocument,
    CollectionReportDocument,
    CollectionRunDocument,
    CollectionStatusDocument,
    VerdictCounts,
)
from ablations.collection.load import ScaledCollection
from ablations.collection.plan import CollectionPlan
from ablations.documents import Counts
from ablations.machine import cost, counts, plan_document, report_document, run_document, status_document
from core.remote import AnyPath

if TYPE_CHECKING:
    from ablations.collection.report import DrawnCollection
    from ablations.collection.run import CollectionOutcome
    from ablations.report import DrawnReport


def collection_plan_document(plan: CollectionPlan, storage: AnyPath, price: float | None) -> CollectionPlanDocument:
    costs = [cost(group, storage, price) for group in plan.groups]
    return CollectionPlanDocument(
        **_collection(plan.scaled, plan.unable),
        counts=_counts(plan),
        cost=[one for one in costs if one],
        studies=[plan_document(one, storage, price) for one in plan.plans],
    )


def collection_status_document(plan: CollectionPlan, storage: AnyPath) -> CollectionStatusDocument:
    return CollectionStatusDocument(
        **_collection(plan.scaled, plan.unable),
        counts=_counts(plan),
        studies=[status_document(one, storage) for one in plan.plans],
    )


def collection_report_document(scaled: ScaledCollection, drawn: "DrawnCollection") -> CollectionReportDocument:
    return CollectionReportDocument(
        **_collection(scaled, drawn.problems),
        page=str(drawn.page),
        verdicts=_verdicts(drawn.studies.values()),
        studies=[
            report_document(study, drawn.studies[study.study.name])
            for study in scaled.studies
            if study.study.name in drawn.studies
        ],
    )


def collection_run_document(scaled: ScaledCollection, outcome: "CollectionOutcome") -> CollectionRunDocument:
    outcomes = outcome.outcomes
    return CollectionRunDocument(
        **_collection(scaled, outcome.unable),
        page=str(outcome.page) if outcome.page else None,
        verdicts=_verdicts(one.drawn for one in outcomes.values() if one.drawn),
        studies=[
            run_document(study, outcomes[study.study.name]) for study in scaled.studies if study.study.name in outcomes
        ],
    )


def _collection(scaled: ScaledCollection, unable: Mapping[str, str]) -> dict[str, Any]:
    collection = scaled.collection
    return {
        "collection": collection.name,
        "title": collection.title,
        "scale": scaled.scale,
        "label": scaled.label,
        "unable": dict(unable),
    }


def _counts(plan: CollectionPlan) -> Counts:
    trials = {trial.id: trial for one in plan.plans for trial in one.trials}
    results = {trial_id: result for one in plan.plans for trial_id, result in one.results.items()}
    return counts(list(trials.values()), results)


def _verdicts(drawn: "Iterable[DrawnReport]") -> VerdictCounts:
    words = Counter(verdict.word for one in drawn for verdict in one.verdicts)
    return VerdictCounts(
        supported=words["SUPPORTED"],
        refuted=words["REFUTED"],
        no_difference=words["NO DIFFERENCE"],
        undecided=words["UNDECIDED"],
    )
