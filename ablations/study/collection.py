"""Several studies that are run together, such as all of a paper. A single study is a collection of one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from ablations.study.explain import validate
from ablations.study.library import find_beside, find_collection
from ablations.study.load import load_study, run_label
from ablations.study.own_code.uses import WITH_CODE, CodeOptions, used_by_file
from ablations.study.scaled_study import ScaledStudy
from ablations.study.scales import DEFAULT_SCALE
from ablations.study.study import Name
from ablations.study.yaml_source import Source, read_yaml
from ablations.types.errors import StudyError
from core.config import Config


class Collection(Config):
    """A collection file: studies that are run together."""

    name: Name
    title: str = ""
    """Title above the page."""
    studies: Annotated[list[str], Field(min_length=1)]
    """Studies by name, or by path from this file, in the order of the page."""
    uses: list[str] = []
    """Python files beside this one, or installed packages, whose parts all its studies use; as in a study."""


@dataclass(frozen=True)
class ScaledCollection:
    """Studies at one scale, to be run together."""

    name: str
    title: str
    scale: str
    label: str
    """The scale and the overrides; see ``run_label``."""
    studies: list[ScaledStudy]
    is_one_study: bool = False
    """Whether a study was asked for, not a collection."""


def load_studies(
    reference: str,
    scale: str | None = None,
    assignments: Sequence[str] = (),
    seeds: int | None = None,
    code: CodeOptions = WITH_CODE,
) -> ScaledCollection:
    """Read a study or a collection, by name or by path; all studies take ``assignments`` and ``seeds``.

    Raises ``StudyError`` with everything that is wrong with any of the studies. See ``load_study``.
    """
    path = find_collection(reference)
    if path is None:
        return collection_of_one(load_study(reference, scale, assignments, seeds, code))
    source = read_yaml(path)
    code = replace(code, shared=tuple(used_by_file(path, source, code)))
    collection = validate(Collection, source)
    scale = scale or DEFAULT_SCALE
    studies, problems = [], list[str]()
    for number, name in enumerate(collection.studies):
        try:
            studies.append(load_study(_place(path, source, number, name), scale, assignments, seeds, code))
        except StudyError as error:
            problems.append(str(error))
    problems += _twice(studies, source)
    if problems:
        raise StudyError("\n".join(dict.fromkeys(problems)))
    return ScaledCollection(collection.name, collection.title, scale, run_label(scale, assignments), studies)


def collection_of_one(scaled: ScaledStudy) -> ScaledCollection:
    """A study as a collection."""
    return ScaledCollection(
        scaled.study.name, scaled.study.title, scaled.scale, scaled.label, [scaled], is_one_study=True
    )


def _place(path: Path, source: Source, number: int, reference: str) -> str:
    try:
        return str(find_beside(path, reference))
    except StudyError as error:
        raise StudyError(f"{source.locate(('studies', number))}: {error}") from error


def _twice(studies: list[ScaledStudy], source: Source) -> list[str]:
    """Complaints about studies with the same name, which would be one study in MLflow."""
    names = [scaled.study.name for scaled in studies]
    return [
        f"{source.locate(('studies', number))}: there is a study {name!r} before it"
        for number, name in enumerate(names)
        if name in names[:number]
    ]
