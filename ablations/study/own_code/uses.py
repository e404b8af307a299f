"""``uses``: Python files and packages of the user's own that register parts, imported before a study is checked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ablations.study.own_code.packages import PREFIX, installed
from ablations.study.own_code.source import read_code
from ablations.study.own_code.told import error_text
from ablations.study.yaml_source import Source
from ablations.types.errors import StudyError
from ablations.types.wording import quoted
from core.config.own_code import OwnCode, imported_here

USES = "uses"
NO_MODULE = "is no Python file; its name is letters, digits and _, and .py"


@dataclass(frozen=True)
class CodeOptions:
    """The user's files and packages that are run to read a study."""

    use: tuple[str, ...] = ()
    """Files, anywhere, and ``package:NAME`` that the command line names."""
    allowed: bool = True
    """Whether a study's own files are run; if not, a study that has any is refused."""
    kept: Callable[[str], OwnCode | None] = lambda entry: None
    """The code that the storage keeps of a file of this name, for a file that is not there any more."""
    shared: tuple[OwnCode, ...] = ()
    """Code that the collection of the study uses, imported already."""


WITH_CODE, NO_CODE = CodeOptions(), CodeOptions(allowed=False)


def used_by_command(code: CodeOptions) -> Iterator[OwnCode]:
    """Import the files and packages of ``--use``. Raises ``StudyError`` that names the user's file and line."""
    for name in code.use:
        path = Path(name)
        if not code.allowed:
            raise StudyError(f"--use {name}: --no-code refuses to run it; leave one of the two out")
        if name.startswith(PREFIX):
            yield _installed(name, f"--use {name}")
        elif not path.is_file():
            raise StudyError(f"--use {name}: {'is a folder' if path.is_dir() else 'there is no such file'}")
        elif not _is_module(path):
            raise StudyError(f"--use {name}: {NO_MODULE}")
        else:
            yield _imported(path)


def used_by_file(study: Path, source: Source, code: CodeOptions) -> Iterator[OwnCode]:
    """Import what the file of a study or a collection uses: packages, and files by paths from its own. Raises
    ``StudyError``."""
    values = source.values.get(USES) if isinstance(source.values, dict) else None
    for number, name in enumerate(values if isinstance(values, list) else []):
        place = source.locate((USES, number))
        if not isinstance(name, str):
            raise StudyError(f"{place}: {quoted(name)} is no file; write its name, such as my_ideas.py")
        if not code.allowed:
            raise StudyError(f"{place}: the study needs the code of {name}, which this command does not run")
        if name.startswith(PREFIX):
            yield _installed(name, place)
            continue
        path = _beside(study, name, place)
        if path.is_file():
            yield _imported(path)
        elif kept := code.kept(path.stem):
            yield imported_here(kept.file, kept.module, kept.hash, kept.modules)
        else:
            raise StudyError(f"{place}: {path} is not there; put the file back, or take it out of 'uses'")


def _beside(study: Path, name: str, place: str) -> Path:
    """The path of a file that a study names. It may not lie outside the study's folder, since a study is passed on."""
    path, folder = study.parent / name, study.parent.resolve()
    if Path(name).is_absolute() or ".." in Path(name).parts or not path.resolve().is_relative_to(folder):
        raise StudyError(f"{place}: {name} is outside the study's folder; put the file there, or give --use {name}")
    if not _is_module(path):
        raise StudyError(f"{place}: {quoted(name)} {NO_MODULE}")
    return path


def _is_module(path: Path) -> bool:
    return path.suffix == ".py" and path.stem.isidentifier()


def _imported(path: Path) -> OwnCode:
    code = read_code(path)
    try:
        return imported_here(code.file, code.module, code.hash, code.modules)
    except (Exception, SystemExit) as error:  # the user's code may raise anything
        raise StudyError(error_text(error, code)) from error


def _installed(name: str, place: str) -> OwnCode:
    try:
        return installed(name.removeprefix(PREFIX))
    except StudyError as error:
        raise StudyError(f"{place}: {error}") from error
