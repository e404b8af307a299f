"""How a classifier's logits are scored: the metrics of Table 8's twelve data sets."""

from torch import Tensor

from core.config.metrics import METRICS, Metric
from core.config.registry import imported
from core.data.dataset import Dataset
from core.data.transfer import check_metric


def metric_for(wanted: Metric | None, data: Dataset) -> Metric:
    """The one that is wanted, else the data set's own, else that of such labels. Raises ``DataError`` where what is
    wanted is for labels of the other kind."""
    metric = wanted or data.metric or ("map_11" if data.test.multi_label else "top1")
    check_metric(metric, data.name, data.test.multi_label)
    return metric


def measure(logits: Tensor, labels: Tensor, metric: Metric) -> float:
    """The metric of logits (N, classes) and labels (N,), or (N, classes) as in ``Split.labels`` where an image has
    several."""
    score: float = imported(METRICS[metric].code)(logits, labels)
    return score
