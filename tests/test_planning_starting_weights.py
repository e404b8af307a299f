"""``encoder.weights: trial:ID``: a trial starts from the encoder of another one that is finished."""

import pickle
from pathlib import Path

import pytest
from safetensors.torch import save_file

from ablations.planning.plan import Plan, make_plan
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.types.errors import StudyError
from ablations.types.trial import Trial
from core import DataError, Pretrained, encoder_hash, export_encoder, pretrain
from helpers import random_dataset, small_config, small_study


def planned(rest: str) -> Plan:
    Path("small.yaml").write_text(small_study(rest, 0).replace("  schedule.warmup_epochs: 0.5\n", ""))
    return make_plan(load_study("small.yaml"), TrialStore(Path("runs")), Path("data"))


def starting(weights: str, **more: object) -> Plan:
    settings = {"encoder.weights": weights} | more
    return planned(f"grid: {{points: {{further: {settings}}}}}")


def trained(trial: Trial) -> Pretrained:
    return pretrain(trial.config.pretrain, random_dataset(20), device="cpu")


@pytest.fixture
def source() -> tuple[Trial, Trial]:
    """Two trials that ``runs`` knows, of which the first is finished."""
    store = TrialStore(Path("runs"))
    plan = planned("grid: {loss.temperature: [0.1, 0.5]}")
    for unit in plan.units:
        store.record(unit)
    first, second = plan.trials
    result = trained(first)
    result.save(store.encoder_path(first.pretrain_id))
    store.save_history(first.pretrain_id, result.history, True, encoder_hash(result.encoder))
    return first, second


def test_a_trial_starts_from_the_encoder_of_another(
    source: tuple[Trial, Trial], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its seed, and also where it is sent to, in another folder."""
    (trial,) = starting(f"trial:{source[0].id[:6]}").trials
    wanted = encoder_hash(trained(source[0]).encoder)
    sent: Trial = pickle.loads(pickle.dumps(trial.reseeded(1)))
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert encoder_hash(trained(sent).encoder) == wanted != encoder_hash(trained(source[0].reseeded(1)).encoder)
    assert sent.config.pretrain.model_dump()["encoder"]["weights_hash"] == f"encoder:{wanted}"


def test_the_id_is_one_of_the_weights(source: tuple[Trial, Trial]) -> None:
    """It is the same by another beginning of the id and in another copy of the storage, and not by other weights."""
    (trial,) = starting(f"trial:{source[0].id}").trials
    wanted = trial.config.pretrain.encoder.model_dump()["weights_hash"]
    Path("runs").rename("moved")
    Path("runs").symlink_to("moved")
    (same,) = starting(f"trial:{source[0].id[:5]}", **{"encoder.weights_hash": wanted}).trials
    assert same.id == trial.id != source[0].id
    store = TrialStore(Path("runs"))
    other = trained(source[0].reseeded(2))
    other.save(store.encoder_path(source[0].pretrain_id))
    with pytest.raises(
        DataError, match=rf"had {wanted} when it was planned, and has encoder:{encoder_hash(other.encoder)}"
    ):
        trained(trial)
    store.save_history(source[0].pretrain_id, [], True, encoder_hash(other.encoder))
    (changed,) = starting(f"trial:{source[0].id}").trials
    assert changed.id != trial.id


@pytest.mark.parametrize(
    ("weights", "more", "told"),
    [
        ("trial:zz", {}, "zz: runs has no trial whose id begins so; 'ablate plan STUDY' shows ids"),
        ("trial:", {}, "2 trials begin so"),
        ("trial:{second}", {}, "trial {second} is not finished: its encoder is not trained; run its study first"),
        ("trial:{first}", {"encoder.width": 0.25}, "has another shape of conv1.weight"),
        ("trial:{first}", {"encoder.name": "resnet50"}, "resnet10 for views of 16 pixels, has another shape of"),
        (
            "trial:{first}",
            {"encoder.stem": "small"},
            "for views of 16 pixels, has another shape of conv1.weight ((8, 3, 7, 7), not (8, 3, 3, 3)); take its",
        ),
        (
            "trial:{first}",
            {"encoder.weights_hash": "encoder:1"},
            "encoder.weights_hash is encoder:1, and trial {first} has",
        ),
    ],
)
def test_what_is_no_start_is_refused_with_its_place(
    source: tuple[Trial, Trial], weights: str, more: dict[str, object], told: str
) -> None:
    ids = {"first": source[0].id, "second": source[1].id}
    with pytest.raises(StudyError) as error:
        starting(weights.format_map(ids), **more)
    assert told.format_map(ids) in str(error.value)
    assert str(error.value).startswith("small.yaml:9:")


@pytest.mark.parametrize("file", ["exported.safetensors", "kept.pt", "tensors.safetensors"])
def test_a_file_of_another_encoder_is_refused_by_the_plan(file: str) -> None:
    """The error has the place, what differs, and the settings that the file's encoder has, if this program wrote it."""
    narrow = small_config(epochs=0, encoder={"name": "resnet10", "width": 0.0625}, schedule={"warmup_epochs": 0})
    result = pretrain(narrow, random_dataset(20), device="cpu")
    if file == "exported.safetensors":
        export_encoder(result, file)
    elif file == "kept.pt":
        result.save(file)
    else:
        save_file({name: value.contiguous() for name, value in result.encoder.state_dict().items()}, file)
    with pytest.raises(StudyError) as error:
        starting(file)
    told = str(error.value)
    assert told.startswith("small.yaml:9:")
    assert f"{file} has another shape of conv1.weight ((4, 3, 3, 3), not (8, 3, 7, 7)), " in told
    known = "it holds encoder {kind: resnet, name: resnet10, width: 0.0625} for data.image_size 16"
    assert ("it holds 72 tensors" if file == "tensors.safetensors" else known) in told
    assert told.endswith("; take the encoder of the file, or other weights")


def test_a_file_of_no_tensors_is_refused_by_the_plan() -> None:
    Path("w.safetensors").write_bytes(b"no tensors at all")
    with pytest.raises(
        StudyError, match=r"^small.yaml:9:\d+: grid.points.further.encoder.weights: w.safetensors cannot be read"
    ):
        starting("w.safetensors")


def test_another_size_of_views_is_no_other_encoder(source: tuple[Trial, Trial]) -> None:
    """As long as no layer depends on it: a stem does, and pooling does not."""
    (trial,) = starting(f"trial:{source[0].id}", **{"data.image_size": 24}).trials
    assert trial.id != starting(f"trial:{source[0].id}").trials[0].id


def test_a_training_without_a_plan_says_what_to_write(source: tuple[Trial, Trial]) -> None:
    config = source[0].config.pretrain
    encoder = type(config.encoder).model_validate({"weights": f"trial:{source[0].id}"})
    with pytest.raises(DataError, match=r"is looked up by the plan of a study; without one, write the path of"):
        pretrain(config.model_copy(update={"encoder": encoder}), random_dataset(20), device="cpu")
