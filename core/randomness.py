"""Randomness as a function of (seed, purpose, step) instead of a running state.

A draw does not depend on earlier draws, so that a run that was interrupted and continued sees the same numbers as one
that was not.
"""

import hashlib

import torch


def generator(seed: int, purpose: str, step: int = 0, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a generator on ``device`` that is the same for the same (seed, purpose, step)."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{step}".encode(), digest_size=8).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest, "little") >> 1)
