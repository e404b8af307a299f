"""The fields that every document of ``--json`` has, for a study and for a collection."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ablations.study.collection import ScaledCollection
from ablations.study.scaled_study import ScaledStudy


class Part(BaseModel):
    """A part of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Document(Part):
    """A document that a command prints."""

    version: Literal[2] = 2
    """Version of the document's format."""


class StudyScale(Document):
    """A study at a scale."""

    study: str
    """Name of the study."""
    title: str
    """Title of the study."""
    reproduces: str | None
    """Figure or table of the paper, such as ``figure_5``."""
    scale: str
    """Name of the scale."""
    label: str
    """The scale, with a digest of ``--set`` if it is used: it tells runs of one study apart."""


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


def study_fields(scaled: ScaledStudy) -> dict[str, Any]:
    """The fields of ``StudyScale`` by name."""
    study = scaled.study
    return {
        "study": study.name,
        "title": study.title,
        "reproduces": study.reproduces,
        "scale": scaled.scale,
        "label": scaled.label,
    }


def collection_fields(scaled: ScaledCollection, unable: Mapping[str, str]) -> dict[str, Any]:
    """The fields of ``CollectionScale`` by name; ``unable`` are reasons by the name of the study."""
    return {
        "collection": scaled.name,
        "title": scaled.title,
        "scale": scaled.scale,
        "label": scaled.label,
        "unable": dict(unable),
        "left_out": list(scaled.left_out),
    }


def studies_with_outcome(scaled: ScaledCollection, by_study: Mapping[str, object]) -> list[ScaledStudy]:
    """The studies that have an outcome, in the collection's order."""
    return [study for study in scaled.studies if study.study.name in by_study]
