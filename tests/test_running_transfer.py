"""One encoder, scored on several data sets: trained once, each set in its size and by its metric."""

from pathlib import Path

import pytest
from archives import pets, voc2007
from rich.console import Console

from ablations.planning.plan import Plan, make_plan
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.tracking.reader import read_study
from ablations.types.errors import StudyError
from core.config import DataConfig
from core.data.dataset import Dataset
from core.data.load import load_data
from helpers import pixels, small_study

pytestmark = pytest.mark.usefixtures("blank_figures")

STUDY = small_study(
    """\
title: To other data
grid:
  evaluate.data.name: [shapes, pets, voc2007]
baselines:
  larger images: {evaluate.data: {name: pets, image_size: 24}}
  its own images: {}
report: {kind: points, x: evaluate.data.name}
""",
    epochs=1,
    name="transfer",
)
DATA = Path("data")
WHERE = Where(Path("runs"), DATA, inline=True)


def plan(text: str = STUDY) -> Plan:
    Path("study.yaml").write_text(text)
    return make_plan(load_study("study.yaml"), TrialStore(WHERE.storage), WHERE.data_dir)


@pytest.fixture
def data_dir() -> Path:
    pets(DATA)
    voc2007(DATA)
    return DATA


def test_one_training_is_scored_on_each_data_set(
    data_dir: Path, mlflow_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored: list[tuple[str, tuple[int, ...]]] = []

    def look(config: DataConfig, data_dir: Path) -> Dataset:
        data = load_data(config, data_dir)
        scored.append((data.name, tuple(pixels(data.test).shape[-2:])))
        return data

    monkeypatch.setattr("ablations.running.worker._data", look)
    outcome = run_plan(plan(), WHERE, Console(quiet=True))
    assert list(outcome.states.values()) == ["done"] * 5
    assert scored[0] == ("shapes", (16, 16))  # the training
    assert scored[1:] == [
        ("shapes", (16, 16)),
        ("pets", (16, 16)),
        ("voc2007", (16, 16)),
        ("pets", (24, 24)),
        ("shapes", (16, 16)),
    ]
    table = read_study("transfer", "quick").table
    assert table["linear_eval/top1"].notna().tolist() == [True, True, False, True, True]
    assert table["linear_eval/mean_per_class"].notna().tolist() == [False, True, False, True, False]
    assert table["linear_eval/map_11"].notna().tolist() == [False, False, True, False, False]
    assert outcome.drawn is not None


def test_the_encoder_is_trained_once_and_its_scores_are_counted_for_each_data_set() -> None:
    made = plan()
    (unit,) = made.units
    shapes, own, pets, voc = 6000 + 2000, 60 + 2000, 3680 + 3669, 5011 + 4952
    assert made.trainings == 1
    assert made.images(unit) == 60 + shapes + own + 2 * pets + voc


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("voc2007]", "holidays]"), "^study.yaml: trial holidays, seed 0: no folder data/holidays/train"),
        (("{name: pets, ", "{name: pets, subset: 4000, "), "larger images, seed 0: data.subset is 4,000, but pets"),
        (("neighbors: 5}", "metric: top1}"), "trial voc2007, seed 0: evaluate.metric is top1, but an image of voc2007"),
        (("neighbors: 5}", "metric: map_11}"), "trial shapes, seed 0: .* an image of shapes has one label; take top1"),
        (("{name: pets, ", "{name: pets, side: 3, "), "evaluate.data.side: there is no such field; known are name,"),
        (("{name: pets, ", "{"), r"study.yaml:14:.*larger images.evaluate.data.*: 'name' is required"),
    ],
)
def test_what_cannot_be_scored_is_told_before_anything_trains(change: tuple[str, str], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        plan(STUDY.replace(*change))


def test_another_data_set_has_the_size_of_the_pretraining_where_none_is_given() -> None:
    sizes = [trial.config.evaluation_data.image_size for trial in plan().trials]
    assert sizes == [16, 16, 16, 24, 16]
    assert plan().trials[-1].config.evaluation_data == plan().trials[0].config.pretrain.data
