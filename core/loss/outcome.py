"""Result of a loss function."""

from typing import NamedTuple

from torch import Tensor


class Outcome(NamedTuple):
    """The result of one step, scalars."""

    loss: Tensor
    statistics: dict[str, Tensor]
    """Numbers by the names of the configuration's ``measures``, without a gradient; percentages as shares from 0 to
    1."""
