"""Devices to compute on, their names and their memory.

Functions import torch when they are called, so that a program that only plans or schedules trainings starts without it.
"""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

BESIDE = 2**29
"""Bytes of a GPU that a process takes besides its tensors, about: CUDA's context and its kernels."""


def pick_device(name: "str | torch.device | None" = None) -> "torch.device":
    """Return the device of that name, else the first GPU, else the CPU. Raises ValueError where there is no such
    device."""
    import torch

    if not isinstance(name, str | torch.device | None):
        raise TypeError(f"a device is a name such as 'cuda:0', or a torch.device, not {name!r}")
    device = torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device {str(name)!r}: PyTorch sees no GPU here")
    if device.type == "cuda" and device.index is None:
        return torch.device("cuda", torch.cuda.current_device())  # as tensors say it: "cuda" is not equal to "cuda:0"
    return device


def send(values: "torch.Tensor", device: "torch.device") -> "torch.Tensor":
    """Send values to the device without waiting for it, for which values on the CPU must be pinned."""
    if values.device.type == "cpu" and device.type == "cuda":
        values = values.pin_memory()
    return values.to(device, non_blocking=True)


def hide_gpus() -> None:
    """Hide all GPUs from this process, which has not used one yet and computes on the CPU."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ""


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread of the CPU in the block. Several threads that share a busy core wait for each other, which
    makes many small operations many times slower."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def memory_bytes(device: "torch.device") -> int:
    """Total memory of the GPU, or of the machine, in bytes."""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def cap_memory(share: float) -> None:
    """Let this process take no more than a ``share`` of its GPU's memory, so that no process that shares the GPU
    starves. A share of 0 (no GPU), and of 1 or more, caps nothing."""
    import torch

    if 0 < share < 1 and torch.cuda.is_available():
        beside = BESIDE / memory_bytes(torch.device("cuda"))
        torch.cuda.set_per_process_memory_fraction(max(share - beside, 0.0))


def free_bytes(device: "torch.device") -> int:
    """Bytes of a GPU that this process may still take."""
    import torch

    free, whole = torch.cuda.mem_get_info(device)
    capped = torch.cuda.get_per_process_memory_fraction(device) * whole
    return int(min(free, capped - torch.cuda.memory_reserved(device)))


def forget_memory_peak() -> None:
    """Give back memory that no tensor uses any more, and count ``memory_peak`` from here."""
    import torch

    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def memory_peak(device: "torch.device") -> int:
    """Largest number of bytes of a GPU that this process has held at once; 0 for a CPU, where it is not known."""
    import torch

    return torch.cuda.max_memory_reserved(device) if device.type == "cuda" else 0


def hardware_name(device: "torch.device") -> str:
    """Name of the GPU or of the processor."""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
