"""Data sets of torchvision: its own constructors are called with arguments that they have and values that they take."""

import gzip
import hashlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from archives import photo
from torchvision import datasets

from core import DataConfig, DataError, load_data
from core.data.catalog import ARCHIVES, BUILT_IN_AS, DATA_SETS, FILES, PREFIX, DataSet, DataSize, is_unsplit
from core.data.sets.checksums import check_published
from core.data.sets.torchvision_sets import FORMS, download
from core.data.sources.find import data_size, list_images

CALLS = {
    "torchvision:SVHN": ("SVHN", {"split": "train"}),
    "torchvision:MNIST": ("MNIST", {"train": True}),
    "torchvision:FashionMNIST": ("FashionMNIST", {"train": True}),
    "torchvision:KMNIST": ("KMNIST", {"train": True}),
    "torchvision:USPS": ("USPS", {"train": True}),
    "torchvision:GTSRB": ("GTSRB", {"split": "train"}),
    "torchvision:Country211": ("Country211", {"split": "train"}),
    "torchvision:Imagenette": ("Imagenette", {"split": "train"}),
    "torchvision:EuroSAT": ("EuroSAT", {}),
    "cifar10": ("CIFAR10", {"train": True}),
    "cifar100": ("CIFAR100", {"train": True}),
    "stl10": ("STL10", {"split": "train+unlabeled"}),
    "food101": ("Food101", {"split": "train"}),
    "sun397": ("SUN397", {}),
    "cars": ("StanfordCars", {"split": "train"}),
    "aircraft": ("FGVCAircraft", {"split": "trainval"}),
    "voc2007": ("VOCDetection", {"year": "2007", "image_set": "trainval"}),
    "dtd": ("DTD", {"split": "train"}),
    "pets": ("OxfordIIITPet", {"split": "trainval"}),
    "caltech101": ("Caltech101", {}),
    "flowers102": ("Flowers102", {"split": "train"}),
}
"""Class and arguments of the first call for each data set. CIFAR-100's class is one of CIFAR-10's."""
OWN_ARGUMENTS = ("root", "download", "loader", "self")


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], list[tuple[dict[str, Any], Exception]]]]:
    """A function that lets a class find nothing, and returns the list of its calls: their arguments and what the real
    constructor raises on an empty folder. It never downloads."""

    def watch(name: str) -> list[tuple[dict[str, Any], Exception]]:
        kind = getattr(datasets, name)
        real, calls = kind.__init__, list[tuple[dict[str, Any], Exception]]()

        def construct(self: Any, *arguments: Any, **options: Any) -> None:
            given = inspect.signature(real).bind(self, *arguments, **options).arguments
            try:
                real(**given | {"download": False})
            except Exception as error:
                calls.append(({key: value for key, value in given.items() if key not in OWN_ARGUMENTS}, error))
                raise

        monkeypatch.setattr(kind, "__init__", construct)
        return calls

    yield watch


@pytest.mark.parametrize("name", CALLS)
def test_the_real_constructor_takes_what_it_is_given(
    name: str, called: Callable[[str], list[tuple[dict[str, Any], Exception]]], tmp_path: Path
) -> None:
    """A name or a value that it does not have would be a TypeError or a ValueError."""
    kind, expected = CALLS[name]
    calls = called(kind)
    with pytest.raises(DataError, match=r"could not be downloaded|'ablate data .* --download' gets it"):
        load_data(DataConfig(name=name, split=0.2 if is_unsplit(name) else None), tmp_path)
    if name.startswith(PREFIX):
        with pytest.raises(DataError, match="could not be downloaded"):
            download(name, tmp_path)
        form = FORMS[kind]
        with pytest.raises((OSError, RuntimeError)):
            getattr(datasets, kind)(tmp_path, **form.test or {}, download=True)
    assert calls[0][0] == expected
    assert {isinstance(error, OSError | RuntimeError) for _, error in calls} == {True}, calls


def test_all_sets_that_torchvision_reads_are_in_the_table() -> None:
    known = {name for name in DATA_SETS if name.startswith(PREFIX)}
    assert set(CALLS) == known | {*ARCHIVES, *FILES}
    assert {kind: name for name, (kind, _) in CALLS.items() if name not in known} == BUILT_IN_AS


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("CIFAR100", "torchvision:CIFAR100 is cifar100 here; write that"),
        ("OxfordIIITPet", "torchvision:OxfordIIITPet is pets here"),
        (
            "Omniglot",
            r"make its images a folder <data_dir>/omniglot/<class>/\*, and write omniglot with data.split",
        ),
    ],
)
def test_other_names_of_torchvision_are_explained(kind: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=told):
        load_data(DataConfig(name=f"torchvision:{kind}"), tmp_path)


def test_a_set_without_test_images_is_split_by_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, counts = "torchvision:EuroSAT", {"Forest": 5, "River": 10}
    for label, (folder, count) in enumerate(counts.items()):
        for number in range(count):
            photo(tmp_path / "eurosat" / "2750" / folder / f"{folder}_{number}.jpg", label, "train", number)
    small = DataSet(DataSize(15, 0, 2, {"train": counts}), files="core.data.sets.torchvision_sets:find")
    monkeypatch.setitem(DATA_SETS._entries, name, small)
    config = DataConfig(name=name, image_size=16, split=0.2)
    data, size = load_data(config, tmp_path), data_size(config, tmp_path)
    assert (len(data.train), len(data.test), data.classes) == (12, 3, ("Forest", "River"))
    assert (size.train, size.test, size.classes) == (12, 3, 2)
    assert data.test.labels.tolist() == [0, 1, 1]
    other = list_images(config.model_copy(update={"split_seed": 1}), tmp_path)
    assert set(other.test) != set(list_images(config, tmp_path).test)
    with pytest.raises(DataError, match=r"EuroSAT has no test images: data\.split: 0\.2 takes a fifth of each class"):
        load_data(DataConfig(name=name), tmp_path)


CHECKED = {
    "cifar10": "cifar-10-batches-py/data_batch_3",
    "cifar100": "cifar-100-python/test",
    "stl10": "stl10_binary/test_y.bin",
    "torchvision:SVHN": "SVHN/test_32x32.mat",
    "torchvision:USPS": "USPS/usps.bz2",
    "torchvision:KMNIST": "KMNIST/raw/train-labels-idx1-ubyte.gz",
    "flowers102": "flowers-102/setid.mat",
}


@pytest.mark.parametrize("name", CHECKED)
def test_a_file_that_is_not_the_distributors_is_refused(name: str, tmp_path: Path) -> None:
    """It is neither read nor downloaded again over the user's file."""
    path = tmp_path / CHECKED[name]
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cut short")
    found = hashlib.md5(b"cut short").hexdigest()
    told = rf"{name}: .*{path.name} was changed or cut short \(its MD5 is {found}, and that of its distributor's"
    with pytest.raises(DataError, match=told):
        load_data(DataConfig(name=name), tmp_path)
    assert path.read_bytes() == b"cut short"


def test_unpacked_files_are_compared_with_their_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, content = tmp_path / "MNIST" / "raw", b"images" * 1000
    raw.mkdir(parents=True)
    packed = gzip.compress(content)
    (raw / "train.gz").write_bytes(packed)
    monkeypatch.setattr(datasets.MNIST, "resources", [("train.gz", hashlib.md5(packed).hexdigest())])
    assert check_published("torchvision:MNIST", tmp_path)
    (raw / "train").write_bytes(content)
    assert check_published("torchvision:MNIST", tmp_path)
    (raw / "train").write_bytes(content[:-1])
    with pytest.raises(DataError, match=r"raw/train was changed or cut short \(it is not what train\.gz beside it"):
        check_published("torchvision:MNIST", tmp_path)


def test_what_is_there_and_right_is_not_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"batch")
    monkeypatch.setattr(datasets.CIFAR10, "base_folder", ".")
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [("a", hashlib.md5(b"batch").hexdigest())])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [])
    assert check_published("cifar10", tmp_path)
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [("b", "0")])
    assert not check_published("cifar10", tmp_path)
