"""The documents of all commands that take ``--json``."""

from ablations.cli.json_documents.diff import DiffDocument
from ablations.cli.json_documents.export import ExportDocument
from ablations.cli.json_documents.plan import CollectionPlanDocument, PlanDocument
from ablations.cli.json_documents.report import CollectionReportDocument, ReportDocument
from ablations.cli.json_documents.run import CollectionRunDocument, RunDocument
from ablations.cli.json_documents.show import ShowDocument
from ablations.cli.json_documents.status import CollectionStatusDocument, StatusDocument
from ablations.cli.json_documents.studies import ListDocument

DOCUMENTS = (
    PlanDocument,
    StatusDocument,
    ListDocument,
    ShowDocument,
    DiffDocument,
    ReportDocument,
    RunDocument,
    ExportDocument,
)
"""One kind for each command."""
COLLECTION_DOCUMENTS = (
    CollectionPlanDocument,
    CollectionStatusDocument,
    CollectionReportDocument,
    CollectionRunDocument,
)
"""One kind for each command, where it is given a collection."""
