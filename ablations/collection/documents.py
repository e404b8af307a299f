"""What ``--json`` prints of several studies: the document of each, as for it alone, and what is of all."""

from ablations.documents import Cost, Counts, Document, PlanDocument, ReportDocument, RunDocument, StatusDocument


class CollectionScale(Document):
    """A collection at a scale."""

    collection: str
    """Its name."""
    title: str
    """As in the collection."""
    scale: str
    """Its name."""
    label: str
    """As of a study's plan."""
    unable: dict[str, str]
    """By the name of the study, why it has no document below, or came to no end."""


class CollectionPlanDocument(CollectionScale):
    """``ablate plan`` of a collection, and ``ablate run --dry-run``."""

    counts: Counts
    """Of all trials, those of several studies once."""
    cost: list[Cost]
    """Of what is left of all, each training once: one for each kind of ``resources``."""
    studies: list[PlanDocument]
    """In the collection's order."""


class CollectionStatusDocument(CollectionScale):
    """``ablate status`` of a collection."""

    counts: Counts
    """Of all trials, those of several studies once."""
    studies: list[StatusDocument]
    """In the collection's order."""


class VerdictCounts(Document):
    """Claims by what the results say of them."""

    supported: int
    """That hold."""
    refuted: int
    """That do not."""
    no_difference: int
    """Claims of which the effect is sure to be too small to matter."""
    undecided: int
    """That more seeds may decide."""


class CollectionReportDocument(CollectionScale):
    """``ablate report`` of a collection."""

    page: str
    """An HTML file that shows all studies."""
    verdicts: VerdictCounts
    """On the claims of all studies."""
    studies: list[ReportDocument]
    """In the collection's order."""


class CollectionRunDocument(CollectionScale):
    """``ablate run`` of a collection, at its end."""

    page: str | None
    """An HTML file that shows all studies; null where MLflow could not be reached."""
    verdicts: VerdictCounts
    """On the claims of all studies that were drawn."""
    studies: list[RunDocument]
    """In the collection's order."""


COLLECTION_DOCUMENTS = (
    CollectionPlanDocument,
    CollectionStatusDocument,
    CollectionReportDocument,
    CollectionRunDocument,
)
"""One for each command that takes ``--json`` of a collection."""
