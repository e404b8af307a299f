"""Views of an image that share some of their random draws."""

from collections.abc import Collection, Sequence

import torch
from torch import Tensor

from core.augment.policy import apply, as_float
from core.canvas import Canvas
from core.config.operations import Operations
from core.config.policies import PolicyConfig
from core.resample import resize

States = Sequence[Tensor]
"""State of a generator before each operation."""


def query_and_keys(
    images: Tensor | Canvas,
    policy: PolicyConfig,
    groups: Sequence[Collection[str]],
    generator: torch.Generator,
    size: int | None = None,
) -> tuple[Tensor, ...]:
    """Return a query view (N, C, size, size) of every image and one key view for each of ``groups``, made as the first
    branch of a policy makes them.

    A key's operations of the kinds in its group have the parameters that the query's have; all others are drawn anew.
    """
    operations = policy.branches().first_branch
    query, states = _view(images, operations, (), (), generator, size)
    return query, *(_view(images, operations, kinds, states, generator, size)[0] for kinds in groups)


def _view(
    images: Tensor | Canvas,
    operations: Operations,
    repeated: Collection[str],
    states: States,
    generator: torch.Generator,
    size: int | None,
) -> tuple[Tensor, States]:
    """Return a view, and the generator's states before its operations. Operations whose kind is ``repeated`` begin with
    the given states."""
    view, before = as_float(images), []
    for number, operation in enumerate(operations):
        before.append(generator.get_state())
        if operation.kind in repeated:
            generator.set_state(states[number])
        view = apply(operation, view, generator, size)
        if operation.kind in repeated:
            generator.set_state(before[-1])
    return resize(view, size), before
