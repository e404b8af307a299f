"""Shell completion offers the right words, asked as a shell asks."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ablations.cli.app import app
from ablations.planning.plan import make_plan
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from helpers import small_study

STUDY = small_study("grid: {loss.temperature: [0.1, 0.5]}\nscales: {mine: {}}\n", epochs=1)


def completed(line: str) -> list[str]:
    """The last word of a line that begins with ``ablate``; it may be empty."""
    asked = {"_ABLATE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    result = CliRunner().invoke(app, [], env=asked, prog_name="ablate")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout.split()


@pytest.fixture(autouse=True)
def study() -> None:
    Path("studies").mkdir()
    Path("studies/small.yaml").write_text(STUDY)
    Path("mine.yaml").write_text(STUDY)


@pytest.mark.parametrize("command", ["run", "plan", "status", "report"])
def test_studies_are_names_and_files(command: str) -> None:
    assert {"quickstart", "augmentation_grid", "small", "mine.yaml", "studies/small.yaml"} <= set(
        completed(f"ablate {command} ")
    )
    assert completed(f"ablate {command} quick") == ["quickstart"]
    assert completed(f"ablate {command} studies/") == ["studies/small.yaml"]
    assert completed(f"ablate {command} nothing-like-it") == []


def test_trials_are_ids_of_the_storage() -> None:
    store = TrialStore(Path("elsewhere"))
    plan = make_plan(load_study("small"), store, Path("data"))
    for unit in plan.units:
        store.record(unit)
    ids = sorted(trial.id for trial in plan.trials)
    assert completed("ablate show --storage elsewhere ") == ids
    assert completed(f"ablate diff --storage elsewhere {ids[0]} {ids[1][:10]}") == [ids[1]]
    assert completed("ablate show ") == []


def test_scales_are_the_studys_own_as_well() -> None:
    assert completed("ablate plan small --scale m") == ["mine"]
    assert completed("ablate plan quickstart --scale ") == ["cifar10", "imagenet", "laptop", "quick"]
    assert completed("ablate plan no-such-study --scale l") == ["laptop"]
    assert completed("ablate list --scale i") == ["imagenet"]


def test_settings_are_paths_and_then_values() -> None:
    assert completed("ablate plan small --set loss.te") == ["loss.temperature="]
    assert "evaluate.data.subset=" in completed("ablate plan small --set evaluate.data.")
    assert completed("ablate plan small --set head.kind=n") == ["head.kind=none", "head.kind=nonlinear"]
    assert completed("ablate plan small --set loss.normalize=") == ["loss.normalize=true", "loss.normalize=false"]
    assert completed("ablate plan small --set seed") == []
    assert completed("ablate plan small --set resources.g") == ["resources.gpu="]


def test_completion_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom ablations.cli.completion import assignments, studies\nstudies('')\nassignments('loss')\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()).isdisjoint({"torch", "ray", "mlflow", "pandas", "matplotlib", "numpy"})
