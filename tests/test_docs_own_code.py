"""docs/own-code.md: its files and commands, in the order of the page."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import ablate

from core.config.own_code import forget_all

TEXT = (Path(__file__).parent.parent / "docs" / "own-code.md").read_text()
FILE = re.compile(r"^```(?:python|yaml)\n# (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"^```python\n(from ablations .*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def own_code_is_removed() -> Iterator[None]:
    yield
    forget_all()


def test_the_journey() -> None:
    for name, text in FILE.findall(TEXT):
        Path(name).write_text(text)
    for text in PYTHON.findall(TEXT):
        exec(text, {})
    told = [said(command) for command in COMMAND.findall(TEXT)]
    planned, _, _, edited, _, undone = told
    assert "4 trials, 4 trainings; 0 done, 4 to run" in planned
    assert "1 done, 3 to run" in edited
    assert "my_ideas.py was edited: this storage has results of 3 of these trials for its earlier code" in edited
    assert "4 done, 0 to run" in undone


def said(command: str) -> str:
    """What a command prints; runs are in this process."""
    program, *arguments = shlex.split(command)
    if program != "ablate":
        return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout
    code, text = ablate(*arguments, *(["--inline"] if arguments[0] == "run" else []))
    assert code == 0, text
    return text
