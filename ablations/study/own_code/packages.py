"""``uses: [package:NAME]``: parts of an installed package, which an entry point names.

The package's ``pyproject.toml`` says which of its modules registers them:

    [project.entry-points."simclr_ablations.parts"]
    my_ideas = "my_package.parts"

A package that is installed and not named is never imported.
"""

import importlib.util
import platform
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from ablations.study.own_code.code_hash import code_hash
from ablations.study.own_code.source import read_modules, with_parents
from ablations.study.own_code.told import error_text
from ablations.types.errors import StudyError
from ablations.types.wording import did_you_mean
from core.config.own_code import OwnCode, imported_package

GROUP = "simclr_ablations.parts"
"""Group of the entry points."""
PREFIX = "package:"
"""Beginning of a package in ``uses``."""


@dataclass(frozen=True)
class PackageCode(OwnCode):
    """The module of an installed package that registers parts. Unpickling it imports the package, which must be
    installed there too."""

    def __reduce__(self) -> tuple[Any, ...]:
        return installed_here, (self.file.removeprefix(PREFIX), self.hash)


def installed(name: str) -> OwnCode:
    """Import the package whose entry point has this name. Raises ``StudyError`` if there is none, and for any exception
    of its code."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        raise StudyError(
            f"no package with the entry point {name!r} in {GROUP!r} is installed; {did_you_mean(name, found)}"
        )
    code = read_package(found[name])
    try:
        return imported_package(code)
    except Exception as error:  # the user's code may raise anything
        raise StudyError(error_text(error, code)) from error


def installed_here(name: str, hash_: str) -> OwnCode:
    """Import a package that a study was planned with on another machine. Raises ``StudyError`` if this machine has
    another version of it, or none."""
    try:
        code = installed(name)
    except StudyError as error:
        raise StudyError(f"{platform.node()} cannot run {PREFIX}{name}: {error}; install it on every node") from error
    if code.hash != hash_:
        raise StudyError(
            f"{platform.node()} has other code of {PREFIX}{name} ({code.hash}) than the study was planned with "
            f"({hash_}); install the same version on every node"
        )
    return code


def read_package(point: EntryPoint) -> PackageCode:
    """The code of the module that an entry point names, with the modules of its package that it imports. Nothing is
    run. Raises ``StudyError`` if its source is not there."""
    top, *_ = names = list(with_parents(point.module.split(".")))
    spec = importlib.util.find_spec(top)
    places = [*(spec.submodule_search_locations or []), spec.origin] if spec else []
    folder = Path(str(places[0])).parent if places else Path()
    modules, trees = read_modules(folder, folder, names, lambda name: name == top)
    if point.module not in modules:
        raise StudyError(f"{PREFIX}{point.name}: the source of {point.module} is not there, so its code has no hash")
    return PackageCode(f"{PREFIX}{point.name}", point.module, code_hash(point.module, trees), modules)
