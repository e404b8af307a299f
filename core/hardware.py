"""Which device to compute on, and what it is called."""

import os
import platform
from pathlib import Path

import torch

from core.cost import BESIDE


def pick_device(name: str | torch.device | None = None) -> torch.device:
    """The device of that name, else the first GPU, else the CPU. Raises ValueError where there is no such device."""
    device = torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device {str(name)!r}: PyTorch sees no GPU here")
    if device.type == "cuda" and device.index is None:
        return torch.device("cuda", torch.cuda.current_device())  # as tensors say it: "cuda" is not equal to "cuda:0"
    return device


def hide_gpus() -> None:
    """From a process that has not used one yet, and computes on the CPU since it was given none."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ""


def memory_bytes(device: torch.device) -> int:
    """All that the GPU, or the machine, has."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def cap_memory(share: float) -> None:
    """Let this process take no more than a ``share`` of its GPU's memory, so that none that shares the GPU starves.
    0, of no GPU, and 1 or more cap nothing."""
    if 0 < share < 1 and torch.cuda.is_available():
        beside = BESIDE / memory_bytes(torch.device("cuda"))
        torch.cuda.set_per_process_memory_fraction(max(share - beside, 0.0))


def free_bytes(device: torch.device) -> int:
    """Of a GPU, that this process may still take."""
    free, whole = torch.cuda.mem_get_info(device)
    capped = torch.cuda.get_per_process_memory_fraction(device) * whole
    return int(min(free, capped - torch.cuda.memory_reserved(device)))


def forget_memory_peak() -> None:
    """Give back what no tensor uses any more, and count ``memory_peak`` from here."""
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def memory_peak(device: torch.device) -> int:
    """Bytes that this process has taken of a GPU at most; 0 of a CPU, where it is not known."""
    return torch.cuda.max_memory_reserved(device) if device.type == "cuda" else 0


def hardware_name(device: torch.device) -> str:
    """For people: the GPU's or the processor's name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
