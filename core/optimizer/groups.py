"""Parameters that do not follow the optimiser's common settings."""

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Group:
    """Some parameters and what is different for them."""

    parameters: tuple[nn.Parameter, ...]
    rate: float = 1.0
    """Multiplies the learning rate."""
    decay: float = 1.0
    """Multiplies the weight decay, where a parameter has any: vectors have none."""
    constant: bool = False
    """Whether the learning rate stays at its peak."""
    frozen_steps: int = 0
    """Steps at the beginning in which they are not trained."""
