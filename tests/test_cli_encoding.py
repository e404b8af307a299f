"""Files are UTF-8 whatever the locale is, and what a terminal cannot show ends no command."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import ablations
import core
import reports
from helpers import small_study

ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
"""A locale whose encoding is ASCII, which Python would otherwise replace by UTF-8."""
TEXT = {"read_text", "write_text", "open"}


def test_a_command_in_an_ascii_locale_replaces_what_it_cannot_show() -> None:
    grid = "title: Températures — 温度\ngrid:\n  loss.temperature: {low — 低: 0.1, high: 0.5}\n"
    Path("study.yaml").write_text(small_study(grid, 1), encoding="utf-8")
    command = [sys.executable, "-m", "ablations", "plan", "study.yaml"]
    done = subprocess.run(command, env=os.environ | ASCII, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"low ? ?, seed 0" in done.stdout


def by_locale(path: Path) -> list[str]:
    """Places where a text file is opened in the locale's encoding."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TEXT):
            continue
        modes = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        if ast.unparse(node.func) in ("os.open", "tokenize.open"):
            continue  # a descriptor has no encoding, and Python's files say theirs
        is_binary = node.func.attr == "open" and any("b" in str(mode) for mode in modes)
        of_a_run = node.func.attr == "read_text" and node.args  # see ``Artifacts``
        of_bytes = ast.unparse(node.func) in (
            "Image.open",
            "archive.open",
            "tarfile.open",
        )  # a member of an archive is bytes
        if not (is_binary or of_a_run or of_bytes) and "encoding" not in {keyword.arg for keyword in node.keywords}:
            found.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
    return found


def test_every_text_file_is_opened_with_an_encoding() -> None:
    folders = [Path(str(package.__file__)).parent for package in (ablations, core, reports)]
    found = [place for folder in folders for path in folder.rglob("*.py") for place in by_locale(path)]
    assert found == []
