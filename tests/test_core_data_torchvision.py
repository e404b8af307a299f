"""Data sets of torchvision: its own constructors are called with arguments that they have and values that they take."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from torchvision import datasets

from core import DataConfig, DataError, load_data
from core.data.catalog import ARCHIVES, BUILT_IN_AS, DATA_SETS, FILES, PREFIX
from core.data.sets.torchvision_sets import FORMS, download

CALLS = {
    "torchvision:SVHN": ("SVHN", {"split": "train"}),
    "torchvision:MNIST": ("MNIST", {"train": True}),
    "torchvision:FashionMNIST": ("FashionMNIST", {"train": True}),
    "torchvision:KMNIST": ("KMNIST", {"train": True}),
    "torchvision:USPS": ("USPS", {"train": True}),
    "torchvision:GTSRB": ("GTSRB", {"split": "train"}),
    "torchvision:Country211": ("Country211", {"split": "train"}),
    "torchvision:Imagenette": ("Imagenette", {"split": "train"}),
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
        load_data(DataConfig(name=name), tmp_path)
    if name.startswith(PREFIX):
        with pytest.raises(DataError, match="could not be downloaded"):
            download(name, tmp_path)
        form = FORMS[kind]
        with pytest.raises((OSError, RuntimeError)):
            getattr(datasets, kind)(tmp_path, **form.test, download=True)
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
        ("EuroSAT", r"make its images a folder <data_dir>/eurosat/<class>/\*, and write eurosat with data.split: 0.2"),
    ],
)
def test_other_names_of_torchvision_are_explained(kind: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=told):
        load_data(DataConfig(name=f"torchvision:{kind}"), tmp_path)
