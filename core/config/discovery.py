"""Folders with one configuration in each file: all files of such a folder are imported with it."""

import importlib
import pkgutil
from collections.abc import Iterable


def import_all(package: str, path: Iterable[str]) -> None:
    """Import every module of a package, so that the parts in it are registered. Modules come in alphabetical order."""
    for module in pkgutil.iter_modules(path):
        importlib.import_module(f"{package}.{module.name}")
