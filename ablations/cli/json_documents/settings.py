"""The settings of trials, and where each comes from."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ablations.cli.json_documents.document import Part
from ablations.planning.configuration.origin import Origin
from ablations.planning.configuration.resolved import ResolvedSetting


class SettingEntry(Part):
    """A value of a trial's configuration, and where it comes from."""

    path: str
    """Dotted path, as a study file and ``--set`` have it."""
    value: Any
    """Value in the trial's configuration."""
    origin: Origin
    """Layer that it comes from: ``default`` is the paper's value, or the project's if the paper gives none."""
    place: str
    """File, line and column where it was written, or the option ``--set``; empty for a default and a seed."""


def setting_entries(settings: Iterable[ResolvedSetting]) -> list[SettingEntry]:
    """Resolved settings as parts of a document."""
    return [SettingEntry(**asdict(setting)) for setting in settings]
