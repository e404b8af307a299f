"""LARS and L-BFGS without ``torch.compile``, which nothing here uses.

PyTorch marks some methods of an optimizer as not for ``torch.compile``. The first call of one imports torch._dynamo and
sympy for it, which takes 1.4 s of processor time in every process that trains.
"""

import sys

from torch.optim import Optimizer

MARKED = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")
"""The marked methods."""
KEPT = "__dynamo_disable"
"""Attribute in which PyTorch keeps what a marked method calls, from its first call on (seen in PyTorch 2.14)."""


def skip_dynamo() -> None:
    """Let the marked methods call themselves; does nothing in a process that has imported torch._dynamo."""
    if "torch._dynamo" in sys.modules:
        return
    for name in MARKED:
        method = getattr(getattr(Optimizer, name), "__wrapped__", None)
        if method is not None:
            vars(method).setdefault(KEPT, method)
