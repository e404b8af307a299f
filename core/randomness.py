"""Randomness as a function of (seed, purpose, step) rather than a running state.

A draw does not depend on what was drawn before it, so a run that was interrupted and continued sees the
same numbers as one that was not.
"""

import hashlib

import torch


def generator(seed: int, purpose: str, step: int = 0, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator on ``device`` that is the same for the same (seed, purpose, step)."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{step}".encode(), digest_size=8).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest, "little") >> 1)
