"""Metrics of a classifier's logits: those of Table 8's twelve data sets, and every other that is registered."""

from torch import Tensor

from core.config.metrics import METRICS, Metric
from core.config.registry import imported
from core.data.dataset import Dataset
from core.data.transfer import check_metric


def metric_for(wanted: Metric | None, data: Dataset) -> Metric:
    """Choose the metric: the one that is wanted, else the data set's own, else the usual one for its labels. Raises
    ``DataError`` where the wanted one is for the other kind of labels."""
    metric = wanted or data.metric or ("map_11" if data.test.multi_label else "top1")
    check_metric(metric, data.name, data.test.multi_label)
    return metric


def measure(logits: Tensor, labels: Tensor, metric: Metric) -> float:
    """Compute a metric of logits (N, classes) and labels (N,), or (N, classes) as in ``Split.labels`` where an image
    has several."""
    score: float = imported(METRICS[metric].code)(logits, labels)
    return score
