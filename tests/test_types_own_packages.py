"""A user's files that are named as packages of this distribution are: they are neither imported nor executed.

Workers on Ray are seen in test_ray_safety.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from like_packages import write_mine

from ablations.running.schedulers.on_ray.package import OwnCode
from ablations.types.failures import import_error
from ablations.types.own_packages import FOLDER
from helpers import small_study

STUDY = small_study("grid: {loss.temperature: [0.5]}\n", 1)


def ablate(*arguments: str, **environment: str) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, *arguments], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    return run.returncode, run.stdout + run.stderr


@pytest.mark.usefixtures("mlflow_db")
def test_a_driver_that_looks_into_the_working_folder_imports_its_own() -> None:
    """``python -m ablations`` looks into the working folder, as a notebook does."""
    Path("study.yaml").write_text(STUDY)
    executed = Path("executed").resolve()
    write_mine(executed, Path("core.py"), Path("reports.py"))
    code, said = ablate("-m", "ablations", "run", "study.yaml", "--inline")
    assert code == 0, said
    assert not executed.exists(), executed.read_text()


@pytest.mark.parametrize("name", ["core", "reports"])
def test_who_has_imported_his_own_is_told_which_file_it_is(name: str) -> None:
    Path(f"{name}.py").touch()
    code, said = ablate("-c", f"import {name}, ablations")
    assert code == 1
    assert f"{Path(f'{name}.py').resolve()} was imported as '{name}'" in said.splitlines()[-1]
    Path(f"{name}.py").unlink()
    Path(name).mkdir()  # a folder is in nobody's way
    assert ablate("-c", f"import {name}, ablations") == (0, "")


def test_workers_look_where_this_package_is() -> None:
    assert OwnCode(travels=False)._py_driver_sys_path == [str(FOLDER)]
    assert OwnCode(travels=True)._py_driver_sys_path == []


TOLD = """The actor died unexpectedly before finishing this task.
RuntimeError: The actor with name ImplicitFunc failed to import on the worker. This may be because needed library:

Traceback (most recent call last):
  File "ray/function_manager.py", line 696, in _load_actor_class_from_gcs
  File "ablations/errors.py", line 13, in <module>
    from core.errors import StorageAway, StorageRefused, is_full
{error}

An unexpected internal error occurred while the worker was executing a task.
"""


@pytest.mark.parametrize("error", ["ModuleNotFoundError: No module named 'torch'", "a.b.OddError: no"])
def test_an_import_error_is_told_as_one(error: str) -> None:
    assert import_error(TOLD.format(error=error)) == error


@pytest.mark.parametrize("told", ["", "The actor died", "ValueError: x", "it failed to import on the worker, quietly"])
def test_what_is_no_import_error_is_none(told: str) -> None:
    assert import_error(told) is None
