"""The document of ``ablate diff``."""

from typing import Any

from ablations.cli.json_documents.document import Document, Part
from ablations.cli.trial_view import config_differences, result_differences
from ablations.store.trial_store import StoredTrial


class Difference(Part):
    """One thing in which two trials differ."""

    name: str
    """Dotted path of the configuration, or name of a metric or a fact."""
    one: Any
    """Value of the first trial; null if it has none."""
    other: Any
    """Value of the second trial; null if it has none."""


class DiffDocument(Document):
    """Printed by ``ablate diff``."""

    one: str
    """Id of the first trial."""
    other: str
    """Id of the second trial."""
    config: list[Difference]
    """Differences between the configurations."""
    result: list[Difference]
    """Differences between states, metrics and facts."""


def diff_document(one: StoredTrial, other: StoredTrial) -> DiffDocument:
    """The document of ``ablate diff``."""
    return DiffDocument(
        one=one.id,
        other=other.id,
        config=[Difference(name=name, one=a, other=b) for name, a, b in config_differences(one, other)],
        result=[Difference(name=name, one=a, other=b) for name, a, b in result_differences(one, other)],
    )
