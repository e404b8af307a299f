"""Invented tables for several kinds of figures, and what is read back from the bars that are drawn."""

from artists import x_of, y_of
from invented import METRIC, Values, trials
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from reports.specs import AgainstReport, BarsReport, SizesReport
from reports.style import MARKERS


def middle(bar: Rectangle) -> float:
    return round(bar.get_x() + bar.get_width() / 2, 3)


def filled(bar: Rectangle) -> bool:
    return to_rgba(bar.get_facecolor())[3] > 0


def dots_of(ax: Axes) -> list[Line2D]:
    """The dots that stand for bars; those of seeds and of the paper's marks are smaller."""
    return [
        line
        for line in ax.lines
        if line.get_markersize() > 3 and len(x_of(line)) == 1 and str(line.get_marker()) in MARKERS
    ]


def bars_of(ax: Axes) -> dict[float, float]:
    """The top of each filled bar, or the dot in its place, by the place of its middle."""
    patches = [patch for patch in ax.patches if isinstance(patch, Rectangle) and filled(patch)]
    tops = {middle(patch): patch.get_y() + patch.get_height() for patch in patches}
    return tops | {round(float(x_of(dot)[0]), 3): float(y_of(dot)[0]) for dot in dots_of(ax)}


BARS_AXES = ["epochs", "batch_size"]
BARS = BarsReport(x="epochs", series="batch_size", metric=METRIC, x_label="Epochs", series_label="Batch size")
BAR_CELLS: Values = {
    ("100", "256"): [60.0, 62.0],
    ("100", "512"): ["failed", "failed"],
    ("200", "256"): [64.0, "waiting"],
    ("200", "512"): ["waiting", "waiting"],
}
BAR_TABLE = trials(BARS_AXES, BAR_CELLS)


SIZE_AXES = ["points", "encoder.name", "encoder.width"]
SIZES = SizesReport(series="points", metric=METRIC)
SIZE_CELLS: Values = {
    ("SimCLR", "resnet18", "1"): [50.0],
    ("SimCLR", "resnet50", "1"): ["waiting"],
    ("SimCLR", "resnet50", "2"): [70.0],
    ("Supervised", "resnet50", "1"): [76.0],
    ("Supervised", "resnet50", "2"): [78.0],
}
SIZE_TABLE = trials(SIZE_AXES, SIZE_CELLS, parameters=[11.0, 24.0, 94.0, 24.0, 94.0])


AGAINST_AXES = ["epochs", "evaluate"]
AGAINST = AgainstReport(axis="evaluate", x="linear", y=["1%", "10%"], joined=True, metric=METRIC)
AGAINST_CELLS: Values = {
    ("50", "linear"): [61.0], ("50", "1%"): [35.0], ("50", "10%"): [58.0],
    ("100", "linear"): [64.0], ("100", "1%"): [39.0], ("100", "10%"): ["failed"],
    ("200", "linear"): [66.0], ("200", "1%"): [42.0], ("200", "10%"): [63.0],
}  # fmt: skip
AGAINST_TABLE = trials(AGAINST_AXES, AGAINST_CELLS)
