"""One folder without a split: every class is split by a seed, and the split is the trial's identity."""

from pathlib import Path

import numpy as np
import pytest
from command_line import ablate
from PIL import Image

from ablations.types.identity import pretrain_id, trial_id
from core import DataConfig, DataError, Frozen, load_data
from core.config import PretrainConfig, TrainConfig
from core.config.data import EvaluationData
from core.data.sources.find import data_size, list_images
from helpers import pixels

COUNTS = {"cat": 20, "dog": 10, "eel": 2}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """``photos/<class>/*`` in a data folder; the red channel tells the image, the green one the class."""
    for label, (name, count) in enumerate(COUNTS.items()):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(count):
            pixel = np.full((16, 16, 3), (number, label, 0), dtype=np.uint8)
            Image.fromarray(pixel).save(tmp_path / "photos" / name / f"{number:02}.png")
    return tmp_path


def split(share: float = 0.2, seed: int = 0) -> DataConfig:
    return DataConfig(name="photos", image_size=16, split=share, split_seed=seed)


def held(data_dir: Path, config: DataConfig) -> set[str]:
    return {"/".join(Path(path).parts[-2:]) for path, _ in list_images(config, data_dir).test}


@pytest.mark.parametrize(
    ("share", "test"), [(0.2, [4, 2, 1]), (0.5, [10, 5, 1]), (0.01, [1, 1, 1]), (0.99, [19, 9, 1])]
)
def test_every_class_is_split_and_is_in_both_splits(photos: Path, share: float, test: list[int]) -> None:
    data = load_data(split(share), photos)
    assert data.test.labels.bincount().tolist() == test
    assert data.train.labels.bincount().tolist() == [all_ - own for all_, own in zip([20, 10, 2], test, strict=True)]
    images = [tuple(image[:2, 0, 0].tolist()) for part in (data.train, data.test) for image in pixels(part)]
    assert len(set(images)) == 32
    assert [green for _, green in images] == [*data.train.labels.tolist(), *data.test.labels.tolist()]
    size = data_size(split(share), photos)
    assert (size.train, size.test, size.classes) == (32 - sum(test), sum(test), 3)


def test_the_split_is_that_of_its_seed(photos: Path) -> None:
    assert held(photos, split()) == held(photos, split())
    assert len({frozenset(held(photos, split(seed=seed))) for seed in range(5)}) == 5


def test_the_split_is_pinned(photos: Path) -> None:
    """Another split would be other trials under the same ids."""
    assert held(photos, split(0.1)) == PINNED


PINNED = {"cat/00.png", "cat/18.png", "dog/08.png", "eel/01.png"}


def test_another_image_moves_at_most_one_other(photos: Path) -> None:
    before = held(photos, split())
    Image.new("RGB", (16, 16)).save(photos / "photos/cat/new.png")
    assert len(held(photos, split()) ^ before) <= 2


def test_split_and_seed_are_part_of_the_identity() -> None:
    data = [DataConfig(name="photos"), split(), split(0.3), split(seed=1)]
    assert len({pretrain_id(PretrainConfig(data=one)) for one in data}) == 4
    scored = [EvaluationData(name="b"), EvaluationData(name="b", split=0.2)]
    assert len({trial_id(TrainConfig(evaluate=Frozen(data=one))) for one in scored}) == 2
    assert {"split", "split_seed"}.isdisjoint(DataConfig(name="photos").model_dump())
    assert scored[1].like(DataConfig()).split == 0.2


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_share_leaves_something_on_both_sides(share: float) -> None:
    with pytest.raises(ValueError, match="split"):
        split(share)


def test_what_cannot_be_split_is_explained(photos: Path) -> None:
    def refused(message: str, config: DataConfig) -> None:
        for look in (data_size, load_data):
            with pytest.raises(DataError, match=message):
                look(config, photos)

    plain = DataConfig(name="photos", image_size=16)
    refused(r"no folder .*photos/train; .*has 3 folders and no split: data.split: 0.2", plain)
    refused("data.split is for image folders, and shapes has its own", DataConfig(name="shapes", split=0.2))
    refused("no folder .*nowhere; with data.split", DataConfig(name="nowhere", split=0.2))
    (photos / "photos/eel/01.png").unlink()
    refused("photos/eel/00.png: is the only image of 'eel', and a split needs two", split())
    (photos / "photos/eel/00.png").unlink()
    refused("photos/eel: has no images", split())
    (photos / "photos/train").mkdir()
    refused("photos/train is a split, and data.split is for .*remove data.split", split())
    (photos / "empty").mkdir()
    refused("empty has no class folders", DataConfig(name="empty", split=0.2))


STUDY = """
name: mine
title: t
base:
  data: {name: photos, image_size: 16, split: 0.2}
  epochs: 2
  batch_size: 8
grid:
  optimizer.learning_rate: [0.1]
seeds: 1
"""


def test_the_plan_says_how_many_images_are_in_which_split(photos: Path) -> None:
    Path("mine.yaml").write_text(STUDY)
    _, output = ablate("plan", "mine.yaml", "--data-dir", str(photos))
    assert "photos: 25 training and 7 test images of 3 classes; split 0.2 of each class by seed 0" in output
