"""The document of ``ablate report``."""

from typing import TYPE_CHECKING

from ablations.cli.json_documents.document import CollectionScale, Document, collection_fields, studies_with_outcome
from ablations.cli.json_documents.verdicts import VerdictCounts, VerdictEntry, drawn_counts, verdict_entries
from ablations.study.collection import ScaledCollection
from ablations.study.scaled_study import ScaledStudy

if TYPE_CHECKING:
    from ablations.tracking.collection_report import DrawnStudies
    from ablations.tracking.report import DrawnReport


class ReportDocument(Document):
    """Printed by ``ablate report``."""

    study: str
    """Name of the study."""
    label: str
    """Label of the run, as in the plan."""
    folder: str
    """Folder of everything that was drawn; ``data.csv`` has its numbers."""
    page: str
    """HTML file that holds everything."""
    figure: str
    """PNG file; ``.svg`` and ``.pdf`` are beside it."""
    warnings: list[str]
    """Problems to mend before the study is believed, such as a choice at the edge of what was tried."""
    tuned: dict[str, dict[str, str]]
    """Chosen values of each tuned setting, in the order of the seeds, by the names of cells and baselines."""
    pictures: list[str]
    """Pictures of single trials."""
    looks: list[int]
    """Numbers of seeds at which it was planned to look at the claims; empty if that is done once."""
    verdicts: list[VerdictEntry]
    """Verdicts on the study's claims, judged as on the study's own page."""


class CollectionReportDocument(CollectionScale):
    """Printed by ``ablate report`` of a collection."""

    page: str
    """HTML file that shows all studies."""
    verdicts: VerdictCounts
    """Numbers of the claims of all studies by their verdict, judged together."""
    studies: list[ReportDocument]
    """Reports in the collection's order."""


def report_document(scaled: ScaledCollection, drawn: "DrawnStudies") -> ReportDocument | CollectionReportDocument:
    """The document of ``ablate report``."""
    documents = [
        study_report(study, drawn.by_study[study.study.name]) for study in studies_with_outcome(scaled, drawn.by_study)
    ]
    if scaled.is_one_study:
        return documents[0]
    return CollectionReportDocument(
        **collection_fields(scaled, drawn.problems),
        page=str(drawn.page),
        verdicts=drawn_counts(drawn.together),
        studies=documents,
    )


def study_report(scaled: ScaledStudy, drawn: "DrawnReport") -> ReportDocument:
    """The document of one study's report."""
    from reports.statistics.record import verdict_values  # here, since pandas comes with it

    return ReportDocument(
        study=scaled.study.name,
        label=scaled.label,
        folder=str(drawn.folder),
        page=str(drawn.page),
        figure=str(drawn.figure),
        warnings=drawn.report.warnings,
        tuned={str(cell): dict(values) for cell, values in drawn.report.chosen_texts.iterrows()},
        pictures=[str(picture) for picture in drawn.pictures],
        looks=list(drawn.report.looks),
        verdicts=verdict_entries(list(map(verdict_values, drawn.verdicts))),
    )
