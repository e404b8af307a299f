"""``resources.pack``: as many trials on a GPU as its memory holds."""

from operator import attrgetter
from pathlib import Path

import pytest

from ablations.planning.cost import memory as step_memory
from ablations.planning.cost.estimate_text import cost_text
from ablations.planning.cost.packing import MARGIN, spread
from ablations.planning.plan import Plan, make_plan
from ablations.store.speeds import Hardware, evaluation_speed, save_speed, training_speed
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.study.study import Resources
from ablations.types.errors import StudyError
from core.hardware import BESIDE
from helpers import small_study

GIB = 2**30
GPU = Hardware("NVIDIA H100", 80 * GIB, 4)
CPU = Hardware("a laptop", 8 * GIB, 4)
STORAGE = Path("runs")
GRID = "grid: {encoder.width: [0.125, 0.25]}\nseeds: 50\nresources: {gpu: 1, pack: true}\n"


def plan() -> Plan:
    Path("study.yaml").write_text(small_study(GRID, 2))
    return make_plan(load_study("study.yaml"), TrialStore(STORAGE), Path("data"))


def measure(width: float, gib: float, evaluated_gib: float = 0, hardware: Hardware = GPU) -> None:
    """A training of the study, and perhaps its evaluation."""
    config = next(
        trial.config for trial in plan().trials if attrgetter("width")(trial.config.pretrain.encoder) == width
    )
    save_speed(STORAGE, training_speed(config.pretrain, hardware, 1.0, int(gib * GIB)))
    if evaluated_gib:
        peak = int(evaluated_gib * GIB)
        save_speed(STORAGE, evaluation_speed(config.pretrain, config.evaluate, 100, hardware, 1.0, peak))


def test_each_trial_has_a_whole_gpu_before_anything_was_measured_on_one() -> None:
    measure(0.25, 0, hardware=CPU)
    assert plan().scaled.resources.gpu == 1


def test_as_many_share_a_gpu_as_it_has_room_for_the_largest() -> None:
    measure(0.125, 2)
    measure(0.25, 10)
    assert 6 * (MARGIN * 10 * GIB + BESIDE) < GPU.memory < 7 * (MARGIN * 10 * GIB + BESIDE)
    made = plan()
    assert made.scaled.resources.gpu == pytest.approx(1 / 6, abs=1e-4)
    assert round(made.scaled.resources.gpu * 10_000) * 6 <= 10_000, "Ray counts in ten-thousandths"
    assert "on one GPU, 6 at a time" in cost_text([made], STORAGE, None)


def test_what_an_evaluation_takes_counts_too() -> None:
    measure(0.125, 2)
    measure(0.25, 2, evaluated_gib=30)
    assert plan().scaled.resources.gpu == pytest.approx(1 / 2)


def test_a_training_that_was_not_measured_is_reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    measure(0.125, 0.1)
    monkeypatch.setattr(step_memory, "memory", lambda config, *rest: 13 * GIB if config.encoder.width == 0.25 else 0)
    assert plan().scaled.resources.gpu == pytest.approx(1 / 4)


def test_no_room_is_kept_for_more_trials_than_there_are() -> None:
    measure(0.125, 0.1)
    measure(0.25, 0.1)
    made = plan()
    assert len(made.units) == 100
    assert made.scaled.resources.gpu == pytest.approx(1 / 100)


@pytest.mark.parametrize(("units", "gpus", "share"), [(100, 8, 1 / 6), (16, 8, 0.5), (9, 8, 0.5), (8, 8, 1), (3, 8, 1)])
def test_trials_are_spread_over_all_gpus(units: int, gpus: int, share: float) -> None:
    """Six fit one. Ray would fill the first before it uses the next."""
    six = Resources(gpu=1, pack=True).model_copy(update={"gpu": 0.1666})
    assert spread(six, units, gpus).gpu == pytest.approx(share, abs=1e-4)
    assert spread(six, units, 0) == six
    asked = Resources(gpu=0.25)
    assert spread(asked, units, gpus) == asked


def test_a_gpu_that_holds_one_alone_is_not_shared() -> None:
    measure(0.25, 79)
    assert plan().scaled.resources.gpu == 1


@pytest.mark.parametrize("others", ["{pack: true}", "{pack: true, gpu: 0.5}", "{pack: true, gpu: 1, workers: 2}"])
def test_only_whole_gpus_are_shared_out(others: str) -> None:
    Path("study.yaml").write_text(small_study(f"grid: {{encoder.width: [0.125, 0.25]}}\nresources: {others}\n", 2))
    with pytest.raises(StudyError, match="pack shares out whole GPUs: gpu must be 1, and workers 1"):
        load_study("study.yaml")
