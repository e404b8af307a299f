"""Whether MLflow still holds what the storage holds: anybody can edit a database."""

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ablations.tracking.content.limits import takes_name
from ablations.types.trial import Result

LARGEST = sys.float_info.max
"""The number that MLflow keeps in the place of infinity."""


@dataclass(frozen=True)
class Difference:
    """A value of a trial that is not the same in MLflow and in the storage."""

    trial_id: str
    name: str
    in_mlflow: object
    in_storage: object

    def __str__(self) -> str:
        values = f"is {self.in_mlflow} in MLflow and {self.in_storage} in the storage"
        return f"trial {self.trial_id}: {self.name} {values}, which is drawn; running the study again corrects MLflow"


def differences(result: Result, state: str, metrics: Mapping[str, float]) -> Iterator[Difference]:
    """The differences between a result and the state and the metrics of its run in MLflow."""
    if state != result.state:
        yield Difference(result.trial_id, "state", state, result.state)
    for name, value in result.metrics.items():
        if takes_name(name) and not _same(value, metrics.get(name)):
            yield Difference(result.trial_id, name, metrics.get(name, "not"), value)


def _same(one: float, other: float | None) -> bool:
    if other is None:
        return False
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return max(-LARGEST, min(LARGEST, one)) == max(-LARGEST, min(LARGEST, other))
