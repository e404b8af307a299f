"""Metrics by which a classifier's logits are scored."""

from dataclasses import dataclass
from typing import Annotated

from core.config.names import Names
from core.config.registry import Code


@dataclass(frozen=True)
class MetricInfo:
    """Label and code of a metric."""

    label: str
    """Name in figures and tables, with its unit: ``top-1 (%)``."""
    code: Code
    """Function ``(logits, labels) -> float`` of logits (N, classes), higher being better. Labels are (N,), or, where an
    image has several, (N, classes) as in ``core.data.dataset.Split``."""
    several_labels: bool = False
    """Whether it is for images with several labels."""


METRICS: Names[MetricInfo] = Names("metric")
"""Metrics of Table 8, all in percent."""
METRICS.register("top1", MetricInfo("top-1 (%)", "core.trained.accuracy:top_1"))
METRICS.register("mean_per_class", MetricInfo("mean per class (%)", "core.trained.accuracy:mean_per_class"))
METRICS.register("map_11", MetricInfo("11-point mAP (%)", "core.trained.accuracy:mean_average_precision", True))

Metric = Annotated[str, METRICS]
"""Name of a metric. Table 8: top-1; the mean of each class's top-1; the 11-point mean average precision."""
