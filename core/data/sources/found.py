"""The content of a source: its images by split and class."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.data.catalog import NO_LABEL, Listing

TRAIN = "train"
TESTS = ("test", "val")
"""Names of the test split; the first that is there counts. ImageNet's labelled test images are ``val``."""
SPLIT_WORDS = {"train": TRAIN, "test": TESTS[0], "val": TESTS[1], "valid": TESTS[1], "validation": TESTS[1]}
"""Splits by the words that name them."""
WITHOUT_LABELS = ("unlabelled", "unlabeled")
"""Names of the split of the images that have no label."""
LABELS = ("label", "labels", "fine_label", "cls", "class")
"""Columns and fields of labels, the first that is there counts."""


@dataclass(frozen=True)
class Found:
    """The images of a source, which are listed and not yet read."""

    classes: tuple[str, ...]
    splits: Mapping[str, Listing]
    """Images by the name of their split; by ``""`` where the source has no split."""
    problems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Everything that is wrong with the list itself: what the places are with the remedy, and the places. No training
    can use such a source."""
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Places that are left out or slow, by their kind with the remedy."""
    channels: int | None = None
    """Number of channels of every image of arrays; None where every image is a picture, which is read as colours or
    gray."""

    def counts(self, split: str) -> dict[str, int]:
        """Return the number of images of each class of a split, those without a label as class ``""``."""
        found = Counter(label for _, label in self.splits[split])
        names = {name: found[number] for number, name in enumerate(self.classes) if found[number]}
        return names | ({"": found[NO_LABEL]} if found[NO_LABEL] else {})

    @property
    def is_split(self) -> bool:
        """Whether it says which images are for training."""
        return TRAIN in self.splits

    @property
    def test_name(self) -> str | None:
        """Name of the split that is for testing; None where there is none."""
        return next((name for name in TESTS if name in self.splits), None)


def class_names(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the names of all labels, each once, numbers in their order."""
    names = set(labels) - {""}
    return tuple(sorted(names, key=lambda name: (not name.isdecimal(), int(name) if name.isdecimal() else 0, name)))
