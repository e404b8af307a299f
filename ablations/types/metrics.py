"""The metrics that trials leave, by the protocol that finds them."""

import re
from collections.abc import Mapping

from ablations.types.wording import did_you_mean, quoted

NAMES = {
    "linear_eval": "top1|top5|mean_per_class|map_11|l2",
    "knn": "top1",
    "linear_sgd": "top1|top5",
    "finetune": "top1|top5",
    "finetune_transfer": "top1|mean_per_class|map_11|learning_rate|weight_decay",
    "classifier": "top1|top5",
    "transformation": "top1|chance",
    "retrieval": r"precision_at_\d+",
    "spectrum": "largest_tenth|effective_rank",
    "tsne": "silhouette|silhouette_representation",
    "example_views": "change",
    "colour_histograms": "same_image|distance_same|distance_other",
    "pretrain": "loss|contrastive_top1|entropy",
}
"""A pattern of the names under each prefix."""

_SCORED = ("linear_eval", "linear_sgd", "finetune", "finetune_transfer", "classifier", "transformation")
OWN: dict[str, list[str]] = {
    "top1": [f"{prefix}/top1" for prefix in _SCORED],
    "top5": [f"{prefix}/top5" for prefix in _SCORED],
    "score": [f"{prefix}/{name}" for name in ("map_11", "mean_per_class", "top1") for prefix in _SCORED],
}
"""Names for a metric of whichever protocol a trial has, so that trials of different protocols share a figure: the
first of these that it left. ``score`` is Table 8's: by the data set top-1, the mean per class or the 11-point mAP."""

SCORES = r"(.*/)?(top1|top5|mean_per_class|map_11|score|precision_at_\d+)"
"""Pattern of the metrics of which more is better."""


def value_of(metrics: Mapping[str, float], name: str) -> float | None:
    """The metric of that name, or of whichever protocol the trial has; None if the trial did not leave it."""
    return next((metrics[key] for key in (name, *OWN.get(name, ())) if key in metrics), None)


_PREFIXES = {"frozen": ("linear_eval", "knn")}


def prefixes_of(protocol: str) -> tuple[str, ...]:
    """The prefixes of the metrics that an evaluation protocol finds."""
    return _PREFIXES.get(protocol, (protocol,))


def known_metric(name: str) -> str:
    """The name itself. Raises ValueError if no trial leaves such a metric."""
    if name in OWN:
        return name
    prefix, slash, rest = name.partition("/")
    if prefix not in NAMES:
        known = [*OWN, *(f"{one}/" for one in NAMES)]
        raise ValueError(f"there is no metric {quoted(name)}; {did_you_mean(prefix + slash, known)}")
    if not re.fullmatch(NAMES[prefix], rest):
        known = [f"{prefix}/{one}" for one in NAMES[prefix].replace(r"\d+", "<k>").split("|")]
        raise ValueError(f"there is no metric {quoted(name)}; {did_you_mean(name, known)}")
    return name
