"""Writes a part of one's own to begin with: its file, a study that uses it, and its test."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from ablations.study.library import LOCAL_STUDIES, PartKind
from ablations.study.new_study import SUFFIXES, TEMPLATES, in_yaml
from ablations.study.schema.study_schema import FILE, schema_text
from ablations.types.errors import StudyError
from ablations.types.wording import quoted
from core.config import ENCODERS, METHODS, OPERATIONS

LONGEST = 60


@dataclass(frozen=True)
class WrittenPart:
    """The files that were written."""

    code: Path
    study: Path
    test: Path
    reference: str
    """Name or path by which commands take the study."""


def write_part(target: str, kind: PartKind) -> WrittenPart:
    """Write ``NAME.py``, ``NAME.yaml`` and ``test_NAME.py`` to ``studies``, or beside a path that is given.

    Raises ``StudyError`` if one of them is there already, and for a name that no part can have.
    """
    folder, name = _place(target, kind)
    written = WrittenPart(
        folder / f"{name}.py",
        folder / f"{name}.yaml",
        folder / f"test_{name}.py",
        name if folder == LOCAL_STUDIES else shlex.quote(str(folder / f"{name}.yaml")),
    )
    files = {written.code: f"{kind}.py.j2", written.study: "study.yaml.j2", written.test: "test.py.j2"}
    if there := [path for path in files if path.exists()]:
        raise StudyError(f"{there[0]}: exists already, and is left as it is; give another name")
    folder.mkdir(parents=True, exist_ok=True)
    for path, template in files.items():
        path.write_text(_text(template, name, kind, written.reference), encoding="utf-8")
    if not (schema := folder / FILE).exists():
        schema.write_text(schema_text(), encoding="utf-8")
    return written


def _place(target: str, kind: PartKind) -> tuple[Path, str]:
    """The folder and the name of a part."""
    path = Path(target)
    name = path.stem if path.suffix in (*SUFFIXES, ".py") else path.name
    if not (name.isidentifier() and name.islower() and len(name) <= LONGEST):
        raise StudyError(f"{quoted(name)} is no name of a part: small letters, digits and _, such as my_{kind}")
    registry = {"operation": OPERATIONS, "encoder": ENCODERS}.get(kind, METHODS)
    if name in registry.names():  # type: ignore[attr-defined]  # a registry of any kind
        raise StudyError(f"there is a{'n' if kind[0] in 'eo' else ''} {kind} {name} already; give another name")
    return path.parent if len(path.parts) > 1 else LOCAL_STUDIES, name


def _text(template: str, name: str, kind: PartKind, reference: str) -> str:
    import jinja2  # here, since no other command needs it

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES / "parts"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    title = "".join(word.capitalize() for word in name.split("_"))
    return environment.get_template(template).render(
        name=name, title=title, kind=kind, reference=reference, quoted_name=in_yaml(name)
    )
