"""A report shows the trainings: curves from the storage alone, and views made once, where the data is."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import core
from ablations.store.json_files import write_json
from ablations.store.trial_store import StoredTrial, TrialStore
from ablations.tracking.training.curves import learning_curves
from ablations.tracking.training.representations import draw_representations
from ablations.tracking.training.views import IMAGES, MANY, MOST_CELLS, NO_DATA, augmentation_views
from ablations.types.errors import StudyError
from core.config import CustomAugment, Flip, PretrainConfig, TrainConfig
from core.pretraining.shown_views import LARGEST, shown_views
from helpers import NOTHING, epoch, pixels, random_dataset, small_config

STORE = TrialStore(Path("runs"))
FLIPPED = CustomAugment(first=(Flip(probability=1.0),))


def begun(*augments: CustomAugment) -> pd.DataFrame:
    """The table of a study with a cell for each augmentation, whose encoders are in the storage."""
    rows = []
    for number, augment in enumerate(augments):
        encoder = f"{number:016x}"
        config = small_config(augment=augment, data={"name": "shapes", "image_size": 16})
        write_json(STORE.encoder_folder(encoder) / "config.json", config.model_dump(mode="json"))
        rows.append({"trial_id": f"t{number}", "baseline": "", "encoder_id": encoder, "augment": str(number)})
    return pd.DataFrame(rows)


def test_curves_are_those_of_the_storage() -> None:
    table = begun(NOTHING, FLIPPED)
    STORE.save_history("0" * 16, [epoch(1, 3.0, 10.0, 2.0), epoch(2, 2.0, 20.0, 1.0).judged(30.0)])
    curves = learning_curves(table, STORE)
    assert list(curves) == ["t0"]
    assert curves["t0"]["loss"].tolist() == [3.0, 2.0]
    np.testing.assert_array_equal(curves["t0"]["knn_top1"], [np.nan, 30.0])


def views(table: pd.DataFrame) -> Any:
    return augmentation_views(table, ["augment"], STORE, Path("report"), Path("data"))


@pytest.mark.parametrize("is_there", [True, False])
def test_views_are_made_once_and_only_where_the_data_is(is_there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablations.tracking.training.views.is_prepared", lambda *arguments: is_there)
    monkeypatch.setattr(core, "load_data", lambda config, folder: random_dataset())
    table = begun(NOTHING, FLIPPED)
    found = views(table)
    if not is_there:
        assert (found.by_trial, found.note) == ({}, NO_DATA)
        return
    assert list(found.by_trial) == ["t0", "t1"]
    monkeypatch.setattr(core, "load_data", lambda *arguments: pytest.fail("made again"))
    again = views(table)
    assert all((again.by_trial[one] == found.by_trial[one]).all() for one in found.by_trial)
    Path("report/views.npz").write_bytes(b"damaged")
    monkeypatch.setattr(core, "load_data", lambda config, folder: random_dataset())
    assert list(views(table).by_trial) == ["t0", "t1"]


def test_no_views_of_augmentations_that_do_not_differ_or_of_too_many_cells() -> None:
    assert views(begun(NOTHING, NOTHING)) == views(begun(NOTHING)[:0])
    table = begun(NOTHING, FLIPPED)
    many = pd.concat([table.assign(trial_id=f"t{n}", augment=str(n)) for n in range(MOST_CELLS)])
    many["trial_id"] = [f"t{number}" for number in range(len(many))]
    many["augment"] = many["trial_id"]
    assert views(many).note == MANY


def seen(augment: CustomAugment, **data: Any) -> np.ndarray:
    config: PretrainConfig = small_config(augment=augment, data={"name": "random", "image_size": 16, **data})
    return shown_views(config, random_dataset(), IMAGES).numpy()


def test_views_are_those_of_the_policy_on_the_same_images() -> None:
    plain, flipped = seen(NOTHING), seen(FLIPPED)
    assert plain.shape == (2, IMAGES, 3, 16, 16)
    np.testing.assert_array_equal(plain[0], plain[1])
    np.testing.assert_array_equal(flipped[1], plain[1])
    np.testing.assert_array_equal(flipped[0], plain[0][..., ::-1])
    images = pixels(random_dataset().train).numpy()
    assert all(any((one == image).all() for image in images) for one in plain[0])
    assert seen(NOTHING, image_size=2 * LARGEST).shape == (2, IMAGES, 3, LARGEST, LARGEST)


def evaluated(**changes: Any) -> tuple[TrainConfig, StoredTrial]:
    config = TrainConfig(pretrain=small_config(data={"name": "shapes", "image_size": 16}, **changes))
    return config, StoredTrial("1" * 16, "2" * 16, config.model_dump(mode="json"), None)


def test_an_encoder_that_is_not_there_is_told() -> None:
    with pytest.raises(StudyError, match="its encoder is not in runs; running its study trains it"):
        draw_representations(STORE, evaluated()[1], Path("data"), Path("out"), print)


@pytest.mark.slow
def test_h_and_z_of_any_trial_are_drawn_from_its_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    (config, trial), data = evaluated(epochs=0), random_dataset()
    monkeypatch.setattr(core, "load_data", lambda config, folder: data)
    core.pretrain(config.pretrain, data, device="cpu").save(STORE.encoder_path("2" * 16))
    files = draw_representations(STORE, trial, Path("data"), Path("out"), print)
    assert files == [Path("out/tsne.png"), Path("out/retrieval.png")]
    embedded, retrieved = (path.with_suffix(".svg").read_text() for path in files)
    assert all(f"({letter}) {part}" in embedded for letter, part in zip("ab", "hz", strict=True))
    assert embedded.count("silhouette") == 2
    assert retrieved.count("nearest training images") == 2
