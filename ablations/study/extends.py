"""A study and those that it extends."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablations.study.explain import validate
from ablations.study.library import find_beside, find_study
from ablations.study.own_code.uses import WITH_CODE, CodeOptions, used_by_command, used_by_file
from ablations.study.settings import Layer, flatten, overlay
from ablations.study.study import Scale, Study
from ablations.study.yaml_source import Keys, Source, read_yaml
from ablations.types.errors import StudyError
from core.config.own_code import OwnCode


@dataclass(frozen=True)
class Part:
    """One file of a lineage."""

    path: Path
    study: Study
    source: Source


@dataclass(frozen=True)
class Lineage:
    """The study itself first, then the one that it extends, and so on.

    A study wins over the one that it extends: settings are laid over each other, every other field is replaced whole.
    """

    parts: tuple[Part, ...]
    own_code: tuple[OwnCode, ...] = ()
    """The user's own files that any of them uses."""

    @property
    def path(self) -> Path:
        """The study's own file."""
        return self.parts[0].path

    @property
    def own_scales(self) -> list[str]:
        """Names of the scales that any of the files changes."""
        return list(dict.fromkeys(name for part in self.parts for name in part.study.scales))

    def says(self, field: str) -> Part:
        """The first file that gives the field; the study itself if none does."""
        return next((part for part in self.parts if field in part.study.model_fields_set), self.parts[0])

    def merged(self) -> Study:
        """The study as if it were written in one file, without its settings (``base`` and ``scales``)."""
        given = {field for part in self.parts for field in part.study.model_fields_set}
        values = {field: getattr(self.says(field).study, field) for field in given}
        return self.parts[0].study.model_copy(update=values)

    def base(self, scale: str) -> Layer:
        """The settings of every trial, then what changes at the scale."""
        eldest_first = self.parts[::-1]
        every = [flatten(part.study.base, part.source, ("base",)) for part in eldest_first]
        scaled = [
            flatten(part.study.scales[scale].base, part.source, ("scales", scale, "base"))
            for part in eldest_first
            if scale in part.study.scales
        ]
        return overlay([*every, *scaled])

    def at_scale(self, scale: str, field: str) -> tuple[Any, Source, Keys]:
        """A field's value at a scale with its place; None if no file has one.

        The first file that changes the field at this scale wins, then the first that gives it at all.
        """
        for part in self.parts:
            own = part.study.scales.get(scale, Scale())
            if (value := getattr(own, field)) is not None:
                return value, part.source, ("scales", scale, field)
        part = self.says(field)
        return getattr(part.study, field), part.source, (field,)


def read_lineage(reference: str, code: CodeOptions = WITH_CODE) -> Lineage:
    """Read a study and those that it extends, and import the files that they use before anything is checked.

    Raises ``StudyError`` for a file that is no study, a study that extends itself, and one without a grid.
    """
    parts: list[Part] = []
    used = [*code.shared, *used_by_command(code)]
    path: Path | None = find_study(reference)
    while path:
        source = read_yaml(path)
        used += used_by_file(path, source, code)
        parts.append(Part(path, validate(Study, source), source))
        path = _parent(parts)
    lineage = Lineage(tuple(parts), tuple(dict.fromkeys(used)))
    if lineage.merged().grid is None:
        raise StudyError(f"{parts[0].source.place(())}: 'grid' is required")
    return lineage


def _parent(parts: list[Part]) -> Path | None:
    child = parts[-1]
    if child.study.extends is None:
        return None
    place = child.source.locate(("extends",))
    try:
        parent = find_beside(child.path, child.study.extends)
    except StudyError as error:
        raise StudyError(f"{place}: {error}") from error
    if any(parent.resolve() == part.path.resolve() for part in parts):
        raise StudyError(f"{place}: {parent} extends itself, by way of {child.path}")
    return parent
