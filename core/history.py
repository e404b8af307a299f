"""Record of each epoch of a training. Needs no torch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from core.config.measures import Measure

VERSION = 2
"""Version of an epoch's JSON form. In version 1 the metrics ``loss``, ``contrastive_top1``, ``entropy`` and
``knn_top1`` were fields like the others, and a supervised training's accuracy was called ``contrastive_top1`` too."""
VERSION_1_METRICS = ("loss", "contrastive_top1", "entropy", "knn_top1")
KNN = "knn_top1"


@dataclass(frozen=True)
class Epoch:
    """One epoch of a training."""

    epoch: int
    """Number of the epoch, counted from 1."""
    metrics: Mapping[str, float]
    """Means over the epoch's steps by name: ``loss``, and the ``measures`` of the method's configuration. Besides,
    ``knn_top1`` (see ``core.trained.training_knn``) where it was asked for after this epoch."""
    learning_rate: float
    """Learning rate of the last step."""
    images_per_second: float
    """Training images per second, from the epoch's first step to its last."""
    time: float
    """Time at which the epoch ended, in seconds since 1970."""

    @property
    def loss(self) -> float:
        """Mean loss."""
        return self.metrics["loss"]

    @property
    def knn_top1(self) -> float | None:
        """Accuracy of nearest neighbours in percent; None where it was not asked for."""
        return self.metrics.get(KNN)

    def numbers(self) -> dict[str, Any]:
        """Return all numbers of the epoch by name, in one mapping."""
        values = self.to_json()
        del values["version"]
        return {"epoch": values.pop("epoch"), **values.pop("metrics"), **values}

    def judged(self, knn_top1: float) -> Self:
        """Return the same epoch with its ``knn_top1``."""
        return replace(self, metrics={**self.metrics, KNN: knn_top1})

    def to_json(self) -> dict[str, Any]:
        """Return plain values, with their version."""
        return {
            "version": VERSION,
            "epoch": self.epoch,
            "metrics": dict(self.metrics),
            "learning_rate": self.learning_rate,
            "images_per_second": self.images_per_second,
            "time": self.time,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], top1: str = "contrastive_top1") -> Self:
        """Return an epoch from its plain values, of this version or an older one.

        ``top1`` is the training's own name for what version 1 always called ``contrastive_top1``. Raises ``TypeError``
        where the values are not those of an epoch.
        """
        values = dict(values)
        if values.pop("version", 1) == 1:
            metrics = {name: values.pop(name, None) for name in VERSION_1_METRICS}
            metrics[top1] = metrics.pop("contrastive_top1")
            values["metrics"] = {name: value for name, value in metrics.items() if value is not None}
        return cls(**values)


def history_from_json(values: Iterable[Mapping[str, Any]], measures: Iterable[Measure]) -> list[Epoch]:
    """Return the epochs of a training whose method has these measures."""
    top1 = next((measure.name for measure in measures if measure.name.endswith("top1")), "contrastive_top1")
    return [Epoch.from_json(each, top1) for each in values]
