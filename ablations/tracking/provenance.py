"""Provenance of a run: code, machine and user."""

import getpass
import os
import platform
import socket
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from ablations.study.library import PACKAGE

PACKAGES = ("torch", "torchvision", "ray", "mlflow", "pandas", "pydantic")


@cache
def provenance() -> dict[str, str]:
    """Version and git commit of this package, versions of the packages that it uses, host and Python."""
    facts = {"version": package_version(), "host": socket.gethostname(), "python": platform.python_version()}
    if commit := _git_commit():
        facts["git_commit"] = commit
    return facts | {name: _version(name) for name in PACKAGES}


def source(command: str) -> dict[str, str]:
    """MLflow's tags of who started a run and how."""
    tags = {"mlflow.user": _user(), "mlflow.source.name": command, "mlflow.source.type": "LOCAL"}
    commit = provenance().get("git_commit", "").removesuffix("-dirty")
    return tags | ({"mlflow.source.git.commit": commit} if commit else {})


def _user() -> str:
    """The user's name; a container may have none for the number that it runs as."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def package_version() -> str:
    return _version("simclr-ablations")


def _version(package: str) -> str:
    """The version of a package, or a word if it is not installed, as Ray need not be for a run in one process."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _git_commit() -> str | None:
    """Commit of the checkout that the package is run from, with ``-dirty`` if it has changes; None when installed."""
    root = PACKAGE.parent
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
