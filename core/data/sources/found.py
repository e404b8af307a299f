"""What a source has: its images by split and class."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.data.catalog import NO_LABEL, Listing

TRAIN = "train"
TESTS = ("test", "val")
"""Names of the test split; the first that is there counts. ImageNet's labelled test images are ``val``."""


@dataclass(frozen=True)
class Found:
    """The images of a source, which are listed and not yet read."""

    classes: tuple[str, ...]
    splits: Mapping[str, Listing]
    """Images by the name of their split; by ``""`` where the source has no split."""
    problems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Everything that is wrong with the list itself: what the places are with the remedy, and the places. No training
    can use such a source."""

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
