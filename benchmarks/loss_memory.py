"""Memory and time of NT-Xent: in tiles, as this project computes it, and with the whole matrix at once.

    python benchmarks/loss_memory.py              16,384 pairs, d = 128; the direct one takes 12 GiB
    python benchmarks/loss_memory.py --pairs 4096

Each runs in a process of its own, which reports its peak above what it held before. Loss and gradient are compared.
"""

import argparse
import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.loss.nt_xent import nt_xent

TEMPERATURE = 0.1


def direct(z: Tensor) -> Tensor:
    """Equation 1 over the 2N x 2N matrix."""
    logits = (z @ z.T / TEMPERATURE).fill_diagonal_(float("-inf"))
    batch = len(z) // 2
    return F.cross_entropy(logits, (torch.arange(2 * batch, device=z.device) + batch) % (2 * batch))


def tiled(z: Tensor) -> Tensor:
    return nt_xent(z, TEMPERATURE)


def measure(name: str, pairs: int, width: int, device: str) -> tuple[float, np.ndarray[Any, Any], float, float]:
    """Loss, gradient, seconds and GiB of one forward and backward pass."""
    z = F.normalize(torch.randn(2 * pairs, width, generator=torch.Generator().manual_seed(0)), dim=1)
    z = z.to(device).requires_grad_()
    compute = {"direct": direct, "in tiles": tiled}[name]
    compute(z[: 2 * (pairs // 64)]).backward()  # warms up
    z.grad = None
    before, start = _peak(device, reset=True), time.perf_counter()
    loss = compute(z)
    loss.backward()
    value = loss.item()
    assert z.grad is not None
    return value, z.grad.cpu().numpy(), time.perf_counter() - start, _peak(device) - before


def _peak(device: str, reset: bool = False) -> float:
    """GiB; what is held now where it is ``reset``."""
    if device != "cpu":
        if reset:
            torch.cuda.reset_peak_memory_stats()
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=16384)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    results = {}
    for name in ("in tiles", "direct"):
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            results[name] = pool.submit(measure, name, options.pairs, options.width, options.device).result()
        value, _, seconds, memory = results[name]
        print(f"{name:9s} loss {value:.6f}   {seconds:6.1f} s   {memory:6.2f} GiB above the inputs")
    (a, b), (c, d) = results["in tiles"][:2], results["direct"][:2]
    scale = abs(d).max()
    print(f"loss differs by {abs(a - c) / abs(c):.1e}, gradient by {abs(b - d).max() / scale:.1e} of its largest value")
    print(f"memory: {results['direct'][3] / results['in tiles'][3]:.0f} times smaller in tiles")


if __name__ == "__main__":
    main()
