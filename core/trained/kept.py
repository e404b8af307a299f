"""Representations that further evaluations of an encoder will ask for, kept from a pass over the images."""

from collections.abc import Collection
from dataclasses import dataclass, field

from torch import Tensor

from core.config.protocols.base import Representation
from core.data.dataset import Split


@dataclass
class Kept:
    """Features in the computer's memory, by split and representation."""

    wanted: tuple[Representation, ...] = ()
    """Representations that the next pass computes besides the one that is asked for."""
    _features: dict[tuple[int, Representation], Tensor] = field(default_factory=dict)
    _splits: dict[int, Split] = field(default_factory=dict)
    """The splits that features are of, so that no other split gets the number of one of them."""

    def expect(self, now: Representation, later: Collection[Representation]) -> None:
        """Say what is evaluated now and later. All else is forgotten."""
        self.wanted = tuple(dict.fromkeys(each for each in later if each != now))
        self._features = {key: value for key, value in self._features.items() if key[1] in (now, *self.wanted)}
        left = {number for number, _ in self._features}
        self._splits = {number: split for number, split in self._splits.items() if number in left}

    def get(self, split: Split, representation: Representation) -> Tensor | None:
        """Return features (N, d) on the CPU; None where they were not kept."""
        return self._features.get((id(split), representation))

    def add(self, split: Split, representation: Representation, features: Tensor) -> None:
        """Keep features (N, d)."""
        self._splits[id(split)] = split
        self._features[id(split), representation] = features.cpu()
