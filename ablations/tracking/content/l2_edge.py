"""Whether a linear evaluation chose an l2 weight at the edge of its grid: a better one may lie beyond."""

import math
from collections.abc import Mapping

from core.config import Frozen
from core.config.protocols import Protocol

L2 = "linear_eval/l2"
"""Metric: the l2 weight that a linear evaluation chose."""
FEWEST_L2 = 4


def l2_ends(score: Protocol) -> tuple[float, float] | None:
    """The ends of the grid from which an l2 weight is chosen; None if most of so few weights are ends."""
    return (score.l2_low, score.l2_high) if isinstance(score, Frozen) and score.l2_count >= FEWEST_L2 else None


def l2_warning(score: Protocol, metrics: Mapping[str, float]) -> str:
    """A sentence on what to set, if a result's l2 weight is at an end of its grid; else empty."""
    ends, chosen = l2_ends(score), metrics.get(L2)
    if ends is None or chosen is None:
        return ""
    sides = ("smallest", "l2_low", "below"), ("largest", "l2_high", "above")
    for end, (name, field, beyond) in zip(ends, sides, strict=True):
        if math.isclose(chosen, end, rel_tol=1e-6):
            return f"the chosen l2 weight is the {name} of its grid, {end:g}; set evaluate.{field} {beyond} it"
    return ""
