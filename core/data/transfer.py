"""The twelve data sets of Table 8 (appendix B.8): the paper's names, splits and metrics. Needs no torch."""

from dataclasses import dataclass

from core.config.metrics import METRICS, Metric
from core.errors import DataError


@dataclass(frozen=True)
class TransferSet:
    """A column of Table 8."""

    title: str
    """Name in the paper."""
    metric: Metric
    """Metric in the paper."""
    train: tuple[str, ...]
    """Names of the splits that the final classifier is trained on. Appendix B.8 chooses hyper-parameters on a
    validation set, then trains on training and validation images."""
    test: str
    """Name of the split that is scored."""


TABLE_8 = {
    "food101": TransferSet("Food", "top1", ("train",), "test"),
    "cifar10": TransferSet("CIFAR10", "top1", ("train",), "test"),
    "cifar100": TransferSet("CIFAR100", "top1", ("train",), "test"),
    "birdsnap": TransferSet("Birdsnap", "top1", ("train",), "test"),
    "sun397": TransferSet("SUN397", "top1", ("Training_01",), "Testing_01"),
    "cars": TransferSet("Cars", "top1", ("train",), "test"),
    "aircraft": TransferSet("Aircraft", "mean_per_class", ("trainval",), "test"),
    "voc2007": TransferSet("VOC2007", "map_11", ("trainval",), "test"),
    "dtd": TransferSet("DTD", "top1", ("train", "val"), "test"),
    "pets": TransferSet("Pets", "mean_per_class", ("trainval",), "test"),
    "caltech101": TransferSet("Caltech-101", "mean_per_class", ("train",), "test"),
    "flowers102": TransferSet("Flowers", "mean_per_class", ("train", "val"), "test"),
}
"""Data sets of Table 8 by their names in ``DataConfig``, in the order of the paper's columns. ``birdsnap`` is an image
folder. SUN397 and DTD come with ten splits each, of which the paper takes the first. Caltech-101 comes with none; its
training images are 30 of each class, drawn here once and for all."""


def table_8_metric(name: str) -> Metric | None:
    """Return the metric of Table 8; None for a data set that is not in it."""
    return TABLE_8[name].metric if name in TABLE_8 else None


def check_metric(metric: Metric, name: str, multi_label: bool) -> None:
    """Raise ``DataError`` where the metric is for images with several labels and these have one, or the reverse."""
    if METRICS[metric].several_labels != multi_label:
        labels = "several labels" if multi_label else "one label"
        fit = " or ".join(name for name in METRICS if METRICS[name].several_labels == multi_label)
        raise DataError(f"evaluate.metric is {metric}, but an image of {name} has {labels}; take {fit}, or none")
