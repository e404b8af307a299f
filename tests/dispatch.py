"""Dispatch modes, which see every operation that PyTorch runs inside their block."""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Mode(TorchDispatchMode):
    """Calls ``see`` after each operation, with its name, its arguments and its result."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def see(self, function: Callable[..., Any], arguments: object, result: object) -> None:
        raise NotImplementedError

    def __torch_dispatch__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = function(*args, **(kwargs or {}))
        self.see(function, (args, kwargs), result)
        return result


class NoReadback(Mode):
    """Fails where a value is read back from the device into Python."""

    def see(self, function: Callable[..., Any], arguments: object, result: object) -> None:
        assert function is not torch.ops.aten._local_scalar_dense.default, "the loop waits for the device"
