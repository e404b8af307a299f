"""Result of a loss function."""

from typing import NamedTuple

from torch import Tensor


class Outcome(NamedTuple):
    """The result of one step, scalars."""

    loss: Tensor
    statistics: dict[str, Tensor]
    """Values of the configuration's ``measures`` by name, scalars without a gradient. A percentage is a share from 0 to
    1 here."""
