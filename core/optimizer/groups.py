"""Groups of parameters with other settings than the optimiser's common ones."""

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Group:
    """A group of parameters, and what is different for it."""

    parameters: tuple[nn.Parameter, ...]
    rate: float = 1.0
    """Factor of the learning rate."""
    decay: float = 1.0
    """Factor of the weight decay; vectors have none in any case."""
    constant: bool = False
    """Whether the learning rate stays at its peak."""
    frozen_steps: int = 0
    """Number of steps at the beginning in which the group is not trained."""
    adapt: bool = True
    """Whether LARS adapts the steps of its matrices; those of vectors it never does."""
