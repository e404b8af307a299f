"""Which code, on which machine."""

import platform
import socket
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from ablations.study.library import PACKAGE

PACKAGES = ("torch", "torchvision", "ray", "mlflow", "pandas", "pydantic")


@cache
def provenance() -> dict[str, str]:
    """Version and git commit of this package, versions of what it stands on, host and Python."""
    facts = {"version": package_version(), "host": socket.gethostname(), "python": platform.python_version()}
    if commit := _git_commit():
        facts["git_commit"] = commit
    return facts | {name: _version(name) for name in PACKAGES}


def package_version() -> str:
    return _version("simclr-ablations")


def _version(package: str) -> str:
    """Ray is not needed to run in one process, nor this package installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _git_commit() -> str | None:
    """Of the checkout that the package is run from, ``-dirty`` where it has changes; None when installed."""
    root = PACKAGE.parent
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
