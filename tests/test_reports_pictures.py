"""Pictures of what trials left: drawn from their arrays, to be read without colours, and panels that say what is
missing."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from artists import marker_of, x_of, y_of
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from core.augment.contact_sheet import PANELS
from reports.cells.arrays import TrialArrays, chosen_trials, save_arrays
from reports.figures.pictures.draw import PICTURES, draw_pictures
from reports.figures.pictures.embedding import embedding_figure
from reports.figures.pictures.example_views import CAPTIONS, example_views_figure
from reports.figures.pictures.histograms import histograms_figure
from reports.figures.pictures.panels import LEFT_NOTHING, PicturePanel, lettered
from reports.figures.pictures.retrieval import QUERIES, RIGHT, WRONG, retrieval_data, retrieval_figure
from reports.figures.pictures.spectrum import SMALLEST, spectrum_figure
from reports.pages.render import render
from reports.paper.numbers import paper_numbers
from reports.specs import PicturesReport
from reports.study_report import StudyReport
from reports.style import house_style, save_figure

RANDOM = np.random.default_rng(0)
CLASSES = ["ant", "bee", "cow"]
SILHOUETTE = "tsne/silhouette"

Arrays = Mapping[str, np.ndarray]


def pixels(*shape: int) -> np.ndarray:
    return RANDOM.integers(0, 256, (*shape, 3, 8, 8), dtype=np.uint8)


def retrieved() -> dict[str, np.ndarray]:
    """Two queries with three neighbours each."""
    return {
        "retrieval/queries": pixels(2),
        "retrieval/query_labels": np.array([0, 2]),
        "retrieval/neighbors": pixels(2, 3),
        "retrieval/neighbor_labels": np.array([[0, 1, 0], [1, 1, 2]]),
        "retrieval/similarities": np.array([[0.99, 0.5, 0.25], [0.9, 0.8, 0.7]], dtype=np.float32),
    }


def embedded(classes: int) -> dict[str, np.ndarray]:
    labels = np.arange(5 * classes) % classes
    return {"tsne/embedding": RANDOM.normal(size=(5 * classes, 2)).astype(np.float32), "tsne/labels": labels}


def eigenvalues(count: int) -> dict[str, np.ndarray]:
    return {"spectrum/eigenvalues": np.linspace(8, 0, count)}


def viewed() -> dict[str, np.ndarray]:
    return {f"example_views/{caption}": pixels() for caption in PANELS}


def counted() -> dict[str, np.ndarray]:
    """Two images, four crops."""
    shares = RANDOM.random((2, 4, 16))
    return {
        "colour_histograms/crops": pixels(2, 4),
        "colour_histograms/histograms": shares / shares.sum(axis=2, keepdims=True),
    }


LEFT = {
    "retrieval": retrieved,
    "tsne": lambda: embedded(3),
    "spectrum": lambda: eigenvalues(5),
    "example_views": viewed,
    "colour_histograms": counted,
}


def panel(arrays: Arrays, title: str = "", classes: Sequence[str] = (), **metrics: float) -> PicturePanel:
    return PicturePanel(title, TrialArrays(arrays, classes), metrics={f"tsne/{name}": v for name, v in metrics.items()})


def lost(title: str, why: str = "no result yet") -> PicturePanel:
    return PicturePanel(title, TrialArrays({}), why)


def axes_of(figure: Figure) -> list[Axes]:
    return [ax for ax in figure.findobj(Axes) if isinstance(ax, Axes)]


def pictures(figure: Figure) -> list[Axes]:
    return [ax for ax in axes_of(figure) if ax.images]


def shown(ax: Axes) -> np.ndarray:
    return np.asarray(ax.images[0].get_array()).transpose(2, 0, 1)


def written(figure: Figure) -> str:
    """Every text of the figure."""
    from matplotlib.text import Text

    return "\n".join(text.get_text() for text in figure.findobj(Text) if isinstance(text, Text))


# Retrieval


def test_queries_and_neighbours_are_in_their_places() -> None:
    arrays = retrieved()
    axes = pictures(retrieval_figure([panel(arrays, classes=CLASSES)]))
    assert len(axes) == 8
    for row in (0, 1):
        assert np.array_equal(shown(axes[4 * row]), arrays["retrieval/queries"][row])
        for column in range(3):
            assert np.array_equal(shown(axes[4 * row + 1 + column]), arrays["retrieval/neighbors"][row, column])
    assert [ax.get_ylabel() for ax in (axes[0], axes[4])] == ["ant", "cow"]


def test_right_and_wrong_are_told_by_line_and_mark_too() -> None:
    axes = pictures(retrieval_figure([panel(retrieved(), classes=CLASSES)]))
    neighbours = axes[1:4] + axes[5:]
    for ax, right in zip(neighbours, [True, False, True, False, False, True], strict=True):
        color, line, mark = RIGHT if right else WRONG
        for spine in ax.spines.values():
            assert spine.get_visible()
            assert to_rgb(spine.get_edgecolor()) == pytest.approx(_rgb(color))
            assert spine.get_linestyle() == line
        assert mark in ax.get_xlabel()
    assert [ax.get_xlabel() for ax in neighbours[:2]] == ["0.99 ✓", "0.50 ✗\nbee"]
    assert {RIGHT[1], RIGHT[2]}.isdisjoint({WRONG[1], WRONG[2]})


def _rgb(color: str) -> tuple[float, ...]:
    return tuple(int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))


# Figure B.4


def test_no_two_classes_of_an_embedding_look_the_same() -> None:
    figure = embedding_figure([panel(embedded(10), "h"), panel(embedded(30), "z")])
    for ax, classes in zip(figure.axes, (10, 30), strict=True):
        looks = {(np.asarray(points.get_facecolor()).tobytes(), marker_of(points)) for points in ax.collections}
        assert len(looks) == len(ax.collections) == classes
    markers = {marker_of(points) for points in figure.axes[0].collections}
    assert len(markers) == 10


def test_more_panels_than_letters_have_two() -> None:
    titles = lettered([panel({}, "t")] * 54)
    assert (len(titles), [titles[0], *titles[25:28], titles[53]]) == (
        54,
        ["(a) t", "(z) t", "(aa) t", "(ab) t", "(bb) t"],
    )


def test_an_embedding_is_drawn_as_it_is_with_our_silhouette_and_one_legend() -> None:
    panels = [panel(embedded(3), name, CLASSES, silhouette=value) for name, value in (("h", 0.254), ("z", -0.1))]
    figure = embedding_figure(panels)
    for ax, one in zip(figure.axes, panels, strict=True):
        assert not ax.axison
        for label, points in enumerate(ax.collections):
            assert np.allclose(points.get_offsets(), one["tsne/embedding"][one["tsne/labels"] == label])
    titles = ["(a) h\nsilhouette 0.25 (ours)", "(b) z\nsilhouette \N{MINUS SIGN}0.10 (ours)"]
    assert [ax.get_title() for ax in figure.axes] == titles
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == CLASSES
    assert not embedding_figure([panel(embedded(3), "h")]).legends


# Figure B.3


def test_the_spectrum_is_drawn_on_both_scales() -> None:
    linear, logarithmic = spectrum_figure([panel({"spectrum/eigenvalues": np.array([4.0, 1.0, 0.0])})]).axes
    assert (linear.get_yscale(), logarithmic.get_yscale()) == ("linear", "log")
    assert list(y_of(logarithmic.lines[0])) == pytest.approx([4.0, 1.0, SMALLEST])
    assert list(x_of(logarithmic.lines[0])) == [0, 1, 2]


def test_a_logarithmic_axis_is_labelled_with_text() -> None:
    with house_style():
        save_figure(spectrum_figure([panel(eigenvalues(64))]), Path(), "spectrum")
    svg = Path("spectrum.svg").read_text()
    assert "10⁻¹⁴" in svg
    assert "$" not in svg
    assert "\\math" not in svg


def test_the_papers_curve_is_a_ghost_in_both_panels() -> None:
    paper = paper_numbers("figure_b3")
    for ax in spectrum_figure([panel(eigenvalues(2048), "trained")], paper).axes:
        ours, ghost = ax.lines
        assert y_of(ours)[0] == 8
        assert (x_of(ghost)[[0, 3, -1]].tolist(), y_of(ghost)[3]) == ([0, 50, 2047], 7.7)
        assert ghost.get_linestyle() == "--" != ours.get_linestyle()
        assert "the paper, Figure B.3 (read from figure)" in str(ghost.get_label())
        assert ax.get_xlabel() == "Ranking"


def test_a_matrix_of_another_width_is_compared_by_its_shape() -> None:
    for ax in spectrum_figure([panel(eigenvalues(5), "trained")], paper_numbers("figure_b3")).axes:
        ours, ghost = ax.lines
        assert x_of(ours).tolist() == [0, 0.25, 0.5, 0.75, 1]
        assert y_of(ours).tolist() == pytest.approx([1, 0.75, 0.5, 0.25, SMALLEST])
        assert x_of(ghost)[[3, -1]].tolist() == pytest.approx([50 / 2047, 1])
        assert y_of(ghost)[[0, 3]].tolist() == pytest.approx([1, 7.7 / 16])
        assert ax.get_xlabel() == "Relative ranking"


# Figures 4 and 6


def test_the_captions_are_those_of_the_contact_sheet() -> None:
    assert list(CAPTIONS) == list(PANELS)


def test_an_image_has_ten_captioned_views() -> None:
    panels = [panel(viewed(), "one"), panel(viewed(), "two")]
    axes = pictures(example_views_figure(panels))
    assert len(axes) == 20
    for number, ax in enumerate(axes):
        caption = list(PANELS)[number % 10]
        assert np.array_equal(shown(ax), panels[number // 10][f"example_views/{caption}"])
        assert ax.get_xlabel().replace("\n", " ") == f"({'abcdefghij'[number % 10]}) {caption}"


def test_every_crop_stands_above_its_histogram_and_all_have_one_range() -> None:
    panels = [panel(counted(), "Without"), panel(counted(), "With")]
    figure = histograms_figure(panels)
    drawn = [ax for ax in axes_of(figure) if ax.patches]
    crops = pictures(figure)
    assert len(drawn) == len(crops) == 16
    for number, (above, below) in enumerate(zip(crops, drawn, strict=True)):
        one, place = panels[number // 8], (number % 8 // 4, number % 4)
        assert np.array_equal(shown(above), one["colour_histograms/crops"][place])
        (stairs,) = below.patches
        assert isinstance(stairs, StepPatch)
        assert np.array_equal(stairs.get_data()[0], one["colour_histograms/histograms"][place])
        assert stairs.get_data()[1].tolist() == list(range(0, 257, 16))
        assert (below.get_xlim(), below.get_ylim()) == (drawn[0].get_xlim(), drawn[0].get_ylim())
    highest = max(one["colour_histograms/histograms"].max() for one in panels)
    assert drawn[0].get_ylim()[1] > highest
    assert ["(a) Without" in written(figure), "(b) With" in written(figure)] == [True, True]


# Whole reports


def table(states: Mapping[tuple[str, int], str], metric: str = SILHOUETTE) -> pd.DataFrame:
    """A trial for each value of an axis and seed."""
    rows: list[dict[str, Any]] = [
        {
            "trial_id": f"{value}{seed}",
            "name": f"{value}, seed {seed}",
            "seed": seed,
            "baseline": "",
            "axis": value,
            "state": state,
            "error": "it <broke>" if state == "failed" else "",
            metric: 0.1 * seed + 0.25 if state == "done" else math.nan,
        }
        for (value, seed), state in states.items()
    ]
    return pd.DataFrame([*rows, rows[0] | {"baseline": "random", "axis": "h", "trial_id": "base", "state": "done"}])


def study_report(rows: pd.DataFrame, arrays: dict[str, TrialArrays], **changes: Any) -> StudyReport:
    spec = PicturesReport(panels="axis", metric=SILHOUETTE)
    values: dict[str, Any] = {"name": "s", "title": "A", "spec": spec, "table": rows, "axes": ["axis"]}
    return StudyReport(**(values | {"arrays": arrays} | changes))


STATES = {("h", 0): "failed", ("h", 1): "done", ("h", 2): "done", ("z", 0): "waiting", ("z", 1): "failed"}


def test_a_panel_is_of_the_first_seed_that_finished() -> None:
    rows = table(STATES)
    assert {name: row["trial_id"] for name, row in chosen_trials(rows, "axis").items()} == {"h": "h1", "z": "z1"}
    assert [row["trial_id"] for row in chosen_trials(rows, None).values()] == ["h1"]


def test_what_is_missing_is_a_panel_that_says_so() -> None:
    rows = table(STATES | {("k", 0): "waiting", ("l", 0): "done"})
    drawn = draw_pictures(study_report(rows, {"h1": TrialArrays(embedded(3))}), PicturesReport(panels="axis"))
    h, z, k, last = drawn.figure.axes
    assert h.collections
    assert [[text.get_text() for text in ax.texts] for ax in (z, k)] == [["failed: it <broke>"], ["no result yet"]]
    assert last.texts[0].get_text().replace("\n", " ") == LEFT_NOTHING
    assert drawn.texts.iloc[:, 0].to_dict() == {"h": "0.400 ± 0.071", "z": "", "k": "", "l": "0.250"}
    assert drawn.findings[1:] == ["z: failed: it <broke>.", "k: no result yet.", f"l: {LEFT_NOTHING}."]
    assert "Drawn of seed 0 and 1." in drawn.caption
    assert drawn.data["panel"].unique().tolist() == ["h"]


@pytest.mark.parametrize("protocol", PICTURES)
def test_every_protocol_has_a_panel_for_what_is_missing(protocol: str) -> None:
    arrays = LEFT[protocol]()
    figure = PICTURES[protocol].figure([panel(arrays, "there"), lost("away", "failed: it broke")], None)
    assert "failed: it broke" in written(figure)
    assert "there" in written(figure)


@pytest.mark.parametrize("protocol", PICTURES)
def test_the_data_of_a_picture_is_enough_to_draw_it_again(protocol: str) -> None:
    arrays = LEFT[protocol]()
    rows = table({("h", 0): "done", ("z", 0): "waiting"}, f"{protocol}/metric")
    spec = PicturesReport(panels="axis", metric=f"{protocol}/metric")
    left = {"h0": TrialArrays(arrays, CLASSES)}
    drawn = draw_pictures(study_report(rows, left, spec=spec), spec)
    save_arrays(left, Path("data.npz"))
    kept = np.load("data.npz")
    assert {name: kept[f"h0/{name}"].tolist() for name in arrays} == {name: a.tolist() for name, a in arrays.items()}
    data = drawn.data
    assert set(data["panel"]) == {"h"}
    match protocol:
        case "tsne":
            assert data[["x", "y"]].to_numpy() == pytest.approx(arrays["tsne/embedding"])
            assert data["class"].tolist() == [CLASSES[label] for label in arrays["tsne/labels"]]
        case "spectrum":
            assert data["eigenvalue"].tolist() == pytest.approx([8, 6, 4, 2, 0])
        case "colour_histograms":
            last = data.iloc[-1]
            assert last[["image", "crop", "value"]].tolist() == [1, 3, 240]
            assert last["share"] == pytest.approx(arrays["colour_histograms/histograms"][1, 3, 15])
        case "retrieval":
            assert data["label"].tolist() == [0, 1, 0, 1, 1, 2]
        case "example_views":
            assert all(f"h0/{name}" in kept for name in data["array"])


@pytest.mark.parametrize("protocol", PICTURES)
def test_the_text_of_a_picture_stays_text(protocol: str) -> None:
    with house_style():
        PICTURES[protocol].figure([panel(LEFT[protocol](), "a title"), lost("away")], None).savefig("figure.svg")
    texts = re.findall(r">([^<]*)</text>", Path("figure.svg").read_text())
    assert [any(expected in text for text in texts) for expected in ("a title", "no result yet")] == [True, True]


def test_before_the_first_result_there_is_a_picture_that_says_so() -> None:
    rows = table({("h", 0): "waiting", ("z", 0): "failed"}).drop(columns=SILHOUETTE)
    render(study_report(rows, {}, reproduces="figure_b4"), Path("out"))
    svg = Path("out/figure.svg").read_text()
    assert "no result yet" in svg
    assert "failed: it" in svg
    assert not Path("out/data.npz").exists()
    assert Path("out/data.csv").read_text() == "panel\n"


def test_panels_of_two_protocols_are_not_mixed() -> None:
    rows = table({("h", 0): "done", ("z", 0): "done"})
    arrays = {"h0": TrialArrays(embedded(3)), "z0": TrialArrays(eigenvalues(4))}
    drawn = draw_pictures(study_report(rows, arrays), PicturesReport(panels="axis"))
    assert drawn.findings[-1] == "z: is of spectrum, and the other panels are of tsne."


def test_several_panels_of_neighbours_show_the_first_of_them_and_the_data_has_all() -> None:
    """Three panels of all ten queries were 5160 pixels high."""
    many = {name: np.concatenate([array] * 5) for name, array in retrieved().items()}
    panels = [panel(many, title, CLASSES) for title in ("h", "z")]
    assert len(pictures(retrieval_figure(panels))) == 2 * QUERIES * (1 + 3)
    assert len(pictures(retrieval_figure(panels[:1]))) == 10 * (1 + 3)
    assert len(retrieval_data(panels)) == 2 * 10 * 3
