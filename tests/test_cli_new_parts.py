"""``ablate new --operation`` and the like write a part that trains, a study that uses it, and a test that passes."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from command_line import ablate

from ablations.store.trial_store import TrialStore
from ablations.study.library import PartKind
from core.config.own_code import forget_all

SMALL = ("--seeds=1", "--set=epochs=2", "--set=data.subset=128", "--set=evaluate.l2_count=2")


@pytest.fixture(autouse=True)
def own_code_is_removed() -> Iterator[None]:
    yield
    forget_all()


EVERY_DAY = ("operation", "method")
"""Kinds whose file is trained with every day: the smallest, and the one with the most of its own."""


@pytest.mark.parametrize(
    "kind", [kind if kind in EVERY_DAY else pytest.param(kind, marks=pytest.mark.slow) for kind in get_args(PartKind)]
)
@pytest.mark.usefixtures("mlflow_db", "blank_figures")
def test_it_trains(kind: PartKind) -> None:
    code, told = ablate("new", f"my_{kind}", f"--{kind}")
    assert (code, f"plan my_{kind}" in told) == (0, True)
    code, told = ablate("run", f"my_{kind}", "--inline", *SMALL)
    assert code == 0, told
    assert any("own_code" in trial.result.facts for trial in TrialStore(Path("runs")).all_stored() if trial.result)


def test_their_tests_pass() -> None:
    for kind in get_args(PartKind):
        ablate("new", f"my_{kind}", f"--{kind}")
    test = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "studies"]
    done = subprocess.run(test, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert len(list(Path("studies").glob("test_*.py"))) == len(get_args(PartKind))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("flip", "--operation"), "there is an operation flip already"),
        (("My-Loss", "--loss"), "'My-Loss' is no name of a part: small letters, digits and _, such as my_loss"),
        (("a", "--loss", "--method"), "give one name and one kind of part"),
        (("--loss",), "give one name and one kind of part"),
    ],
)
def test_what_cannot_be_written_is_said(arguments: tuple[str, ...], told: str) -> None:
    code, said = ablate("new", *arguments)
    assert code == 2
    assert told in said
    assert not list(Path().rglob("*.py"))


def test_nothing_is_overwritten() -> None:
    Path("studies").mkdir()
    Path("studies/test_mine.py").write_text("mine")
    code, told = ablate("new", "mine", "--loss")
    assert (code, "studies/test_mine.py: exists already" in told) == (2, True)
    assert [path.name for path in Path("studies").iterdir()] == ["test_mine.py"]
