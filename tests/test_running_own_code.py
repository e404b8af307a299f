"""Results of one's own code: they outlive an edit, a kill and the loss of the file."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import ablate, invoke
from own_files import IDEAS, write_own

from ablations.store.kept_code import kept_codes
from ablations.store.trial_store import StoredTrial, TrialStore
from core.config.own_code import forget_all


@pytest.fixture(autouse=True)
def own_code_is_removed() -> Iterator[None]:
    yield
    forget_all()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, empty_mlflow: Path) -> Path:
    """Folder in which the study was run to its end, once for all tests."""
    folder = tmp_path_factory.mktemp("finished")
    shutil.copy(empty_mlflow, folder / "mlflow.db")
    with contextlib.chdir(folder):
        assert ablate("run", str(write_own(Path())), "--inline")[0] == 0
    forget_all()
    return folder


@pytest.fixture
def pulled(finished: Path, own_folders: None) -> StoredTrial:
    """The trial of the own loss, in a folder in which the study was run to its end."""
    shutil.copytree(finished, ".", dirs_exist_ok=True)
    stored = TrialStore(Path("runs")).all_stored()
    return next(trial for trial in stored if trial.config["pretrain"]["loss"]["kind"] == "pull")


def test_a_result_says_whose_code_it_is_of_and_show_says_it_too(pulled: StoredTrial) -> None:
    hash_ = pulled.config["pretrain"]["loss"]["own_code"]
    assert pulled.result and pulled.result.facts["own_code"] == f"my_ideas.py ({hash_})"
    told = ablate("show", pulled.id)[1]
    assert f"my_ideas.py ({hash_})" in told
    assert [code.hash for code in kept_codes(Path("runs"), "my_ideas")] == [hash_]
    assert f"code that was run to read it: my_ideas.py ({hash_})" in ablate("plan", "own.yaml")[1]


def test_an_edit_makes_other_trials_and_is_said_in_one_sentence(pulled: StoredTrial) -> None:
    write_own(Path(), IDEAS.replace("-config.strength", "-2 * config.strength"))
    told = ablate("plan", "own.yaml")[1]
    assert "1 done, 1 to run" in told
    assert "my_ideas.py was edited: this storage has results of 1 of these trials for its earlier code" in told
    write_own(Path(), IDEAS.replace("-config.strength", "-  config.strength"))
    told = ablate("plan", "own.yaml")[1]
    assert ("2 done, 0 to run" in told, "was edited" in told) == (True, False)


def test_looking_works_without_the_file_and_says_what_it_lacks(pulled: StoredTrial) -> None:
    Path("my_ideas.py").unlink()
    code, told = ablate("status", "own.yaml")
    assert (code, "my_ideas.py is not there; this is the storage's copy" in told) == (0, True)
    assert ablate("report", "own.yaml")[0] == 0
    for command in ("plan", "run"):
        code, told = ablate(command, "own.yaml")
        assert (code, "my_ideas.py is not there; put the file back" in told) == (2, True)
    assert ablate("show", pulled.id)[0] == 0
    assert ablate("gc", "--dry-run")[1] == "nothing to remove\n"
    assert ablate("rm", pulled.id, "--yes")[0] == 0
    assert ablate("show", pulled.id)[0] == 2


def test_a_storage_is_verified_without_running_its_code(pulled: StoredTrial) -> None:
    forget_all()
    result = invoke("verify")
    assert result.exit_code == 0, result.output
    assert "1 encoder not read: the code" in result.output
    config = Path("runs/trials") / pulled.id / "config.json"
    config.write_text(config.read_text().replace('"strength": 1.0', '"strength": 2.0'))
    result = invoke("verify")
    assert (result.exit_code, "is not what its id stands for" in result.output) == (1, True)
    assert "not read" not in invoke("verify", "--use", "my_ideas.py").output


def test_other_code_reads_no_configuration_of_earlier_code(pulled: StoredTrial) -> None:
    from pydantic import ValidationError

    from ablations.study.load import load_study
    from core.config import TrainConfig

    write_own(Path(), IDEAS.replace("-config.strength", "-2 * config.strength"))
    load_study("own.yaml")
    with pytest.raises(ValidationError, match="is other code"):
        TrainConfig.model_validate(pulled.config)
