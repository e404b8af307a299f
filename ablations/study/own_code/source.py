"""Reads Python files of the user's own, and the modules beside them that they import, without running any."""

import ast
import hashlib
import sys
import tokenize
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ablations.study.own_code.code_hash import code_hash
from ablations.types.errors import StudyError
from core.config.own_code import PACKAGE, OwnCode, SourceText

NEVER_BESIDE = frozenset({"ablations", "core", "reports", *sys.stdlib_module_names})
"""Modules that an import takes from where they are installed, even if one of the name is beside the file."""
MAX_BYTES = 1_000_000

Modules = dict[str, SourceText]
Trees = dict[str, ast.Module]


def read_code(path: Path) -> OwnCode:
    """The file and the modules beside it that it imports, and their hash; nothing is run. Raises ``StudyError``."""
    if not path.stem.isidentifier():
        raise StudyError(f"{path}: its name must be one of a Python module: letters, digits and _, and .py")
    folder = path.resolve().parent
    modules, trees = read_modules(folder, path.parent, [path.stem], lambda top: top not in NEVER_BESIDE)
    package = PACKAGE + hashlib.sha256(str(folder).encode()).hexdigest()[:8]
    return OwnCode(str(path), f"{package}.{path.stem}", code_hash(path.stem, trees), modules)


def read_modules(
    folder: Path, shown: Path, names: Sequence[str], is_own: Callable[[str], bool]
) -> tuple[Modules, Trees]:
    """The modules of these names in a folder, and those there that they import, by name.

    ``shown`` is the folder as messages name it. ``is_own`` says of a top-level name whether it may lie in the folder.
    """
    modules: Modules = {}
    trees: Trees = {}
    left = list(names)
    while left:
        name = left.pop()
        if name in modules or (source := _source(folder, shown, name)) is None:
            continue
        modules[name], trees[name] = source, _tree(source)
        left += [one for one in _imports(name, source, trees[name]) if is_own(one.partition(".")[0])]
    return modules, trees


def _source(folder: Path, shown: Path, name: str) -> SourceText | None:
    """The text of a module in a folder; None if the module is not there. Its path is shown as the user gave it."""
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
    """The dotted names in all import statements of a module. Some of these modules may be beside its file."""
    package = name.split(".") if source.is_package else name.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from with_parents(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            kept = package[: len(package) - node.level + 1] if node.level else []
            base = [*kept, *(node.module.split(".") if node.module else [])]
            yield from with_parents(base)
            yield from (".".join([*base, alias.name]) for alias in node.names)


def with_parents(parts: list[str]) -> Iterator[str]:
    """The dotted names of a module's packages, the outermost first, and its own."""
    yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))
