"""The metrics that trials leave, by the protocol that finds them."""

import re
from collections.abc import Mapping

from ablations.types.wording import did_you_mean, quoted
from core.config import METHODS, PROTOCOLS
from core.history import KNN

HIGHEST_FIRST = ("map_11", "mean_per_class", "top1")
"""Metrics that may be Table 8's, the one that a trial has beside top-1 first."""

VALIDATION = "validation"
"""Name, after a protocol's prefix, of a score on held-out training images. Tuned values are chosen by it."""


def value_of(metrics: Mapping[str, float], name: str) -> float | None:
    """The metric of that name, or of whichever protocol the trial has; None if the trial did not leave it."""
    return next((metrics[key] for key in (name, *own().get(name, ())) if key in metrics), None)


def names() -> dict[str, str]:
    """A pattern of the names under each prefix: the measures of all protocols and methods that are registered."""
    training = [f"pretrain/{name}" for name in ("loss", *_measured(), KNN)]
    found: dict[str, list[str]] = {}
    for name in (*(measure.name for protocol in PROTOCOLS for measure in protocol.measures()), *training):
        prefix, _, rest = name.partition("/")
        found.setdefault(prefix, []).append(rest)
    return {prefix: "|".join(dict.fromkeys(rest)) for prefix, rest in found.items()}


def labels() -> dict[str, str]:
    """The label of each measure of all protocols and methods that are registered, by its name, which may be a pattern.

    Methods share names, such as ``pretrain/entropy``; the label is that of the first.
    """
    measures = [(measure.name, measure) for protocol in PROTOCOLS for measure in protocol.measures()]
    measures += [(f"pretrain/{measure.name}", measure) for method in METHODS for measure in method.measures]
    return {name: measure.label for name, measure in reversed(measures)}


def own() -> dict[str, list[str]]:
    """Names that stand for a metric of the protocol that a trial has, so that trials of different protocols share a
    figure: the first of the listed metrics that the trial left.

    ``score`` is Table 8's: top-1, the mean per class or the 11-point mAP, depending on the data set.
    """
    mains = [protocol.measures()[0].name.partition("/") for protocol in PROTOCOLS]
    scored = [prefix for prefix, _, name in mains if name == "top1"]
    return {
        "top1": [f"{prefix}/top1" for prefix in scored],
        "top5": [f"{prefix}/top5" for prefix in scored],
        "score": [f"{prefix}/{name}" for name in HIGHEST_FIRST for prefix in scored],
    }


def _measured() -> list[str]:
    return list(dict.fromkeys(measure.name for method in METHODS for measure in method.measures))


def prefixes_of(protocol: str) -> set[str]:
    """The prefixes of the metrics that an evaluation protocol finds."""
    measures = (one.measures() for one in PROTOCOLS if one.model_fields["protocol"].default == protocol)
    return {measure.name.partition("/")[0] for found in measures for measure in found}


def validation_of(protocol: str) -> str | None:
    """The validation score that an evaluation protocol finds; None if it has none."""
    return next((f"{prefix}/{VALIDATION}" for prefix in prefixes_of(protocol) if _is_found(prefix, VALIDATION)), None)


def with_validation() -> list[str]:
    """The evaluation protocols that find a validation score."""
    protocols = [one.model_fields["protocol"].default for one in PROTOCOLS]
    return [protocol for protocol in protocols if validation_of(protocol)]


def _is_found(prefix: str, name: str) -> bool:
    return bool(re.fullmatch(names()[prefix], name))


def known_metric(name: str) -> str:
    """The name itself. Raises ValueError if no trial leaves such a metric."""
    if name in own():
        return name
    patterns = names()
    prefix, slash, rest = name.partition("/")
    if prefix not in patterns:
        known = [*own(), *(f"{one}/" for one in patterns)]
        raise ValueError(f"there is no metric {quoted(name)}; {did_you_mean(prefix + slash, known)}")
    if not re.fullmatch(patterns[prefix], rest):
        known = [f"{prefix}/{one}" for one in patterns[prefix].replace(r"\d+", "<k>").split("|")]
        raise ValueError(f"there is no metric {quoted(name)}; {did_you_mean(name, known)}")
    return name
