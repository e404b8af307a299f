"""JSON documents of a collection: the document of each study, and what concerns all of them."""

from ablations.cli.json_documents.documents import (
    Cost,
    Counts,
    Document,
    Part,
    PlanDocument,
    ReportDocument,
    RunDocument,
    StatusDocument,
)


class CollectionScale(Document):
    """A collection at a scale."""

    collection: str
    """Name of the collection."""
    title: str
    """Title of the collection."""
    scale: str
    """Name of the scale."""
    label: str
    """Label of the run, as in a study's plan."""
    unable: dict[str, str]
    """Reasons why studies have no document below, or were not completed, by the name of the study."""
    left_out: list[str]
    """Names of studies that were left out with ``--without``."""


class CollectionPlanDocument(CollectionScale):
    """Printed by ``ablate plan`` of a collection, and by ``ablate run --dry-run``."""

    counts: Counts
    """Numbers of trials by their state; a trial of several studies counts once."""
    cost: list[Cost]
    """Costs of what is left of all studies, each training once: one for each kind of ``resources``."""
    studies: list[PlanDocument]
    """Plans in the collection's order."""


class VerdictCounts(Part):
    """Numbers of claims by their verdict, where the claims of all studies are judged together.

    More claims are judged at a smaller level, so that a verdict of a study's own page may differ.
    """

    supported: int
    """Claims that hold."""
    refuted: int
    """Claims that do not hold."""
    no_difference: int
    """Claims whose effect is certainly too small to matter."""
    undecided: int
    """Claims that more seeds may decide."""
    calibration: int
    """Claims among all these whose effects the scale was chosen by."""


class CollectionStatusDocument(CollectionScale):
    """Printed by ``ablate status`` of a collection."""

    counts: Counts
    """Numbers of trials by their state; a trial of several studies counts once."""
    verdicts: VerdictCounts
    """Numbers of claims by their verdict when the collection was last drawn; all 0 if it was not."""
    studies: list[StatusDocument]
    """States of the studies in the collection's order."""


class CollectionReportDocument(CollectionScale):
    """Printed by ``ablate report`` of a collection."""

    page: str
    """HTML file that shows all studies."""
    verdicts: VerdictCounts
    """Numbers of the claims of all studies by their verdict, judged together."""
    studies: list[ReportDocument]
    """Reports in the collection's order."""


class CollectionRunDocument(CollectionScale):
    """Printed by ``ablate run`` of a collection, at its end."""

    page: str | None
    """HTML file that shows all studies; null if MLflow could not be reached."""
    verdicts: VerdictCounts
    """Numbers of the claims of all drawn studies by their verdict, judged together."""
    studies: list[RunDocument]
    """Outcomes in the collection's order."""


COLLECTION_DOCUMENTS = (
    CollectionPlanDocument,
    CollectionStatusDocument,
    CollectionReportDocument,
    CollectionRunDocument,
)
"""One kind for each command that takes ``--json`` for a collection."""
