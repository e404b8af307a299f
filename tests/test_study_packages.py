"""``uses: [package:NAME]``: an installed package registers parts, if a study names it, and its code is part of the
identity of the trials that need it."""

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import ablate
from own_files import IDEAS, MATH, STUDY

from ablations.planning.grid import enumerate_trials
from ablations.study.load import load_study
from ablations.study.own_code.packages import GROUP
from ablations.types.errors import StudyError
from ablations.types.trial import Trial
from core.config.own_code import forget_all

PARTS = IDEAS.replace("from my_math import", "from my_package.math import")
USES = STUDY.replace("my_ideas.py", "package:my_ideas")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Folder of a package, installed as pip does it, and a study that uses it."""
    folder = tmp_path / "site" / "my_package"
    information = folder.with_name("my_package-1.0.dist-info")
    for each in (folder, information):
        each.mkdir(parents=True)
    texts = {"__init__": "", "parts": PARTS, "math": MATH, "unrelated": "raise SystemExit('was run')"}
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: my_package\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[{GROUP}]\nmy_ideas = my_package.parts\n")
    Path("own.yaml").write_text(USES)
    monkeypatch.syspath_prepend(folder.parent)
    yield folder
    forget_all()


def trials() -> dict[str, Trial]:
    return {trial.cell_name: trial for trial in enumerate_trials(load_study("own.yaml"))}


def ids() -> dict[str, str]:
    return {name: trial.id for name, trial in trials().items()}


def test_the_code_of_the_package_is_in_the_ids_of_the_trials_that_need_it(package: Path) -> None:
    before = ids()
    (package / "math.py").write_text(MATH + "# a comment\n")
    (package / "unrelated.py").write_text("x = 1\n")
    assert ids() == before
    (package / "math.py").write_text(MATH.replace("0.5", "0.4"))
    after = ids()
    assert (after["nt_xent"] == before["nt_xent"], after["pull"] == before["pull"]) == (True, False)


def test_a_package_that_is_not_named_is_not_imported(package: Path) -> None:
    Path("own.yaml").write_text(USES.replace("uses: [package:my_ideas]\n", ""))
    code, told = ablate("plan", "own.yaml")
    assert (code, "'pull' is not known" in told, "my_package" in sys.modules) == (2, True, False)
    code, told = ablate("plan", "own.yaml", "--use", "package:my_ideas")
    assert (code, "code that was run to read it: package:my_ideas (" in told) == (0, True)


@pytest.mark.parametrize(
    ("uses", "told"),
    [
        ("package:my_idea", "own.yaml:2:8: uses[0]: no package with the entry point 'my_idea' in"),
        ("package:my_idea", "is installed; did you mean 'my_ideas'?"),
        ("package:my_ideas", "site/my_package/parts.py:1: ZeroDivisionError: division by zero"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_place(package: Path, uses: str, told: str) -> None:
    (package / "parts.py").write_text("1 / 0\n")
    Path("own.yaml").write_text(USES.replace("package:my_ideas", uses))
    code, said = ablate("plan", "own.yaml")
    assert (code, told in said) == (2, True), said


def test_no_code_runs_no_package(package: Path) -> None:
    code, told = ablate("plan", "own.yaml", "--no-code")
    assert (code, "needs the code of package:my_ideas" in told, "my_package" in sys.modules) == (2, True, False)


def test_a_node_without_the_package_or_with_another_version_says_so(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = pickle.dumps(trials()["pull"])
    forget_all()
    assert pickle.loads(sent).id == trials()["pull"].id
    forget_all()
    (package / "math.py").write_text(MATH.replace("0.5", "0.4"))
    with pytest.raises(StudyError, match=r"has other code of package:my_ideas .* install the same version on every"):
        pickle.loads(sent)
    forget_all()
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(package.parent)])
    with pytest.raises(StudyError, match=r"cannot run package:my_ideas: no package with .*; install it on every node"):
        pickle.loads(sent)
