"""The document of ``ablate run`` and ``ablate rescore``, at their end."""

from typing import TYPE_CHECKING

from ablations.cli.json_documents.document import CollectionScale, Document, collection_fields, studies_with_outcome
from ablations.cli.json_documents.report import ReportDocument, study_report
from ablations.cli.json_documents.verdicts import VerdictCounts, drawn_counts
from ablations.study.collection import ScaledCollection
from ablations.study.scaled_study import ScaledStudy
from ablations.types.trial import State

if TYPE_CHECKING:
    from ablations.running.outcome import Outcome, Outcomes


class RunDocument(Document):
    """Printed by ``ablate run`` and ``ablate rescore``, at their end."""

    study: str
    """Name of the study."""
    scale: str
    """Name of the scale."""
    label: str
    """Label of the run, as in the plan."""
    done: int
    """Trials with a result, those of earlier runs included."""
    failed: int
    """Trials that failed; the exit code is then 1."""
    stopped: int
    """Trials that were stopped early, as the study asks for."""
    left: int
    """Trials that did not end; 0 after a run without trouble."""
    trials: dict[str, State]
    """States by the id of the trial."""
    report: ReportDocument | None
    """The report; null if MLflow could not be reached."""


class CollectionRunDocument(CollectionScale):
    """Printed by ``ablate run`` of a collection, at its end."""

    page: str | None
    """HTML file that shows all studies; null if MLflow could not be reached."""
    verdicts: VerdictCounts
    """Numbers of the claims of all drawn studies by their verdict, judged together."""
    studies: list[RunDocument]
    """Outcomes in the collection's order."""


def run_document(scaled: ScaledCollection, outcomes: "Outcomes") -> RunDocument | CollectionRunDocument:
    """The document of ``ablate run``."""
    by_study = outcomes.by_study
    documents = [_study_run(study, by_study[study.study.name]) for study in studies_with_outcome(scaled, by_study)]
    if scaled.is_one_study:
        return documents[0]
    return CollectionRunDocument(
        **collection_fields(scaled, outcomes.unable),
        page=str(outcomes.page) if outcomes.page else None,
        verdicts=drawn_counts(outcomes.together),
        studies=documents,
    )


def _study_run(scaled: ScaledStudy, outcome: "Outcome") -> RunDocument:
    return RunDocument(
        study=scaled.study.name,
        scale=scaled.scale,
        label=scaled.label,
        done=outcome.done,
        failed=outcome.failed,
        stopped=outcome.stopped,
        left=outcome.left,
        trials=dict(outcome.states),
        report=study_report(scaled, outcome.drawn) if outcome.drawn else None,
    )
