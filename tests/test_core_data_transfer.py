"""The data sets of Table 8: torchvision's own classes read what lies where they expect it, split as in the paper."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from archives import BLUE, BY_SPLIT, PER_CLASS, RED, VOC_LABELS, caltech101, food101, sun397, trust_flowers, voc2007
from PIL import Image

from core import DataConfig, DataError, load_data
from core.data.catalog import ARCHIVES, DATA_SETS, FILES, PREFIX
from core.data.dataset import Dataset, Split
from core.data.sets.files import KNOWN_FILES
from core.data.transfer import TABLE_8
from helpers import pixels, random_images


def load(name: str, root: Path, **options: object) -> Dataset:
    return load_data(DataConfig.model_validate({"name": name, "image_size": 16, **options}), root)


def shown_labels(split: Split) -> torch.Tensor:
    """Labels as the images' red channel tells them."""
    return (pixels(split)[:, 0].double().mean(dim=(1, 2)) / RED).round().long()


def made_for(split: Split) -> set[int]:
    """The blues that there are."""
    blues = pixels(split)[:, 2].double().mean(dim=(1, 2))
    return {min(BLUE.values(), key=lambda known: abs(known - blue)) for blue in blues.tolist()}


@pytest.mark.parametrize("name", BY_SPLIT)
def test_images_meet_their_labels_and_the_splits_are_the_papers(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classes = BY_SPLIT[name](tmp_path)
    if name == "flowers102":
        trust_flowers(tmp_path, monkeypatch)
    data = load(name, tmp_path)
    splits = TABLE_8[name].train
    assert data.classes == classes
    assert data.train.labels.bincount().tolist() == [PER_CLASS * len(splits)] * 3
    assert data.test.labels.bincount().tolist() == [PER_CLASS] * 3
    assert torch.equal(shown_labels(data.train), data.train.labels)
    assert torch.equal(shown_labels(data.test), data.test.labels)
    assert made_for(data.train) == {BLUE[split if split in BLUE else "train"] for split in splits}
    assert made_for(data.test) == {BLUE["test"]}


def test_images_are_fitted_as_in_appendix_b_8(tmp_path: Path) -> None:
    """The shorter side resized by bicubic interpolation, against aliasing as PIL always does it; then the centre."""
    noise = random_images(1, 60)[0, :, :40].permute(1, 2, 0).numpy()
    for split in ("train", "test"):
        (tmp_path / "noise" / split / "a").mkdir(parents=True)
        Image.fromarray(noise).save(tmp_path / "noise" / split / "a" / "1.png")
    expected = Image.fromarray(noise).resize((24, 16), Image.Resampling.BICUBIC).crop((4, 0, 20, 16))
    stored = pixels(load("noise", tmp_path).test)[0].permute(1, 2, 0).numpy()
    assert np.abs(stored.astype(int) - np.asarray(expected).astype(int)).max() <= 1


def test_training_and_validation_images_together_make_the_classifier() -> None:
    """Appendix B.8, where a data set has both; of the others the training images are all there is."""
    both = {name for name, splits in TABLE_8.items() if splits.train in (("train", "val"), ("trainval",))}
    assert both == {"dtd", "flowers102", "aircraft", "pets", "voc2007"}
    assert {splits.test for splits in TABLE_8.values()} == {"test", "Testing_01"}


def test_the_metrics_are_the_papers() -> None:
    by_metric: dict[str, set[str]] = {}
    for splits in TABLE_8.values():
        by_metric.setdefault(splits.metric, set()).add(splits.title)
    assert by_metric == {
        "top1": {"Food", "CIFAR10", "CIFAR100", "Birdsnap", "SUN397", "Cars", "DTD"},
        "mean_per_class": {"Aircraft", "Pets", "Caltech-101", "Flowers"},
        "map_11": {"VOC2007"},
    }


def test_all_but_birdsnap_are_known_by_name() -> None:
    assert set(TABLE_8) - {"birdsnap"} == {*KNOWN_FILES, "cifar10", "cifar100"}
    assert {*KNOWN_FILES, *ARCHIVES, "shapes", "shapes-by-colour"} == {
        name for name in DATA_SETS if not name.startswith(PREFIX)
    }
    assert KNOWN_FILES.keys() == FILES.keys()


def test_caltech_is_split_into_30_of_each_class_and_the_rest(tmp_path: Path) -> None:
    """The background is a class, as in the 102 of Kornblith et al. (2019)."""
    classes = caltech101(tmp_path)
    data = load("caltech101", tmp_path)
    assert data.classes == classes
    assert data.train.labels.bincount().tolist() == [30] * 3
    assert data.test.labels.bincount().tolist() == [3, 4, 5]
    assert torch.equal(shown_labels(data.test), data.test.labels)
    assert data.metric == "mean_per_class"


def test_the_images_drawn_for_caltech_are_always_the_same(tmp_path: Path) -> None:
    caltech101(tmp_path)
    (_, train), (_, again), (_, test) = (
        KNOWN_FILES["caltech101"](tmp_path, split) for split in ("train", "train", "test")
    )
    assert train == again
    assert len({*train, *test}) == 33 + 34 + 35
    assert [path for path, _ in train[:30]] != sorted(path for path, _ in train + test)[:30]


def test_an_image_of_voc_has_several_labels_and_leaves_difficult_ones_open(tmp_path: Path) -> None:
    classes = voc2007(tmp_path)
    data = load("voc2007", tmp_path)
    assert data.classes == classes
    assert data.train.labels.tolist() == data.test.labels.tolist() == [list(labels) for labels in VOC_LABELS]
    assert shown_labels(data.test).tolist() == [0, 0, 2, 1]
    assert made_for(data.train) == {BLUE["trainval"]}
    assert made_for(data.test) == {BLUE["test"]}
    assert data.train.multi_label
    assert data.metric == "map_11"


def test_a_subset_of_images_with_several_labels_is_drawn_from_all(tmp_path: Path) -> None:
    voc2007(tmp_path)
    part = load("voc2007", tmp_path, subset=3).train
    other = load("voc2007", tmp_path, subset=3, subset_seed=2).train
    assert len(part) == 3
    assert part.labels.tolist() != other.labels.tolist()


def test_an_image_without_any_label_is_left_out() -> None:
    labels = torch.tensor([[0, 0], [-1, -1], [-1, 1]])
    split = Split(torch.zeros(3, 3, 8, 8, dtype=torch.uint8), labels)
    assert split.labelled().labels.tolist() == [[0, 0], [-1, 1]]


def no_download(*arguments: object, **options: object) -> None:
    raise OSError("no network")


@pytest.mark.parametrize("name", [*KNOWN_FILES])
def test_what_is_missing_and_cannot_be_downloaded_is_said(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("food101", "sun397", "dtd", "fgvc_aircraft", "oxford_iiit_pet", "caltech", "flowers102", "voc"):
        monkeypatch.setattr(f"torchvision.datasets.{module}.download_and_extract_archive", no_download)
    reason = "cannot be downloaded anymore" if name == "cars" else "no network"
    with pytest.raises(
        DataError, match=rf"{name} is not complete in {tmp_path} and could not be downloaded .*{reason}"
    ):
        load(name, tmp_path)


def test_what_is_there_is_not_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """torchvision would unpack VOC's archive again."""
    voc2007(tmp_path)
    monkeypatch.setattr("torchvision.datasets.voc.download_and_extract_archive", no_download)
    assert len(load("voc2007", tmp_path).train) == 4


def remove(pattern: str) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        for path in root.glob(pattern):
            path.unlink()

    return act


@pytest.mark.parametrize(
    ("make", "spoil", "message"),
    [
        (food101, remove("food-101/images/ramen/test1.jpg"), "ramen/test1.jpg: is listed, but not there"),
        (sun397, remove("SUN397/Training_01.txt"), "Training_01.txt is missing; .*Partitions.zip into"),
        (voc2007, remove("VOCdevkit/VOC2007/ImageSets/Main/*_test.txt"), r"voc2007 is not complete.*\*_test.txt"),
    ],
    ids=["an image", "the splits", "the labels"],
)
def test_what_is_not_whole_is_explained(
    make: Callable[[Path], object], spoil: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    make(tmp_path)
    spoil(tmp_path)
    with pytest.raises(DataError, match=message):
        load(make.__name__, tmp_path)
