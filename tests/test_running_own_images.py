"""A run on images that are not those of its plan, and results from before fingerprints."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import ablate
from image_folders import make_folder

from ablations import load_study, results
from ablations.cli.tables import heading
from ablations.planning.collection_plan import plan_of_one
from ablations.planning.grid import enumerate_trials
from ablations.planning.own_images.fingerprints import Folders
from ablations.planning.plan import Plan, make_plan
from ablations.planning.review.lint import warnings
from ablations.running.job import Job
from ablations.running.own_images.old_results import take_over
from ablations.running.worker import run_unit
from ablations.store.leases.live_run import LiveRun
from ablations.store.own_images.adoption import TAKEN_OVER, adopt, can_be_adopted
from ablations.store.trial_store import TrialStore, trial_values
from ablations.types.errors import StudyError
from ablations.types.events import Event, Saved, TrialEnded
from ablations.types.identity import pretrain_id
from ablations.types.trial import Result, Trial, group_units
from core import load_data
from core.errors import OtherData
from core.trained.checkpoint import load_checkpoint, save_checkpoint

STUDY = """\
name: mine
base:
  data: {name: photos, image_size: 8}
  encoder: {name: resnet10, width: 0.0625}
  schedule.warmup_epochs: 0
  optimizer.learning_rate: 1.0
  batch_size: 4
  epochs: 1
  precision: float32
  evaluate: {l2_count: 2, neighbors: 2}
grid: {loss.temperature: [0.1, 0.5]}
"""
STORAGE, DATA = Path("runs"), Path("data")


@pytest.fixture(autouse=True)
def photos() -> Path:
    Path("mine.yaml").write_text(STUDY)
    return make_folder(DATA / "photos")


@pytest.fixture
def store() -> TrialStore:
    return TrialStore(STORAGE)


def plan() -> Plan:
    return make_plan(load_study("mine.yaml"), TrialStore(STORAGE), DATA)


def old_storage(store: TrialStore) -> list[Trial]:
    """A storage as an earlier version left it: two trials that are done, and an encoder and a checkpoint."""
    trials = enumerate_trials(load_study("mine.yaml"))
    assert trials[0].id == "c0059271a4bc24e0"
    for unit in group_units(trials):
        store.record(unit)
        config = unit.trials[0].config.pretrain
        save_checkpoint(store.encoder_path(unit.pretrain_id), {"config": config.model_dump(mode="json")})
        config_without_none = config.model_dump(mode="json", exclude_none=True)
        save_checkpoint(store.checkpoint_path(unit.pretrain_id), {"config": config_without_none, "images": 12})
    for trial in trials:
        store.save_result(Result(trial.id, "done", {"linear_eval/top1": 50.0}, 1.0, 2.0, {"device": "none"}))
    return trials


def test_images_that_change_after_the_plan_are_refused_and_cost_no_result(photos: Path, store: TrialStore) -> None:
    made = plan()
    unit = made.units[0]
    store.record(unit)
    (photos / "train" / "class0" / "0.png").unlink()
    events: list[Event] = []
    run_unit(unit, Job(STORAGE, DATA, "me"), events.append)
    (ended,) = [event for event in events if isinstance(event, TrialEnded)]
    assert ended.result.failure == "other_data"
    assert "photos on " in ended.result.error
    assert made.trials[0].config.pretrain.data.fingerprint in ended.result.error  # type: ignore[operator]
    assert store.result(unit.trials[0].id) is None
    with pytest.raises(OtherData, match="put these back, or ask for"):
        load_data(made.trials[0].config.pretrain.data, DATA)


@pytest.mark.slow  # it starts processes that decode; see also the fingerprint's own tests
def test_streamed_images_that_change_during_a_training_leave_nothing(
    photos: Path, store: TrialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.data.load.MEMORY_SHARE", 0)
    unit = replace(plan().units[0], judged=(1,))  # it has a checkpoint at once, not after seconds
    store.record(unit)
    changed = photos / "train" / "class0" / "0.png"

    def change(event: Event) -> None:
        events.append(event)
        if isinstance(event, Saved):
            shutil.copy(photos / "train" / "class1" / "0.png", changed)

    events: list[Event] = []
    run_unit(unit, Job(STORAGE, DATA, "me"), change)
    (ended,) = [event for event in events if isinstance(event, TrialEnded)]
    assert ended.result.failure == "other_data"
    assert not store.encoder_path(unit.pretrain_id).exists()
    assert not store.has_checkpoint(unit.pretrain_id)


def test_results_from_before_fingerprints_are_told_by_a_plan_and_taken_over_once(
    photos: Path, store: TrialStore
) -> None:
    before = old_storage(store)
    told = plan()
    assert told.unmarked == dict(zip([trial.id for trial in told.trials], [trial.id for trial in before], strict=True))
    assert [note for note in warnings(told) if "--retrain-old it trains them again" in note]
    assert "0 done, 2 to run, 2 of them with an older result that is taken over" in heading(plan_of_one(told))
    assert store.trial_ids() == sorted(trial.id for trial in before)

    text = take_over(plan_of_one(told), store, DATA)
    assert text.startswith("2 results on photos are older than fingerprints of images, and count for the images as")
    assert store.trial_ids() == sorted(trial.id for trial in told.trials)
    for trial in told.trials:
        result = store.result(trial.id)
        assert result
        assert result.metrics == {"linear_eval/top1": 50.0}
        assert result.facts["images"] == f"photos {trial.config.pretrain.data.fingerprint} ({TAKEN_OVER})"
        assert store.recorded(trial.id).config == {
            name: value for name, value in trial_values("", trial.config).items() if name != "encoder"
        }
        for path in (store.encoder_path(trial.pretrain_id), store.checkpoint_path(trial.pretrain_id)):
            state = load_checkpoint(path)
            assert state
            assert pretrain_id(type(trial.config.pretrain).model_validate(state["config"])) == trial.pretrain_id
    assert plan().units == []
    (photos / "train" / "class0" / "0.png").unlink()
    assert len(plan().units) == 2
    assert take_over(plan_of_one(plan()), store, DATA) == ""


def test_they_stay_where_the_user_wants_them_trained_again(store: TrialStore) -> None:
    before = old_storage(store)
    assert take_over(plan_of_one(plan()), store, DATA, retrain=True) == ""
    assert store.trial_ids() == sorted(trial.id for trial in before)
    assert len(plan().units) == 2
    assert plan().unmarked == {}
    assert take_over(plan_of_one(plan()), store, DATA) == ""


@pytest.mark.slow  # the steps are tested above
def test_a_run_takes_them_over_or_trains_them_again(store: TrialStore, mlflow_db: None, undrawn: None) -> None:
    before = old_storage(store)
    shutil.copytree(STORAGE, "copy")
    code, text = ablate("run", "mine.yaml", "--inline")
    assert code == 0, text
    assert "2 results on photos are older than fingerprints" in text
    assert set(results(load_study("mine.yaml")).state) == {"done"}
    shutil.rmtree(STORAGE)
    Path("copy").rename(STORAGE)
    code, text = ablate("run", "mine.yaml", "--inline", "--retrain-old")
    assert code == 0, text
    assert {trial.id for trial in before} < set(store.trial_ids())
    result = store.result(plan().trials[0].id)
    assert result
    assert result.facts["images"] == f"photos {plan().trials[0].config.pretrain.data.fingerprint}"


def test_they_are_not_moved_under_another_run(store: TrialStore) -> None:
    before = old_storage(store)
    with LiveRun(STORAGE), pytest.raises(StudyError, match="is using this storage; wait for it to end"):
        take_over(plan_of_one(plan()), store, DATA)
    assert store.trial_ids() == sorted(trial.id for trial in before)


def test_a_trial_that_needs_another_folder_too_waits_for_it(photos: Path, store: TrialStore) -> None:
    Path("mine.yaml").write_text(STUDY.replace("neighbors: 2", "neighbors: 2, data: {name: others}"))
    trials = enumerate_trials(load_study("mine.yaml"))
    for unit in group_units(trials):
        store.record(unit)
    assert not can_be_adopted(store, ["photos"], Folders(DATA, STORAGE))
    shutil.copytree(photos, DATA / "others")
    assert adopt(store, ["photos"], Folders(DATA, STORAGE)).moved == {"trial": 2, "encoder": 2}
    assert store.trial_ids() == sorted(trial.id for trial in plan().trials)
