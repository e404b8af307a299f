"""Figures of many methods beside numbers from several papers: nothing covers, leaves the figure, or looks the same."""

from collections.abc import Callable

import numpy as np
import pytest
from artists import x_of
from invented import METRIC, Values, drawn, report, trials
from matplotlib.artist import Artist
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from reports.figures.drawn import Drawn
from reports.figures.labels.titles import TITLE, inches_of, title_lines
from reports.pages.render import latex_table
from reports.specs import BarsReport, EffectsReport, HeatmapReport, PointsReport, Report
from reports.style import look

AXES = ["points", "stage"]
METHODS = [f"method number {number}" for number in range(1, 13)]
STAGES = ["stage2", "stage3", "stage4"]
CELLS: Values = {
    (method, stage): [40.0 + place + 5 * column, 41.0 + place + 5 * column]
    for place, method in enumerate(METHODS)
    for column, stage in enumerate(STAGES)
}
TABLE = trials(AXES, CELLS)
TITLE_OF_MANY = "ImageNet top-1 of a ResNet-50 by method and stage"
KINDS: dict[str, Report] = {
    "heatmap": HeatmapReport(rows="points", columns="stage"),
    "points": PointsReport(x="stage"),
    "bars": BarsReport(x="points", series="stage"),
    "effects": EffectsReport(axis="stage", reference="stage4"),
}


@pytest.fixture
def of_kind(publish: Callable[..., None]) -> Callable[[str], Drawn]:
    """A function that draws a kind of figure beside the numbers of several papers."""
    rows = [[method, stage, 60.0 + place] for place, method in enumerate(METHODS[3:9]) for stage in STAGES]
    publish(AXES, rows, title=TITLE_OF_MANY, of_one_paper=False)
    return lambda kind: drawn(KINDS[kind], TABLE, AXES)


def texts_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]


def text_in(part: Artist, text: str) -> Text:
    """The text of a figure's part that reads so."""
    return next(one for one in part.findobj(Text) if isinstance(one, Text) and one.get_text() == text)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_several_papers_are_not_called_the_papers(kind: str, of_kind: Callable[[str], Drawn]) -> None:
    result = of_kind(kind)
    told = " ".join([*texts_of(result.figure), result.caption, *result.findings])
    told += latex_table(report(KINDS[kind], TABLE, AXES), result)
    assert "ublished" in told
    assert "the paper" not in told.lower().replace("the paper's setting", "")


def test_a_heatmap_of_many_rows_has_room_for_its_numbers_and_its_titles(of_kind: Callable[[str], Drawn]) -> None:
    figure = of_kind("heatmap").figure
    figure.draw_without_rendering()
    ours, published = figure.axes[0], figure.axes[1]
    row = ours.bbox.height / len(METHODS)
    assert max(text.get_window_extent().height for text in ours.texts) < row
    title = text_in(published, published.get_title("left"))
    assert TITLE_OF_MANY in " ".join(title.get_text().split())
    assert title.get_window_extent().x1 < figure.bbox.x1
    beside = published.yaxis.label.get_window_extent().x0
    assert text_in(ours, ours.get_title("left")).get_window_extent().x1 < beside


def test_a_title_is_folded_by_the_widths_of_its_letters() -> None:
    lines = title_lines(f"Published: {TITLE_OF_MANY}\nsecond line", 2.0)
    assert " ".join(lines) == f"Published: {TITLE_OF_MANY} second line"
    assert all(inches_of(line, TITLE, bold=True) <= 2.0 for line in lines)
    assert lines[-1] == "second line"


def test_titles_of_parts_beside_each_other_stay_in_their_part(publish: Callable[..., None]) -> None:
    publish(["stage"], [["stage2", 50.0], ["stage3", 52.0]], title=TITLE_OF_MANY)
    few = trials(["stage"], {(stage,): [40.0, 41.0] for stage in STAGES})
    figure = drawn(PointsReport(x="stage", metric=METRIC), few, ["stage"]).figure
    figure.draw_without_rendering()
    for part in figure.subfigs:
        box = text_in(part, part.get_suptitle()).get_window_extent()
        assert part.bbox.x0 < box.x0 < box.x1 < part.bbox.x1
    heights = [ax.bbox.height for ax in figure.axes]
    assert heights[0] == pytest.approx(heights[1], rel=0.02)


def means_of(figure: Figure, panel: int) -> dict[str, Line2D]:
    """The means of each line of a panel, by its label."""
    containers = [one for one in figure.axes[panel].containers if isinstance(one, ErrorbarContainer)]
    return {str(one.get_label()): one.lines[0] for one in containers}


def test_many_lines_of_points_look_different_and_stay_at_their_value(of_kind: Callable[[str], Drawn]) -> None:
    figure = of_kind("points").figure
    figure.draw_without_rendering()
    here, published = (means_of(figure, panel) for panel in (0, 1))
    looks = {name: (line.get_color(), line.get_marker()) for name, line in here.items()}
    assert len(set(looks.values())) == len(METHODS)
    assert {name: (line.get_color(), line.get_marker()) for name, line in published.items()} == {
        name: looks[name] for name in METHODS[3:9]
    }
    ticks = figure.axes[0].transData.transform([(place, 0) for place in range(len(STAGES))])[:, 0]
    for line in here.values():
        drawn_at = line.get_transform().transform([(x, 0) for x in x_of(line)])[:, 0]
        assert (np.abs(drawn_at - ticks) < np.diff(ticks).min() / 2).all()


def test_sixty_four_looks_differ_in_colour_or_marker() -> None:
    assert len({(look(rank).color, look(rank).marker) for rank in range(64)}) == 64
