"""``uses``: files of one's own register parts, and their code is part of the identity of the trials that need it."""

import ast
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import ablate, invoke
from jsonschema import Draft7Validator
from own_files import IDEAS, MATH, STUDY, write_own

import ablations
from ablations.planning.configuration.resolved import by_path
from ablations.planning.grid import enumerate_trials
from ablations.study.load import load_study
from ablations.study.own_code.code_hash import code_hash
from ablations.study.own_code.source import read_code
from ablations.study.own_code.uses import WITH_CODE, CodeOptions
from ablations.types.errors import StudyError
from ablations.types.trial import Trial
from core.config import LOSSES, OPERATIONS
from core.config.own_code import forget_all


@pytest.fixture(autouse=True)
def own_code_is_removed() -> Iterator[None]:
    yield
    forget_all()


def trials_of(path: Path) -> dict[str, Trial]:
    return {trial.cell_name: trial for trial in enumerate_trials(load_study(str(path)))}


def ids_of(path: Path) -> dict[str, str]:
    return {name: trial.id for name, trial in trials_of(path).items()}


def refused(path: Path, code: CodeOptions = WITH_CODE) -> str:
    with pytest.raises(StudyError) as error:
        enumerate_trials(load_study(str(path), code=code))
    return str(error.value)


def test_parts_of_a_file_are_validated_completed_and_swept(tmp_path: Path) -> None:
    path = write_own(tmp_path, study=STUDY.replace("[nt_xent, pull]", "[pull]\n  loss.strength: [1.0, 2.0]"))
    trials = trials_of(path)
    assert [by_path(trial.config)["loss.strength"] for trial in trials.values()] == [1.0, 2.0]
    path = write_own(tmp_path, study=STUDY.replace("[nt_xent, pull]", "[pull]\n  loss.strength: [-1.0]"))
    assert "own.yaml:12:19: grid.loss.strength[0]: should be greater than 0" in refused(path)


def test_only_trials_that_need_the_code_have_other_ids(tmp_path: Path) -> None:
    without = write_own(tmp_path / "a", study=STUDY.replace("uses: [my_ideas.py]\n", "").replace(", pull", ""))
    plain = ids_of(without)
    path = write_own(tmp_path / "b")
    assert ids_of(path)["nt_xent"] == plain["nt_xent"]
    before = ids_of(path)
    write_own(tmp_path / "b", IDEAS.replace("-config.strength", "-2 * config.strength"))
    after = ids_of(path)
    assert after["nt_xent"] == before["nt_xent"]
    assert after["pull"] != before["pull"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    return -config", "    # a comment\n\n    return   -config"),
        ('"""Pull positive pairs together. Ours."""', '"""Other words."""'),
        ('    """Factor of the loss."""\n', ""),
        ('Literal["pull"]', "Literal['pull']"),
    ],
)
def test_comments_spacing_and_docstrings_change_no_id(tmp_path: Path, old: str, new: str) -> None:
    before = ids_of(write_own(tmp_path))
    assert old in IDEAS
    assert ids_of(write_own(tmp_path, IDEAS.replace(old, new))) == before


def test_a_module_beside_is_part_of_the_code(tmp_path: Path) -> None:
    path = write_own(tmp_path)
    before = ids_of(path)
    (tmp_path / "my_math.py").write_text(MATH.replace("0.5", "0.4"))
    (tmp_path / "unrelated.py").write_text("x = 1\n")
    assert ids_of(path)["pull"] != before["pull"]


def test_the_place_of_the_files_changes_no_id(tmp_path: Path) -> None:
    first = ids_of(write_own(tmp_path / "a"))
    forget_all()
    assert ids_of(write_own(tmp_path / "b")) == first


def test_the_hash_is_the_same_in_every_version_of_python() -> None:
    tree = ast.parse("def f(x: int = 1) -> str:\n    '''Doc.'''\n    return f'{x!r:>3}' if x else u'none'\n")
    assert code_hash("a", {"a": tree}) == "97f4db42e4f8083d"


def test_a_part_that_another_study_uses_is_not_this_studys(tmp_path: Path) -> None:
    ids_of(write_own(tmp_path / "a"))
    path = write_own(tmp_path / "b", study=STUDY.replace("uses: [my_ideas.py]\n", ""))
    assert "which the study does not use; add 'uses: [my_ideas.py]'" in refused(path)


def test_two_files_with_one_tag_are_refused_with_both_places(tmp_path: Path) -> None:
    first, second = write_own(tmp_path / "a"), write_own(tmp_path / "b", study=STUDY.replace("name: own", "name: two"))
    (tmp_path / "both.yaml").write_text(f"name: both\nstudies: [{first}, {second}]\n")
    code, told = ablate("plan", str(tmp_path / "both.yaml"))
    line = 1 + IDEAS.splitlines().index("OPERATIONS.register(Fade, fade)")
    assert code == 2
    assert f"b/my_ideas.py:{line}: operation 'fade' exists already ({tmp_path}/a/my_ideas.py:{line})" in told


@pytest.mark.parametrize(
    ("ideas", "told"),
    [
        ("x = (\n", "my_ideas.py:1:5: not valid Python"),
        ("\nimport nothing_of_that_name\n", "my_ideas.py:2: ModuleNotFoundError: No module named"),
        ("\nimport sys\nsys.exit(3)\n", "my_ideas.py:3: SystemExit: 3"),
        ("def f():\n    return 1 / 0\n\n\nf()\n", "my_ideas.py:2: ZeroDivisionError: division by zero"),
        (IDEAS.replace('kind: Literal["pull"] = "pull"', "other: int = 1"), "cannot register"),
    ],
)
def test_errors_name_the_users_file_and_line(tmp_path: Path, ideas: str, told: str) -> None:
    code, said = ablate("plan", str(write_own(tmp_path, ideas)))
    assert code == 2
    assert told in said
    assert "Traceback" not in said
    assert not {"pull", "fade"} & {*LOSSES.names(), *OPERATIONS.names()}


@pytest.mark.parametrize("name", ["../outside.py", "/tmp/outside.py", "link.py"])
def test_a_study_names_no_file_outside_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.py").write_text("raise SystemExit('was run')\n")
    path = write_own(tmp_path / "inside", study=STUDY.replace("my_ideas.py", name))
    (tmp_path / "inside" / "link.py").symlink_to(tmp_path / "outside.py")
    assert "is outside the study's folder; put the file there, or give --use" in refused(path)


def test_use_takes_any_file_and_is_repeated_in_the_next_command(tmp_path: Path) -> None:
    path = write_own(tmp_path, study=STUDY.replace("uses: [my_ideas.py]\n", ""))
    scaled = load_study(str(path), code=CodeOptions(use=(str(tmp_path / "my_ideas.py"),)))
    assert len(enumerate_trials(scaled)) == 2
    assert scaled.options == ("--use", str(tmp_path / "my_ideas.py"))


def test_use_is_there_in_python_and_for_the_schema(tmp_path: Path) -> None:
    path = write_own(tmp_path, study=STUDY.replace("uses: [my_ideas.py]\n", ""))
    assert len(enumerate_trials(ablations.load_study(path, use=[tmp_path / "my_ideas.py"]))) == 2
    forget_all()
    plain = json.loads(invoke("schema").stdout)
    with_own = json.loads(invoke("schema", "--use", str(tmp_path / "my_ideas.py")).stdout)
    study = {"name": "own", "grid": {"loss": [{"kind": "pull", "strength": 2}]}, "base": {"augment.both": ["fade"]}}
    assert not [problem.message for problem in Draft7Validator(with_own).iter_errors(study)]
    assert [*Draft7Validator(plain).iter_errors(study)]


def test_a_collection_uses_files_for_all_its_studies(tmp_path: Path) -> None:
    write_own(tmp_path, study=STUDY.replace("uses: [my_ideas.py]\n", ""))
    collection = tmp_path / "both.yaml"
    collection.write_text("name: both\nuses: [my_ideas.py]\nstudies: [own.yaml]\n")
    code, told = ablate("plan", str(collection))
    assert (code, "code that was run to read it: my_ideas.py (" in told) == (0, True), told
    code, told = ablate("plan", str(collection), "--no-code")
    assert (code, "both.yaml:2:8: uses[0]: the study needs the code of my_ideas.py" in told) == (2, True)


def test_no_code_runs_nothing(tmp_path: Path) -> None:
    path = write_own(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    code, told = ablate("plan", str(path), "--no-code")
    assert (code, (tmp_path / "ran").exists()) == (2, False)
    assert "own.yaml:2:8: uses[0]: the study needs the code of my_ideas.py" in told


def test_a_list_and_a_search_for_a_trial_run_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_own(tmp_path / "studies", f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    assert ablate("list")[0] == 0
    assert ablate("show", "0123")[0] == 2
    assert not (tmp_path / "ran").exists()


def test_a_name_beside_hides_no_installed_module(tmp_path: Path) -> None:
    write_own(tmp_path, IDEAS + "\nimport core.config\nimport random\n")
    for name in ("core", "random"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('was run')\n")
    assert set(read_code(tmp_path / "my_ideas.py").modules) == {"my_ideas", "my_math"}
    assert "pull" in ids_of(tmp_path / "own.yaml")


def test_configurations_carry_their_code_to_a_process_without_the_files(tmp_path: Path) -> None:
    path = write_own(tmp_path / "there")
    trial = trials_of(path)["pull"]
    sent = tmp_path / "sent"
    sent.write_bytes(pickle.dumps(trial))
    for file in (tmp_path / "there").iterdir():
        if file.is_file():
            file.unlink()
    program = (
        "import pickle, sys, ablations, torch\n"
        "trial = pickle.loads(open(sys.argv[1], 'rb').read())\n"
        "from core.config import LOSSES\n"
        "loss = LOSSES.code(trial.config.pretrain.loss)(torch.ones(2, 1), trial.config.pretrain.loss)\n"
        "print(trial.id, loss.item())\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(sent)], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.split() == [trial.id, "-1.0"], done.stderr
