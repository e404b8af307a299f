"""How a study's result is drawn: one kind for each way in which the paper draws its own.

Every kind names the study's axes and the metrics of its trials. What is drawn is a mean over seeds with its spread;
axes that a kind does not name are averaged within each seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

TOP1 = "top1"
"""The top-1 accuracy of the protocol that a trial has: on ImageNet a linear classifier is trained by SGD, elsewhere it
is L-BFGS."""

Names = Literal["axis", "metric", "value", "label"]


@dataclass(frozen=True)
class Naming:
    """Marks a field that names something of the study, so that a study's own names can be checked.

    ``value`` is a value of the axis in the field ``axis``; ``label`` is a mapping whose keys name axes or metrics.
    """

    of: Names


Axis = Annotated[str, Field(min_length=1), Naming("axis")]
"""An axis of the study's grid."""
Metric = Annotated[str, Field(min_length=1), Naming("metric")]
"""A metric of trials, such as ``linear_eval/top1``."""


class Spec(BaseModel):
    """The base of the settings of all kinds."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    def named(self, of: Names) -> Iterator[tuple[tuple[str | int, ...], Any]]:
        """Each axis, metric, value or label that the settings name, after its place: the field, and the number or key
        within it."""
        for name, field in type(self).model_fields.items():
            if Naming(of) not in [*field.metadata, *_metadata(field.annotation)]:
                continue
            value = getattr(self, name)
            if isinstance(value, list):
                yield from (((name, number), one) for number, one in enumerate(value))
            elif isinstance(value, dict):
                yield from (((name, key), key) for key in value)
            elif value is not None:
                yield (name,), value


class HeatmapReport(Spec):
    """Two axes as rows and columns, with the row's mean as a last column. Figure 5."""

    kind: Literal["heatmap"] = "heatmap"
    rows: Axis
    """The axis of the rows."""
    columns: Axis
    """The axis of the columns."""
    row_label: str = ""
    """Written beside the rows; the axis' path where it is not given."""
    column_label: str = ""
    metric: Metric = TOP1


class PointsReport(Spec):
    """A metric over the values of one axis, with a line for each combination of the other axes."""

    kind: Literal["points"] = "points"
    x: Axis
    """The axis along the figure."""
    metric: Metric = TOP1


class BarsReport(Spec):
    """Bars in groups. Figures 8, 9, B.1, B.2, B.7 and B.8."""

    kind: Literal["bars"] = "bars"
    x: Axis
    """The axis of the groups."""
    series: Axis | None = None
    """The axis of the bars within a group."""
    panels: Axis | None = None
    """An axis with a panel for each of its values."""
    x_label: str = ""
    """Written under the groups; the axis' path where it is not given."""
    series_label: str = ""
    """The legend's title."""
    metric: Metric = TOP1


class SizesReport(Spec):
    """A metric over the encoder's size in millions of parameters, a point for each encoder. Figures 1 and 7."""

    kind: Literal["sizes"] = "sizes"
    series: Axis | None = None
    """The axis whose values have a marker and a colour of their own, and are joined by a line."""
    logarithmic: bool = False
    """Of the size."""
    metric: Metric = TOP1


class AgainstReport(Spec):
    """A metric of one value of an axis against that of others, a point for each combination of the other axes.
    Figures B.5 and B.6."""

    kind: Literal["against"] = "against"
    axis: Axis
    x: Annotated[Any, Naming("value")]
    """The value of the axis that is along the figure."""
    y: Annotated[list[Any], Field(min_length=1), Naming("value")]
    """The values with a panel each."""
    color: Axis | None = None
    """The axis that colours tell apart."""
    marker: Axis | None = None
    """The axis that markers tell apart."""
    joined: bool = False
    """Whether the points are joined in the order of the grid."""
    metric: Metric = TOP1


class TableReport(Spec):
    """A table: axes as rows, metrics or another axis as columns. Tables 1 and 3 to 8, and those of appendix B."""

    kind: Literal["table"] = "table"
    rows: Annotated[list[Axis], Field(min_length=1)]
    """Axes; each row is a combination of their values."""
    columns: Axis | None = None
    """An axis whose values are columns."""
    metrics: Annotated[list[Metric], Field(min_length=1)] = [TOP1]
    """Columns, or under each of the axis' values where that is given too."""
    best: Literal["column", "row"] = "column"
    """Among what the best is looked for and set bold: Tables 1 and 3 compare the numbers of a row."""
    labels: Annotated[dict[str, str], Naming("label")] = {}
    """What axes and metrics are called in the heading; their path or their usual name where it is not given."""

    @property
    def metric(self) -> str:
        """What claims are about where they do not say; the last column, as the paper's tables have the result."""
        return self.metrics[-1]


class PicturesReport(Spec):
    """What trials left to be looked at, such as an embedding, a panel for each. Figures 4, 6, B.3 and B.4."""

    kind: Literal["pictures"] = "pictures"
    panels: Axis | None = None
    """The axis whose values are panels; each is drawn of the first seed that finished."""
    metric: Metric = TOP1
    """That claims are about."""


def _metadata(annotation: Any) -> Iterator[Any]:
    """Everything that the parts of a type are annotated with."""
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _metadata(part)


def _with_kind(values: Any) -> Any:
    """A heatmap where no kind is given."""
    return {"kind": "heatmap", **values} if isinstance(values, dict) and "kind" not in values else values


Report = Annotated[
    HeatmapReport | PointsReport | BarsReport | SizesReport | AgainstReport | TableReport | PicturesReport,
    Field(discriminator="kind"),
    BeforeValidator(_with_kind),
]
