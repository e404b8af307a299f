"""What a collection file holds, and the studies that it names."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from ablations.study.library import find_beside
from ablations.study.load import DEFAULT_SCALE, ScaledStudy, load_study, run_label
from ablations.study.study import Name
from ablations.study.validate import validate
from ablations.study.yaml_source import Source, read_yaml
from ablations.types.errors import StudyError
from core.config import Config


class Collection(Config):
    """Studies that are run together."""

    name: Name
    title: str = ""
    """Stands above the page."""
    studies: Annotated[list[str], Field(min_length=1)]
    """Names, or paths from this file; the page has them in this order."""


@dataclass(frozen=True)
class ScaledCollection:
    """A collection at one scale."""

    collection: Collection
    scale: str
    label: str
    """See ``run_label``."""
    studies: list[ScaledStudy]


def load_collection(
    path: Path, scale: str | None = None, assignments: Sequence[str] = (), seeds: int | None = None
) -> ScaledCollection:
    """Read the collection and all its studies, which all take ``assignments`` and ``seeds``; see ``load_study``.

    Raises ``StudyError`` with what is wrong with any of them.
    """
    source = read_yaml(path)
    collection = validate(Collection, source)
    scale = scale or DEFAULT_SCALE
    studies, problems = [], list[str]()
    for number, reference in enumerate(collection.studies):
        try:
            studies.append(load_study(_place(path, source, number, reference), scale, assignments, seeds))
        except StudyError as error:
            problems.append(str(error))
    problems += _twice(studies, source)
    if problems:
        raise StudyError("\n".join(dict.fromkeys(problems)))
    return ScaledCollection(collection, scale, run_label(scale, assignments), studies)


def _place(path: Path, source: Source, number: int, reference: str) -> str:
    try:
        return str(find_beside(path, reference))
    except StudyError as error:
        raise StudyError(f"{source.locate(('studies', number))}: {error}") from error


def _twice(studies: list[ScaledStudy], source: Source) -> list[str]:
    """Two studies of one name would be one in MLflow."""
    names = [scaled.study.name for scaled in studies]
    return [
        f"{source.locate(('studies', number))}: there is a study {name!r} before it"
        for number, name in enumerate(names)
        if name in names[:number]
    ]
