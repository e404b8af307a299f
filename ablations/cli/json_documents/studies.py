"""The document of ``ablate list``."""

from ablations.cli.json_documents.counts import Counts
from ablations.cli.json_documents.document import Document, Part


class StudyEntry(Part):
    """A study as ``ablate list`` shows it."""

    name: str
    """Name by which commands take it."""
    path: str
    """Path of its file."""
    title: str
    """Title of the study."""
    reproduces: str | None
    """Figure or table of the paper."""
    counts: Counts | None
    """Numbers of trials by their state; null if the file is no valid study."""
    flops_left: float | None
    """Floating-point operations of the trainings that are left; null if its data is missing."""
    seconds_left: float | None
    """Seconds left, by past trials of this storage, as ``seconds`` of ``Cost``; null if there are none."""
    least_seconds_left: float | None
    """Least seconds that agree with past trials."""
    problem: str | None
    """Reason why it cannot be run: a mistake in the file, or missing data."""


class ListDocument(Document):
    """Printed by ``ablate list``."""

    scale: str
    """Scale at which trials are counted."""
    studies: list[StudyEntry]
    """Studies, the shipped ones first."""
    collections: list[str]
    """Names of collections of studies, which ``plan``, ``run``, ``status`` and ``report`` take as they do a study."""
