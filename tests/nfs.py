"""An NFS client's caches, imitated without NFS."""

import os
from pathlib import Path
from typing import Any

import pytest


class NfsClient:
    """It takes for absent what it has looked for in vain, until the folder of it is opened, and a file for unchanged,
    until it is opened itself."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[Path] = []
        self._absent: set[Path] = set()
        self._unchanged: dict[Path, os.stat_result] = {}
        self._exists, self._stat, self._open, self._open_folder = Path.exists, Path.stat, Path.open, os.open
        monkeypatch.setattr(Path, "exists", lambda path: self._knows(path) and self._exists(path))
        monkeypatch.setattr(Path, "open", lambda *given, **named: self._opened(*given, **named))
        monkeypatch.setattr(Path, "stat", lambda path, **named: self._unchanged.get(path) or self._stat(path, **named))
        monkeypatch.setattr(os, "open", self._opened_folder)

    def remembers_absent(self, *paths: Path) -> None:
        self._absent.update(path.absolute() for path in paths)

    def remembers(self, path: Path) -> None:
        self._unchanged[path] = self._stat(path)

    def _knows(self, path: Path) -> bool:
        return self._absent.isdisjoint([path.absolute(), *path.absolute().parents])

    def _check(self, path: Path) -> None:
        if not self._knows(path):
            raise FileNotFoundError(path)

    def _opened(self, path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        if mode.startswith("r"):  # to make a file, the server is asked
            self._check(path)
            self.opened.append(path)
            self._unchanged.pop(path, None)
        return self._open(path, mode, *more, **named)

    def _opened_folder(self, path: Any, *more: Any, **named: Any) -> int:
        if isinstance(path, Path):
            self._check(path)
            self._absent = {absent for absent in self._absent if absent.parent != path.absolute()}
        return self._open_folder(path, *more, **named)
