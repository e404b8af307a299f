"""Several studies that are run together, such as all of a paper. A single study is a collection of one."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from ablations.study.explain import validate
from ablations.study.library import find_beside, find_collection, name_in, run_command
from ablations.study.load import load_study, run_label
from ablations.study.own_code.uses import WITH_CODE, CodeOptions, used_by_file
from ablations.study.scaled_study import ScaledStudy
from ablations.study.scales import DEFAULT_SCALE
from ablations.study.study import Name
from ablations.study.yaml_source import Source, read_yaml
from ablations.types.errors import StudiesError, StudyError
from ablations.types.wording import did_you_mean
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
    file: Path
    """The file of the collection, or of the one study."""
    is_one_study: bool = False
    """Whether a study was asked for, not a collection."""
    left_out: tuple[str, ...] = ()
    """Names of the collection's studies that are left out, since that was asked for."""

    @property
    def command(self) -> str:
        """The command that runs all of it."""
        return run_command(self.file, [*self.studies[0].options, *without_options(self.left_out)])


def without_options(studies: Iterable[str]) -> list[str]:
    """The options of the command line that leave studies out."""
    return [word for name in studies for word in ("--without", name)]


def load_studies(
    reference: str,
    scale: str | None = None,
    assignments: Sequence[str] = (),
    seeds: int | None = None,
    code: CodeOptions = WITH_CODE,
    without: Sequence[str] = (),
) -> ScaledCollection:
    """Read a study or a collection, by name or by path; all studies take ``assignments`` and ``seeds``.

    The studies ``without`` are left out of a collection, and nothing of them is read. Raises ``StudyError`` with
    everything that is wrong with any of the others. See ``load_study``.
    """
    path = find_collection(reference)
    if path is None:
        if without:
            raise StudyError(f"--without {without[0]}: leaves a study out of a collection, and {reference} is a study")
        return collection_of_one(load_study(reference, scale, assignments, seeds, code))
    source = read_yaml(path)
    code = replace(code, shared=tuple(used_by_file(path, source, code)))
    collection = validate(Collection, source)
    scale = scale or DEFAULT_SCALE
    names = [_name(path, name) for name in collection.studies]
    _check_left_out(collection, names, without)
    studies, problems = [], dict[str, str]()
    for number, name in enumerate(collection.studies):
        if names[number] in without:
            continue
        try:
            studies.append(load_study(_place(path, source, number, name), scale, assignments, seeds, code))
        except StudyError as error:
            problems[names[number]] = str(error)
    if twice := _twice(studies, source):
        raise StudyError("\n".join((*dict.fromkeys(problems.values()), *twice)))
    if problems:
        raise StudiesError.of(problems)
    label = run_label(scale, assignments)
    left_out = tuple(dict.fromkeys(without))
    return ScaledCollection(collection.name, collection.title, scale, label, studies, path, left_out=left_out)


def _name(path: Path, reference: str) -> str:
    """The name of a study of the collection at ``path``, without reading its YAML; its file's if it says none."""
    with suppress(StudyError):
        return name_in(find_beside(path, reference)) or Path(reference).stem
    return Path(reference).stem


def _check_left_out(collection: Collection, names: Sequence[str], without: Sequence[str]) -> None:
    """Raise ``StudyError`` for a name that is no study of the collection, and where no study is left."""
    for name in without:
        if name not in names:
            told = did_you_mean(name, names)
            raise StudyError(f"--without {name}: {collection.name} has no such study; {told}")
    if not set(names) - set(without):
        raise StudyError(f"--without leaves no study of {collection.name}; take one of them out")


def collection_of_one(scaled: ScaledStudy) -> ScaledCollection:
    """A study as a collection."""
    name, title, file = scaled.study.name, scaled.study.title, Path(scaled.source.name)
    return ScaledCollection(name, title, scaled.scale, scaled.label, [scaled], file, is_one_study=True)


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
