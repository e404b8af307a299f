"""The settings of each figure kind; there is one kind for each form of figure or table in the paper.

Every kind names axes of the study and metrics of its trials. Figures show means over seeds with their spread. Axes
that a kind does not name are averaged within each seed.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from reports.kinds import AnyKind, Axis, Metric, Naming, Spec, figure_kind

TOP1 = "top1"
"""The top-1 accuracy by the protocol of a trial: a linear classifier, trained by SGD on ImageNet and by L-BFGS
elsewhere."""


@figure_kind("reports.figures.heatmaps.heatmap:draw_heatmap")
class HeatmapReport(Spec):
    """Two axes as rows and columns, with the row's mean as a last column. Figure 5."""

    kind: Literal["heatmap"] = "heatmap"
    rows: Axis
    """The axis of the rows."""
    columns: Axis
    """The axis of the columns."""
    row_label: str = ""
    """The label beside the rows; the axis' path if it is not given."""
    column_label: str = ""
    """The label below the columns; the axis' path if it is not given."""
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
    """The difference of each value of an axis from one of them, the largest loss first. The figure of an ablation that
    leaves out one thing at a time."""

    kind: Literal["effects"] = "effects"
    axis: Axis
    """The axis whose values are compared."""
    reference: Annotated[Any, Naming("value")] = "nothing"
    """The value that the others are compared with; where one thing is left out at a time, ``nothing`` is the whole."""
    metric: Metric = TOP1


@figure_kind("reports.figures.main_effects:draw_main_effects")
class MainEffectsReport(Spec):
    """How much better the cells with each value of an axis are than the mean over its values, for all axes."""

    kind: Literal["main_effects"] = "main_effects"
    metric: Metric = TOP1


@figure_kind("reports.figures.bar_charts.bars:draw_bars")
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
    """The label below the groups; the axis' path if it is not given."""
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
    """Whether the axis of the size is logarithmic."""
    metric: Metric = TOP1


@figure_kind("reports.figures.cost:draw_cost")
class CostReport(Spec):
    """A metric over what a trial costs, a point for each cell: with the cells that no cheaper one beats, or with a line
    for each value of an axis."""

    kind: Literal["cost"] = "cost"
    cost: Literal["seconds", "parameters", "passes"] = "seconds"
    """The quantity along the figure: the seconds of a trial, the millions of parameters of its encoder, or the passes
    through the encoder for each image of its training, a backward pass being two. The axis is logarithmic if the
    dearest cell costs more than four times as much as the cheapest."""
    series: Axis | None = None
    """The axis whose values have a marker and a colour of their own, and are joined by a line in the order of the cost.
    Without it, the cells that no cheaper one beats are joined (Pareto front)."""
    metric: Metric = TOP1


@figure_kind("reports.figures.against:draw_against")
class AgainstReport(Spec):
    """A metric of one value of an axis against that of others, a point for each combination of the other axes.
    Figures B.5 and B.6."""

    kind: Literal["against"] = "against"
    axis: Axis
    x: Annotated[Any, Naming("value")]
    """The value of the axis whose metric is drawn horizontally."""
    y: Annotated[list[Any], Field(min_length=1), Naming("value")]
    """The values of the axis whose metric is drawn vertically, a panel each."""
    color: Axis | None = None
    """The axis whose values have a colour each."""
    marker: Axis | None = None
    """The axis whose values have a marker each."""
    joined: bool = False
    """Whether the points are joined in the order of the grid."""
    metric: Metric = TOP1


@figure_kind("reports.figures.table:draw_table")
class TableReport(Spec):
    """A table: axes as rows, metrics or another axis as columns. Tables 1 and 3 to 8, and those of appendix B."""

    kind: Literal["table"] = "table"
    rows: Annotated[list[Axis], Field(min_length=1)]
    """The axes of the rows; each row is a combination of their values."""
    columns: Axis | None = None
    """An axis whose values are columns."""
    metrics: Annotated[list[Metric], Field(min_length=1)] = [TOP1]
    """The metrics, a column each; with ``columns``, a column each under every value of that axis."""
    best: Literal["column", "row"] = "column"
    """The numbers among which the best is set bold. Tables 1 and 3 compare the numbers of a row."""
    labels: Annotated[dict[str, str], Naming("label")] = {}
    """The names of axes and metrics in the heading; their path or their usual name if not given."""

    @property
    def metric(self) -> str:
        """The metric of claims that name none: the last, since the paper's tables have the result last."""
        return self.metrics[-1]


@figure_kind("reports.figures.pictures.draw:draw_pictures")
class PicturesReport(Spec):
    """Pictures of single trials, such as an embedding, a panel each. Figures 4, 6, B.3 and B.4."""

    kind: Literal["pictures"] = "pictures"
    panels: Axis | None = None
    """The axis whose values are panels; each shows the first seed that is done."""
    metric: Metric = TOP1
    """The metric of claims that name none."""


Report = Annotated[Spec, AnyKind()]
"""Settings of any figure kind; a heatmap if no kind is named."""
