"""Names and titles in figures: they cover nothing and are not cut."""

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from invented import Values, drawn, trials
from matplotlib.collections import Collection, LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox
from PIL import Image

from reports.cells.arrays import TrialArrays
from reports.figures.labels.point_labels import label_points
from reports.figures.pictures.example_views import CAPTIONS, example_views_figure
from reports.figures.pictures.panels import PicturePanel
from reports.specs import BarsReport, HeatmapReport, Report, TableReport
from reports.style import house_style, save_figure, set_heading
from reports.tables.blocks import measure

LONG = "A title that goes on and on, as titles do which want to say everything at once, and then some more of it"


def labelled(points: list[tuple[float, float]], names: list[str], **drawn_too: list[float]) -> Figure:
    with house_style():
        figure = Figure(figsize=(3, 3))
        ax = figure.subplots()
        ax.set(xlim=(0, 10), ylim=(0, 10))
        if drawn_too:
            ax.errorbar(drawn_too["x"], drawn_too["y"], yerr=drawn_too["spread"], linestyle=":")
        ax.scatter([x for x, _ in points], [y for _, y in points], s=14)
        figure.draw_without_rendering()
        label_points(ax, points, names)
        figure.draw_without_rendering()
    return figure


def covered(figure: Figure) -> float:
    """Points and pieces of lines that lie under a name, corners of names outside of the frame, and the area that names
    have in common, in pixels."""
    ax = figure.axes[0]
    boxes = [Text.get_window_extent(text) for text in ax.texts]  # without the line to its point
    drawn_too = [place for collection in ax.collections for place in _places(collection)]
    drawn_too += [place for line in ax.lines for place in _vertices(line)]
    under = sum(box.contains(*ax.transData.transform(place)) for box in boxes for place in drawn_too)
    frame = ax.bbox.padded(1)
    outside = sum(not frame.contains(*corner) for box in boxes for corner in box.corners())
    common = [Bbox.intersection(a, b) for a, b in combinations(boxes, 2)]
    return float(under + outside + sum(box.width * box.height for box in common if box))


def _places(collection: Collection) -> np.ndarray:
    if isinstance(collection, LineCollection):
        return np.concatenate([_dense(segment) for segment in collection.get_segments()])
    return np.asarray(collection.get_offsets())


def _vertices(line: Line2D) -> np.ndarray:
    path = np.asarray(line.get_xydata())
    return path if line.get_linestyle() == "None" else _dense(path)


def _dense(path: np.ndarray) -> np.ndarray:
    path = np.asarray(path, dtype=float)
    pieces = [np.linspace(a, b, 50) for a, b in pairwise(path)]
    return np.concatenate([path, *pieces])


def test_names_keep_off_points_that_have_none_lines_and_error_bars() -> None:
    x, y, spread = [1.0, 5.0, 9.0], [2.0, 6.0, 8.0], [1.5, 1.5, 1.5]
    points, names = list(zip(x, y, strict=True)), ["a first name", "a second", "a third"]
    assert covered(labelled(points, names, x=x, y=y, spread=spread)) == 0


def test_names_of_points_in_one_place_go_farther_away_and_are_led_to_it() -> None:
    points = [(5.0, 5.0 + 0.05 * number) for number in range(12)]
    figure = labelled(points, [f"point {number}" for number in range(12)])
    assert covered(figure) == 0
    assert any(isinstance(text, Annotation) and text.arrow_patch for text in figure.axes[0].texts)


@pytest.mark.parametrize("second", [(8.3, 4.7), (8.0, 5.4), (7.7, 4.9)])
def test_a_name_without_a_leader_is_read_as_that_of_its_own_point(second: tuple[float, float]) -> None:
    """As in Figure 5, where color, crop lies beside crop, color."""
    points = [(8.0, 5.0), second]
    figure = labelled(points, ["crop, color", "color, crop"])
    anchors = figure.axes[0].transData.transform(points)
    assert covered(figure) == 0
    for number, text in enumerate(figure.axes[0].texts):
        box = Text.get_window_extent(text).get_points()
        gaps = np.hypot(*(anchors - np.clip(anchors, *box)).T)
        assert isinstance(text, Annotation)
        assert text.arrow_patch or gaps[1 - number] > 1.5 * gaps[number]


def test_names_stay_within_the_frame() -> None:
    assert covered(labelled([(0.1, 0.1), (9.9, 0.1), (0.1, 9.9), (9.9, 9.9)], ["a long name"] * 4)) == 0


def test_a_single_point_is_named_below_to_the_right_as_in_the_paper() -> None:
    (text,) = labelled([(5.0, 5.0)], ["R50"]).axes[0].texts
    assert isinstance(text, Annotation)
    assert text.get_position() == (3, -3)
    assert (text.get_horizontalalignment(), text.get_verticalalignment()) == ("left", "top")


KINDS: dict[str, Report] = {
    "heatmap": HeatmapReport(rows="x", columns="y"),
    "bars": BarsReport(x="x", series="y"),
    "table": TableReport(rows=["x"], columns="y"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [2, 3])
def test_long_titles_are_folded_and_small_figures_have_room(kind: str, side: int) -> None:
    cells: Values = {(f"a{x}", f"b{y}"): [60.0, 61.0] for x in range(side) for y in range(side)}
    figure = drawn(KINDS[kind], trials(["x", "y"], cells), ["x", "y"], title=LONG, reproduces=None).figure
    figure.savefig("figure.png")
    told = [str(text.get_text()) for text in figure.findobj(lambda one: hasattr(one, "get_text"))]  # type: ignore[attr-defined]
    assert LONG in " ".join(" ".join(told).split())
    ink = np.asarray(Image.open("figure.png").convert("L")) < 200
    assert not ink[:, [0, -1]].any(), kind
    assert not ink[[0, -1]].any()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text()]
    assert not any(a.shrunk(0.9, 0.7).overlaps(b.shrunk(0.9, 0.7)) for a, b in combinations(boxes, 2))


def test_the_lines_below_example_views_are_not_cut() -> None:
    views = {f"example_views/{name}": np.zeros((3, 32, 32)) for name in CAPTIONS}
    with house_style():
        figure = example_views_figure([PicturePanel("an image", TrialArrays(views))] * 2)
        set_heading(figure, "Data augmentation operators (quick scale)", 11)
        figure.savefig("figure.png")
    ink = np.asarray(Image.open("figure.png").convert("L")) < 200
    assert not ink[[0, -1]].any()
    assert not ink[:, [0, -1]].any()


def test_a_dollar_is_one_and_begins_no_formula(tmp_path: Path) -> None:
    text = "from 5$ to 10$, $$"
    with house_style():
        figure = Figure()
        figure.subplots().set(title=text, xlabel="$")
        (svg,) = [path for path in save_figure(figure, tmp_path, "figure") if path.suffix == ".svg"]
    assert text in svg.read_text()
    assert measure("$$") > measure("$") > 0
