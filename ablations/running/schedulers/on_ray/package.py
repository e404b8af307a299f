"""Sends this package to nodes that lack it or have another version."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from ray.job_config import JobConfig

import ablations
import core
import reports
from ablations.tracking.provenance import package_version
from ablations.types.own_packages import FOLDER

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
NAME = "simclr-ablations"
INSTALLED = ("site-packages", "dist-packages")
"""Folders that workers look into by themselves, and that must not come before Python's own modules."""


class OwnCode(JobConfig):
    """A job whose workers import this package from where this process has it, unless it travels, and nothing from the
    working folder. Ray itself puts that before all else, with any ``core.py`` or ``random.py`` in it."""

    def __init__(self, travels: bool) -> None:
        is_found = travels or FOLDER.name in INSTALLED
        super().__init__(_py_driver_sys_path=[] if is_found else [str(FOLDER)])

    def _runtime_env_has_working_dir(self) -> bool:
        """True, which makes Ray leave the working folder out."""
        return True


def _packages() -> list[Path]:
    return [Path(path) for module in (core, ablations, reports) for path in module.__path__]


@cache
def code_hash() -> str:
    """Hash of all code of this package, since a version does not tell two checkouts apart."""
    found = hashlib.sha256()
    for package in _packages():
        for path in sorted(package.rglob("*.py")):
            found.update(f"{path.relative_to(package)}\0".encode() + path.read_bytes())
    return found.hexdigest()


@contextmanager
def travelling() -> Iterator[list[str]]:
    """Yields folders for Ray's ``py_modules``, which a node prefers to what it has installed.

    The dependencies, PyTorch above all, must be installed there.
    """
    with tempfile.TemporaryDirectory(prefix="ablate-package-") as name:
        folder = Path(name)
        yield [str(part) for part in (*(_copy(package, folder) for package in _packages()), _metadata(folder))]


def _copy(package: Path, folder: Path) -> Path:
    return shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))


def _metadata(folder: Path) -> Path:
    """The file from which a node reads the version, as from that of an installed package."""
    version = package_version()
    made = folder / f"{NAME.replace('-', '_')}-{version}.dist-info"
    made.mkdir()
    (made / "METADATA").write_text(METADATA.format(name=NAME, version=version), encoding="utf-8")
    return made
