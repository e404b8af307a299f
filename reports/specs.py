"""How a study's result is drawn: one kind for each way in which the paper draws its own.

Every kind names the study's axes and the metrics of its trials. What is drawn is a mean over seeds with its spread;
axes that a kind does not name are averaged within each seed.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

TOP1 = "top1"
"""Of whichever protocol a trial has: on ImageNet a linear classifier is trained by SGD, elsewhere it is L-BFGS."""

Name = Annotated[str, Field(min_length=1)]
"""Of an axis, or of a metric, such as ``linear_eval/top1``."""
Names = Annotated[list[Name], Field(min_length=1)]


class Spec(BaseModel):
    """What all kinds have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class HeatmapReport(Spec):
    """Two axes as rows and columns, with the row's mean as a last column. Figure 5."""

    kind: Literal["heatmap"] = "heatmap"
    rows: Name
    """The axis of the rows."""
    columns: Name
    """The axis of the columns."""
    row_label: str = ""
    """Written beside the rows; the axis' path where it is not given."""
    column_label: str = ""
    metric: Name = TOP1


class PointsReport(Spec):
    """A metric over the values of one axis, with a line for each combination of the other axes."""

    kind: Literal["points"] = "points"
    x: Name
    """The axis along the figure."""
    metric: Name = TOP1


class BarsReport(Spec):
    """Bars in groups. Figures 8, 9, B.1, B.2, B.7 and B.8."""

    kind: Literal["bars"] = "bars"
    x: Name
    """The axis of the groups."""
    series: Name | None = None
    """The axis of the bars within a group."""
    panels: Name | None = None
    """An axis with a panel for each of its values."""
    x_label: str = ""
    """Written under the groups; the axis' path where it is not given."""
    series_label: str = ""
    """The legend's title."""
    metric: Name = TOP1


class SizesReport(Spec):
    """A metric over the encoder's size in millions of parameters, a point for each encoder. Figures 1 and 7."""

    kind: Literal["sizes"] = "sizes"
    series: Name | None = None
    """The axis whose values have a marker and a colour of their own, and are joined by a line."""
    logarithmic: bool = False
    """Of the size."""
    metric: Name = TOP1


class AgainstReport(Spec):
    """A metric of one value of an axis against that of others, a point for each combination of the other axes.
    Figures B.5 and B.6."""

    kind: Literal["against"] = "against"
    axis: Name
    x: Any
    """The value of the axis that is along the figure."""
    y: Annotated[list[Any], Field(min_length=1)]
    """The values with a panel each."""
    color: Name | None = None
    """The axis that colours tell apart."""
    marker: Name | None = None
    """The axis that markers tell apart."""
    joined: bool = False
    """Whether the points are joined in the order of the grid."""
    metric: Name = TOP1


class TableReport(Spec):
    """A table: axes as rows, metrics or another axis as columns. Tables 1 and 3 to 8, and those of appendix B."""

    kind: Literal["table"] = "table"
    rows: Names
    """Axes; each row is a combination of their values."""
    columns: Name | None = None
    """An axis whose values are columns."""
    metrics: Names = [TOP1]
    """Columns, or under each of the axis' values where that is given too."""
    best: Literal["column", "row"] = "column"
    """Among what the best is looked for and set bold: Tables 1 and 3 compare the numbers of a row."""
    labels: dict[str, str] = {}
    """What axes and metrics are called in the heading; their path or their usual name where it is not given."""

    @property
    def metric(self) -> str:
        """What claims are about where they do not say; the last column, as the paper's tables have the result."""
        return self.metrics[-1]


class PicturesReport(Spec):
    """What trials left to be looked at, such as an embedding, a panel for each. Figures 4, 6, B.3 and B.4."""

    kind: Literal["pictures"] = "pictures"
    panels: Name | None = None
    """The axis whose values are panels; each is drawn of the first seed that finished."""
    metric: Name = TOP1
    """That claims are about."""


def _with_kind(values: Any) -> Any:
    """A heatmap where no kind is given."""
    return {"kind": "heatmap", **values} if isinstance(values, dict) and "kind" not in values else values


Report = Annotated[
    HeatmapReport | PointsReport | BarsReport | SizesReport | AgainstReport | TableReport | PicturesReport,
    Field(discriminator="kind"),
    BeforeValidator(_with_kind),
]
