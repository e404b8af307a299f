"""``uses``: Python files of the user's own that register parts, read and imported before a study is checked."""

import ast
import hashlib
import sys
import tokenize
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ablations.study.own_code.code_hash import code_hash
from ablations.study.yaml_source import Source
from ablations.types.errors import StudyError
from ablations.types.wording import quoted
from core.config.own_code import PACKAGE, OwnCode, SourceText, imported_here

USES = "uses"
NEVER_BESIDE = frozenset({"ablations", "core", "reports", *sys.stdlib_module_names})
"""Modules that an import finds where they are installed, whatever lies beside the file."""
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class CodeOptions:
    """The user's files that are run to read a study."""

    use: tuple[str, ...] = ()
    """Files that the command line names, anywhere."""
    allowed: bool = True
    """Whether a study's own files are run; if not, a study that has any is refused."""
    kept: Callable[[str], OwnCode | None] = lambda entry: None
    """The code that the storage keeps of a file of this name, for a file that is not there any more."""


WITH_CODE, NO_CODE = CodeOptions(), CodeOptions(allowed=False)


def used_by_command(code: CodeOptions) -> Iterator[OwnCode]:
    """Import the files of ``--use``. Raises ``StudyError`` that names the user's file and line."""
    for name in code.use:
        path = Path(name)
        if not code.allowed:
            raise StudyError(f"--use {name}: --no-code refuses to run it; leave one of the two out")
        if not path.is_file():
            raise StudyError(f"--use {name}: there is no such file")
        yield _imported(path)


def used_by_study(study: Path, source: Source, code: CodeOptions) -> Iterator[OwnCode]:
    """Import the files that a study uses, by paths from its own file. Raises ``StudyError``."""
    values = source.values.get(USES) if isinstance(source.values, dict) else None
    for number, name in enumerate(values if isinstance(values, list) else []):
        place = source.locate((USES, number))
        if not isinstance(name, str):
            raise StudyError(f"{place}: {quoted(name)} is no file; write its name, such as my_ideas.py")
        if not code.allowed:
            raise StudyError(f"{place}: the study needs the code of {name}, which this command does not run")
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
    if path.suffix != ".py" or not path.stem.isidentifier():
        raise StudyError(f"{place}: {quoted(name)} is no Python file; its name is letters, digits and _, and .py")
    return path


def _imported(path: Path) -> OwnCode:
    code = read_code(path)
    try:
        return imported_here(code.file, code.module, code.hash, code.modules)
    except Exception as error:  # the user's code may raise anything
        raise StudyError(_told(error, code)) from error


def read_code(path: Path) -> OwnCode:
    """The file and the modules beside it that it imports, and their hash; nothing is run. Raises ``StudyError``."""
    if not path.stem.isidentifier():
        raise StudyError(f"{path}: its name must be one of a Python module: letters, digits and _, and .py")
    folder = path.resolve().parent
    modules: dict[str, SourceText] = {}
    trees: dict[str, ast.Module] = {}
    left = [path.stem]
    while left:
        name = left.pop()
        if name in modules:
            continue
        if (source := _source(folder, path.parent, name)) is None:
            continue
        modules[name], trees[name] = source, _tree(source)
        left += [one for one in _imports(name, source, trees[name]) if one.partition(".")[0] not in NEVER_BESIDE]
    package = PACKAGE + hashlib.sha256(str(folder).encode()).hexdigest()[:8]
    return OwnCode(str(path), f"{package}.{path.stem}", code_hash(path.stem, trees), modules)


def _source(folder: Path, shown: Path, name: str) -> SourceText | None:
    """The text of a module in a folder; None if it is of another place. Its path is shown as the user gave it."""
    inside = Path(*name.split("."))
    for path, is_package in ((inside.with_suffix(".py"), False), (inside / "__init__.py", True)):
        if (folder / path).is_file():
            return SourceText(str(shown / path), _text(folder / path, shown / path), is_package)
    return None


def _text(path: Path, shown: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise StudyError(f"{shown}: larger than {MAX_BYTES:,} bytes, which no such file is")
        with tokenize.open(path) as file:
            return file.read()
    except (OSError, UnicodeDecodeError, SyntaxError) as error:
        raise StudyError(f"{shown}: cannot be read: {error}") from error


def _tree(source: SourceText) -> ast.Module:
    try:
        return ast.parse(source.text)
    except SyntaxError as error:
        raise StudyError(f"{source.path}:{error.lineno}:{error.offset}: not valid Python: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise StudyError(f"{source.path}: not valid Python: {error}") from error


def _imports(name: str, source: SourceText, tree: ast.Module) -> Iterator[str]:
    """Names of modules that may be beside, as every import statement of the module has them."""
    package = name.split(".") if source.is_package else name.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_parents(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            kept = package[: len(package) - node.level + 1] if node.level else []
            base = [*kept, *(node.module.split(".") if node.module else [])]
            yield from _with_parents(base)
            yield from (".".join([*base, alias.name]) for alias in node.names)


def _with_parents(parts: list[str]) -> Iterator[str]:
    yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _told(error: Exception, code: OwnCode) -> str:
    """The error with its place in the user's files."""
    paths = {source.path for source in code.modules.values()}
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in paths]
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else code.file
    kind = "" if isinstance(error, ValueError) and str(error) else f"{type(error).__name__}: "
    return f"{place}: {kind}{error}"
