"""The metrics that trials leave, by the protocol that finds them."""

import re

from core.config import METHODS, PROTOCOLS
from core.history import KNN

HIGHEST_FIRST = ("map_11", "mean_per_class", "top1")
"""Metrics that may be Table 8's, the one that a trial has beside top-1 first."""


def names() -> dict[str, str]:
    """A pattern of the names under each prefix: the measures of all protocols and methods that are registered."""
    training = [f"pretrain/{name}" for name in ("loss", *_measured(), KNN)]
    found: dict[str, list[str]] = {}
    for name in (*(measure.name for protocol in PROTOCOLS for measure in protocol.measures()), *training):
        prefix, _, rest = name.partition("/")
        found.setdefault(prefix, []).append(rest)
    return {prefix: "|".join(dict.fromkeys(rest)) for prefix, rest in found.items()}


def own() -> dict[str, list[str]]:
    """Names for a metric of whichever protocol a trial has, so that trials of different protocols share a figure: the
    first of these that it left. ``score`` is Table 8's: by the data set top-1, the mean per class or the 11-point
    mAP."""
    mains = [protocol.measures()[0].name.partition("/") for protocol in PROTOCOLS]
    scored = [prefix for prefix, _, name in mains if name == "top1"]
    return {
        "top1": [f"{prefix}/top1" for prefix in scored],
        "top5": [f"{prefix}/top5" for prefix in scored],
        "score": [f"{prefix}/{name}" for name in HIGHEST_FIRST for prefix in scored],
    }


def _measured() -> list[str]:
    return list(dict.fromkeys(measure.name for method in METHODS for measure in method.measures))


def known_metric(name: str) -> str:
    """The name itself. Raises ValueError where no trial leaves such a metric."""
    if name in own():
        return name
    known = names()
    prefix, _, rest = name.partition("/")
    if prefix not in known:
        begins = ", ".join(f"{prefix}/" for prefix in known)
        raise ValueError(f"there is no metric {name!r}; metrics are {', '.join(own())}, or begin with {begins}")
    if not re.fullmatch(known[prefix], rest):
        listed = known[prefix].replace("|", ", ").replace(r"\d+", "<k>")
        raise ValueError(f"there is no metric {name!r}; of {prefix} there are {listed}")
    return name
