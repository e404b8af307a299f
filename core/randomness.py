"""Randomness as a function of (seed, purpose, step) instead of a running state.

A draw does not depend on earlier draws, so that a run that was interrupted and continued sees the same numbers as one
that was not.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def generator(seed: int, purpose: str, step: int = 0, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a generator on ``device`` that is the same for the same (seed, purpose, step)."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{step}".encode(), digest_size=8).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest, "little") >> 1)


@contextmanager
def seeded(draws: torch.Generator) -> Iterator[None]:
    """Seed torch's global generator for the block, for modules that are initialised from it. Afterwards all global
    generators are as before."""
    with torch.random.fork_rng(devices=[]):
        # torch.manual_seed would seed the generators of all GPUs as well
        torch.default_generator.manual_seed(draws.initial_seed())
        yield
