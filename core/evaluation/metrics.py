"""How a classifier's logits are scored: the metrics of Table 8's twelve data sets."""

from torch import Tensor

from core.config.protocol import Metric
from core.data.dataset import Dataset
from core.data.transfer import check_metric
from core.trained.accuracy import mean_average_precision, mean_per_class, top_k


def metric_for(wanted: Metric | None, data: Dataset) -> Metric:
    """The one that is wanted, else the data set's own, else that of such labels. Raises ``DataError`` where what is
    wanted is for labels of the other kind."""
    metric = wanted or data.metric or ("map_11" if data.test.multi_label else "top1")
    check_metric(metric, data.name, data.test.multi_label)
    return metric


def measure(logits: Tensor, labels: Tensor, metric: Metric) -> float:
    """logits (N, classes), labels (N,), or (N, classes) as in ``Split.labels`` where an image has several."""
    match metric:
        case "top1":
            return top_k(logits, labels, 1)
        case "mean_per_class":
            return mean_per_class(logits, labels)
        case "map_11":
            return mean_average_precision(logits, labels)
