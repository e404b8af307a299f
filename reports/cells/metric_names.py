"""Labels and units of metrics."""

import re
from collections.abc import Iterable, Mapping

from reports.cells.names import signed

KNN_AT = "knn/top1_at_"
"""The beginning of the names of nearest-neighbour accuracies, one for each k."""
METRIC_LABELS = {
    "linear_eval/top1": "linear evaluation, top-1 (%)",
    "linear_eval/top5": "linear evaluation, top-5 (%)",
    "linear_eval/mean_per_class": "linear evaluation, mean per class (%)",
    "linear_eval/map_11": "linear evaluation, 11-point mAP (%)",
    "linear_eval/validation": "linear evaluation, on held-out training images (%)",
    "top1": "top-1 (%)",
    "top5": "top-5 (%)",
    "score": "Table 8's metric (%)",
    "knn/top1": "k-nearest neighbours, top-1 (%)",
    "linear_sgd/top1": "linear evaluation by SGD, top-1 (%)",
    "linear_sgd/top5": "linear evaluation by SGD, top-5 (%)",
    "finetune/top1": "fine-tuned, top-1 (%)",
    "finetune/top5": "fine-tuned, top-5 (%)",
    "classifier/top1": "supervised, top-1 (%)",
    "classifier/top5": "supervised, top-5 (%)",
    "transformation/top1": "transformation predicted (%)",
    "tsne/silhouette": "silhouette in the embedding (ours)",
    "tsne/silhouette_representation": "silhouette in the representation (ours)",
    "spectrum/largest_tenth": "largest tenth of the eigenvalues (% of their sum, ours)",
    "spectrum/effective_rank": "effective rank (ours)",
    "example_views/change": "change of a pixel by the augmentations (% of its range, ours)",
    "colour_histograms/same_image": "crops told by their histogram (%, ours)",
    "colour_histograms/distance_same": "distance of histograms, one image (%, ours)",
    "colour_histograms/distance_other": "distance of histograms, two images (%, ours)",
    "pretrain/loss": "loss",
    "pretrain/knn_top1": "online nearest neighbours, top-1 (%)",
    "pretrain/entropy": "entropy of the contrastive distribution (nats)",
    "pretrain/contrastive_top1": "contrastive accuracy (%)",
}
"""Labels of metrics by name; ``add_labels`` adds further ones."""

RANKED = re.compile(r"top1|top5|score|mean_per_class|map_11|validation|top1_at_\d+|precision_at_\d+")
"""Pattern of the last parts of the names of metrics that are better when higher; other metrics, such as an entropy,
have no best."""


def is_ranked(metric: str) -> bool:
    """Whether a metric is better when it is higher."""
    return bool(RANKED.fullmatch(metric.rsplit("/", 1)[-1])) and not metric.startswith("pretrain/")


def add_labels(labels: Mapping[str, str]) -> None:
    """Add labels by name. A name may be a pattern such as ``retrieval/precision_at_\\d+``. Known names keep their
    labels."""
    for name, label in labels.items():
        METRIC_LABELS.setdefault(name, label)


def labels_of(metrics: Iterable[str]) -> dict[str, str]:
    """The labels of those metrics that have one, by name, as ``add_labels`` takes them."""
    found = {re.escape(metric): _known_label(metric) for metric in sorted(metrics)}
    return {name: label for name, label in found.items() if label is not None}


def label_of(metric: str) -> str:
    """The label of a metric, with its unit in parentheses; the metric's name if it has no label."""
    if metric.startswith(KNN_AT):
        return f"k-nearest neighbours, k = {metric.removeprefix(KNN_AT)}, top-1 (%)"
    return _known_label(metric) or metric


def unit_of(metric: str) -> str:
    """The unit of a difference: ``points`` for a percentage, ``nats``, or an empty text. A metric without a label
    counts as a percentage."""
    label = _known_label(metric)
    if label is None or "%" in label:
        return "points"
    return "nats" if "(nats)" in label else ""


def _known_label(metric: str) -> str | None:
    if metric in METRIC_LABELS:
        return METRIC_LABELS[metric]
    return next((label for name, label in METRIC_LABELS.items() if re.fullmatch(name, metric)), None)


def difference(value: float, metric: str) -> str:
    """A difference with its sign and unit: ``+3.1 points``, ``-0.2 nats``."""
    return f"{signed(value)} {unit_of(metric)}".rstrip()
