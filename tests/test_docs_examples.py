"""Every study and every command of the documents is one that there is: nothing is trained, and no command runs.

The examples of docs/study-file.md and the snippets of CONTRIBUTING.md have tests of their own, which also use them.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click
import pytest
import typer

from ablations.cli.app import app
from ablations.planning.grid import enumerate_trials
from ablations.study.library import all_collections, all_studies
from ablations.study.load import load_study
from core.config.own_code import forget_all

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
OTHERS = [*sorted(ROOT.glob("benchmarks/**/*.md")), *sorted(ROOT.glob("studies/*.yaml"))]
BLOCK = re.compile(r"^```(\w*)\n(?:# (\S+\.\w+)\n)?(.*?)^```$", re.DOTALL | re.MULTILINE)
LINE = re.compile(r"^(?: {4,}|\$ )?ablate (\S.*)$", re.MULTILINE)
HEAD = re.compile(r"^# {4,}ablate (.+?)(?: {2}.*)?$", re.MULTILINE)
"""A command in the head of a study; two spaces are before a remark."""
INLINE = re.compile(r"`ablate (\S[^`]*)`")
NEEDED = {"name": "example", "grid": "{loss.temperature: [0.1, 0.5]}"}
"""Text that is added to a study of a page that is a part of one."""
COMMANDS = cast(click.Group, typer.main.get_command(app))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[tuple[str, str]]:
    """The name of the file that a block says it is, or nothing, and its text."""
    return [(name, text) for kind, name, text in BLOCK.findall(text_of(page)) if kind == language]


def written(page: Path) -> Iterator[str]:
    """Names of the studies that a page has, or has written by ``ablate new``."""
    yield from (Path(name).stem or "" for name, _ in blocks(page, "yaml"))
    yield from re.findall(r"^name: (\S+)", text_of(page), re.MULTILINE)
    yield from re.findall(r"ablate new (\S+)", text_of(page))


def words_of(command: str) -> list[str]:
    """The words of a command, without what a shell does with its output."""
    words = shlex.split(command, comments=True)
    ends = [number for number, word in enumerate(words) if word in ("|", ">", ">>", "&&")]
    return words[: min(ends, default=len(words))]


def is_placeholder(word: str) -> bool:
    """Whether it stands for a study of the reader's."""
    return word.isupper() or word.startswith("my_")


STUDIES = [page for page in PAGES if blocks(page, "yaml") and page.name not in ("study-file.md", "CONTRIBUTING.md")]


@pytest.mark.parametrize("page", STUDIES, ids=named)
def test_every_study_of_a_page_is_planned(page: Path) -> None:
    """The page's own files of code lie beside it."""
    Path("runs").mkdir()
    Path("runs/mine.safetensors").write_text("only its hash is asked for")
    for name, text in blocks(page, "python"):
        if name:
            Path(name).write_text(text)
    try:
        for _, text in blocks(page, "yaml"):
            lines = [f"{key}: {value}" for key, value in NEEDED.items() if f"\n{key}:" not in f"\n{text}"]
            Path("study.yaml").write_text("\n".join([*lines, text]))
            assert len(enumerate_trials(load_study("study.yaml"))) > 1
    finally:
        forget_all()


@pytest.mark.parametrize("page", [*PAGES, *OTHERS], ids=named)
def test_every_command_of_a_page_is_one(page: Path) -> None:
    text = text_of(page)
    known = {*all_studies(), *all_collections(), *written(page)}
    for command in [*LINE.findall(text.replace("\\\n", " ")), *HEAD.findall(text)]:
        name, *words = words_of(command)
        context = COMMANDS.commands[name].make_context(name, words)
        check_study(context, known)
    for command in INLINE.findall(text):
        check_mentioned(words_of(" ".join(command.split())))


def check_study(context: click.Context, known: set[str]) -> None:
    """The study is there, at the scale and with the settings that the command has."""
    asked = context.params
    study = asked.get("study") or asked.get("best")
    if study is None or is_placeholder(study):
        return
    assert Path(study).stem in known or (ROOT / study).is_file(), study
    if Path(study).stem in all_studies() and (asked.get("scale") or asked.get("assignments")):
        scaled = load_study(study, asked.get("scale"), asked.get("assignments") or ())
        if scaled.overrides:
            enumerate_trials(scaled)


def check_mentioned(words: list[str]) -> None:
    """The command is there, and so are the options; arguments may be left out or stand for others."""
    if words[0].startswith("-"):
        options = {"--help", "--version", *(name for one in COMMANDS.params for name in one.opts)}
        assert words[0] in options
        return
    if words[0].isupper():
        return
    command = COMMANDS.commands[words[0]]
    options = {"--help", *(name for one in command.params for name in one.opts)}
    assert {word for word in words if word.startswith("-")} <= options, words
