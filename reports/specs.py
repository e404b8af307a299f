"""How a study's result is drawn: one kind for each way in which the paper draws its own.

Every kind names the study's axes and the metrics of its trials. What is drawn is a mean over seeds with its spread;
axes that a kind does not name are averaged within each seed.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from reports.kinds import AnyKind, Axis, Metric, Naming, Spec, figure_kind

TOP1 = "top1"
"""The top-1 accuracy of the protocol that a trial has: on ImageNet a linear classifier is trained by SGD, elsewhere it
is L-BFGS."""


@figure_kind("reports.figures.heatmap:draw_heatmap")
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


@figure_kind("reports.figures.points:draw_points")
class PointsReport(Spec):
    """A metric over the values of one axis, with a line for each combination of the other axes."""

    kind: Literal["points"] = "points"
    x: Axis
    """The axis along the figure."""
    metric: Metric = TOP1


@figure_kind("reports.figures.effects:draw_effects")
class EffectsReport(Spec):
    """What each value of an axis changes: its difference from one of them, the largest loss first. The figure of an
    ablation that leaves out one thing at a time."""

    kind: Literal["effects"] = "effects"
    axis: Axis
    """The axis whose values are compared."""
    reference: Annotated[Any, Naming("value")] = "nothing"
    """The value that the others are compared with; where one thing is left out at a time, ``nothing`` is the whole."""
    metric: Metric = TOP1


@figure_kind("reports.figures.bars:draw_bars")
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


@figure_kind("reports.figures.sizes:draw_sizes")
class SizesReport(Spec):
    """A metric over the encoder's size in millions of parameters, a point for each encoder. Figures 1 and 7."""

    kind: Literal["sizes"] = "sizes"
    series: Axis | None = None
    """The axis whose values have a marker and a colour of their own, and are joined by a line."""
    logarithmic: bool = False
    """Of the size."""
    metric: Metric = TOP1


@figure_kind("reports.figures.against:draw_against")
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


@figure_kind("reports.figures.table:draw_table")
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


@figure_kind("reports.figures.pictures.draw:draw_pictures")
class PicturesReport(Spec):
    """What trials left to be looked at, such as an embedding, a panel for each. Figures 4, 6, B.3 and B.4."""

    kind: Literal["pictures"] = "pictures"
    panels: Axis | None = None
    """The axis whose values are panels; each is drawn of the first seed that finished."""
    metric: Metric = TOP1
    """That claims are about."""


Report = Annotated[Spec, AnyKind()]
"""How a study is drawn: settings of any kind; a heatmap where no kind is named."""
