"""Parts that come from a user's own files and packages: their code, its hash, and how both reach another process.

A file and the modules beside it that it imports are kept as text and imported from it, under a package name of their
own. So they need no place on ``sys.path``, hide no installed module, and can be sent to a process that has no such
files. A package is imported as Python has it. ``ablations.study.own_code`` reads both.
"""

import builtins
import importlib
import importlib.abc
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = "ablate_own_"
"""Beginning of the names of the packages; the rest is made from the folder of the files."""


@dataclass(frozen=True)
class SourceText:
    """The text of one module."""

    path: str
    """Path of its file, for messages and tracebacks; the file need not be there."""
    text: str
    is_package: bool = False


@dataclass(frozen=True)
class OwnCode:
    """One file that registers parts, with the modules beside it that it imports. Unpickling it imports the file."""

    file: str
    """Path of the file, as the user knows it; ``package:NAME`` for an installed package."""
    module: str
    """Name under which it is imported: that of its package, a point, and the file's own."""
    hash: str
    """16 hex digits over the syntax trees of all its modules."""
    modules: Mapping[str, SourceText] = field(compare=False, repr=False)
    """All its modules by name, without that of the package."""

    @property
    def entry(self) -> str:
        """Name of the file without its suffix; of a package, the name of its module."""
        return self.module.partition(".")[2] if self.module.startswith(PACKAGE) else self.module

    @property
    def package(self) -> str:
        """Name of the package of the file's folder."""
        return self.module.partition(".")[0]

    def __str__(self) -> str:
        return f"{Path(self.file).name} ({self.hash})"

    def __reduce__(self) -> tuple[Any, ...]:
        return imported_here, (self.file, self.module, self.hash, dict(self.modules))


@dataclass(frozen=True)
class _Registered:
    """A part that an own file has registered."""

    code: OwnCode
    place: str
    remove: Callable[[], None]


_SOURCES: dict[str, SourceText] = {}
"""Texts of all modules that can be imported, by whole name."""
_IMPORTED: dict[str, OwnCode] = {}
"""Files that are imported, by whole name."""
_PARTS: dict[tuple[str, str], _Registered] = {}
"""Parts of own files, by their kind in words and their name."""
_being_imported: list[OwnCode] = []


def imported_here(file: str, module: str, hash_: str, modules: Mapping[str, SourceText]) -> OwnCode:
    """Import a file, unless this process has the same code already, and return it. Parts that an earlier version of the
    file has registered are taken out first. Raises whatever the file raises, and then nothing of it stays
    registered."""
    code = _IMPORTED.get(module)
    if code and code.hash == hash_:
        return code
    code = OwnCode(file, module, hash_, modules)
    _forget(module)
    _take_sources(code)
    return _import_noted(code)


def imported_package(code: OwnCode) -> OwnCode:
    """Import the module of an installed package, unless this process has the same code of it already, and return its
    code. Raises as ``imported_here`` does."""
    known = _IMPORTED.get(code.module)
    if known and known.hash == code.hash:
        return known
    _forget(code.module)
    _forget_package(code)
    return _import_noted(code)


def _import_noted(code: OwnCode) -> OwnCode:
    """Import a module, whose parts are registered as the code's."""
    _being_imported.append(code)
    try:
        importlib.import_module(code.module)
    except BaseException:
        _forget(code.module)
        _forget_package(code)
        raise
    finally:
        _being_imported.pop()
    _IMPORTED[code.module] = code
    return code


def note_part(what: str, name: str, remove: Callable[[], None]) -> OwnCode | None:
    """Note that a part was registered, and return the code whose import registers it; None for one of the project, or
    of a script."""
    if not _being_imported:
        return None
    code = _being_imported[-1]
    # a loss is registered as a method too: the first registry takes it out of both
    _PARTS.setdefault((what, name), _Registered(code, _place_in(code), remove))
    return code


def drop_part(what: str, name: str) -> None:
    """Note that a part is registered no longer."""
    _PARTS.pop((what, name), None)


def code_of(what: str, name: object) -> OwnCode | None:
    """Return the own code that registered a part; None for any other."""
    part = _PARTS.get((what, str(name)))
    return part.code if part else None


def place_of(what: str, name: str) -> str | None:
    """Return ``file:line`` of a part's registration in an own file."""
    part = _PARTS.get((what, name))
    return part.place if part else None


def is_imported(hash_: str) -> bool:
    """Return whether this process has imported the code with this hash."""
    return any(code.hash == hash_ for code in _IMPORTED.values())


def forget_all() -> None:
    """Take out all own code and what it has registered, as between two tests."""
    for module in list(_IMPORTED):
        _forget(module)


def _forget(module: str) -> None:
    """Take out what a file has registered, and the file."""
    for part in [part for part in _PARTS.values() if part.code.module == module]:
        part.remove()
    sys.modules.pop(module, None)
    if code := _IMPORTED.pop(module, None):
        _forget_package(code)


def _forget_package(code: OwnCode) -> None:
    """Let Python import the modules of a package anew; those of a file are told by their texts."""
    for name in code.modules if code.module == code.entry else ():
        sys.modules.pop(name, None)


def _take_sources(code: OwnCode) -> None:
    """Make the texts importable, and forget modules whose text is another now."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
    _SOURCES.setdefault(code.package, SourceText(str(Path(code.file).parent / "__init__.py"), "", is_package=True))
    for name, source in code.modules.items():
        whole = f"{code.package}.{name}"
        if _SOURCES.get(whole) != source:
            sys.modules.pop(whole, None)
        _SOURCES[whole] = source
    importlib.invalidate_caches()


def _place_in(code: OwnCode) -> str:
    """The file and line of the code that is running now; the file alone if none is."""
    paths = {source.path for source in code.modules.values()}
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]  # None after the outermost
        if frame.f_code.co_filename in paths:
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
    return code.file


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of own files, after Python has looked elsewhere."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        source = _SOURCES.get(name)
        if source is None:
            return None
        spec = importlib.util.spec_from_file_location(name, source.path, loader=_Loader(source))
        if spec and source.is_package:
            spec.submodule_search_locations = []  # nothing is looked for on the disk
        return spec


class _Loader(importlib.abc.InspectLoader):
    """Runs a module from its text."""

    def __init__(self, source: SourceText) -> None:
        self._source = source

    def get_source(self, fullname: str) -> str:
        """The text, which tracebacks and docstrings are read from."""
        return self._source.text

    def is_package(self, fullname: str) -> bool:
        return self._source.is_package

    def exec_module(self, module: ModuleType) -> None:
        """Run the module. An import of a module beside it finds that one."""
        package = module.__name__.partition(".")[0]
        module.__dict__["__builtins__"] = vars(builtins) | {"__import__": partial(_import, package)}
        code = compile(self._source.text, self._source.path, "exec", dont_inherit=True)
        exec(code, module.__dict__)


def _import(
    package: str,
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> Any:
    """The function that an ``import`` statement calls; see ``builtins.__import__``."""
    beside = f"{package}.{name.partition('.')[0]}"
    if level or beside not in _SOURCES:
        return builtins.__import__(name, globals, locals, fromlist or (), level)
    found = builtins.__import__(f"{package}.{name}", globals, locals, fromlist or (), 0)
    return found if fromlist else sys.modules[beside]
