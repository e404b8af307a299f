"""Commands and workers start without imports that take seconds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from image_folders import make_folder
from rich.console import Console

from ablations.planning.grid import enumerate_trials
from ablations.running.prepare_data import prepare_data
from ablations.store import prepared
from ablations.store.prepared import is_prepared
from ablations.study.load import load_study
from core import load_data
from core.config import DataConfig
from core.cost import training_flops
from helpers import small_study

STUDY = small_study("grid:\n  loss.temperature: [0.1]\n", epochs=1).replace("image_size: 16", "image_size: 32")


def imports(code: str) -> set[str]:
    """Modules that a new process has imported after it ran ``code``."""
    code += "\nimport sys; print('\\n' + ' '.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("modules", "missing"),
    [
        (
            "ablations.running.run, ablations.running.schedulers.on_ray.scheduler",
            {"torch", "ray", "mlflow", "pandas", "matplotlib", "scipy"},
        ),
        ("ablations.running.schedulers.on_ray.tune", {"torch", "mlflow", "matplotlib"}),
        (
            "ablations.tracking.resilient_tracker, ablations.tracking.collection_report",
            {"torch", "ray", "matplotlib", "scipy.stats"},
        ),
        ("ablations.running.worker", {"torchvision", "torch._dynamo", "ray", "mlflow", "pandas", "matplotlib"}),
    ],
)
def test_a_module_leaves_out_what_takes_seconds_to_import(modules: str, missing: set[str]) -> None:
    assert not imports(f"import {modules}") & missing


def test_a_trial_needs_neither_torchvision_nor_dynamo() -> None:
    Path("small.yaml").write_text(STUDY)
    config = enumerate_trials(load_study("small.yaml"))[0].config.pretrain
    training_flops(config)  # as the plan before a run does: it counts the encoder once, for all processes
    code = """
from pathlib import Path
from rich.console import Console
from ablations.planning.plan import make_plan
from ablations.running.job import Job
from ablations.running.schedulers.inline import InlineScheduler
from ablations.running.schedulers.scheduler import Batch
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.study.study import Resources
plan = make_plan(load_study('small.yaml'), TrialStore(Path('runs')), Path('data'))
InlineScheduler().run(Batch(plan.units, Job(Path('runs'), Path('data'), 'me'), Resources()), lambda event: None)
assert TrialStore(Path('runs')).result(plan.trials[0].id).state == 'done'
"""
    assert not imports(code) & {"torchvision", "torch._dynamo", "sympy"}


def test_data_that_is_prepared_needs_no_torch() -> None:
    code = """
from pathlib import Path
from rich.console import Console
from ablations.planning.grid import enumerate_trials
from ablations.running.prepare_data import prepare_data
from core.config import DataConfig
prepare_data([DataConfig(name='mine', image_size=16)], Path('data'), Console(quiet=True))
"""
    make_folder(Path("data/mine"))
    assert "torch" in imports(code)
    assert "torch" not in imports(code)


def test_data_is_prepared_again_once_anything_of_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    make_folder(Path("data/mine"))
    config = DataConfig(name="mine", image_size=16)
    assert not is_prepared(config, Path("data"))
    prepare_data([config], Path("data"), Console(quiet=True))
    assert is_prepared(config, Path("data"))
    assert not is_prepared(config.model_copy(update={"image_size": 8}), Path("data"))
    image = next(Path("data/mine").rglob("*.png"))
    before = image.stat()
    os.utime(image, (0, 0))
    assert not is_prepared(config, Path("data"))
    os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert is_prepared(config, Path("data"))
    monkeypatch.setattr(prepared, "MOST_FILES", 2)
    assert not is_prepared(config, Path("data"))


def test_what_does_not_decode_is_not_taken_for_prepared() -> None:
    make_folder(Path("data/mine"))
    config = DataConfig(name="mine", image_size=16)
    image = next(Path("data/mine").rglob("*.png"))
    image.write_bytes(b"no image")
    for _ in range(2):
        with pytest.raises(Exception, match="does not decode"):
            prepare_data([config], Path("data"), Console(quiet=True))
    assert not is_prepared(config, Path("data"))
    image.unlink()
    prepare_data([config], Path("data"), Console(quiet=True))
    assert len(load_data(config, Path("data")).train)
