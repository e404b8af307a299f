"""Pictures of single trials: drawn from arrays, and to be read without their colours."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.embedding import embedding_figure
from reports.retrieval import RIGHT, WRONG, retrieval_figure
from reports.style import house_style, save_figure

RANDOM = np.random.default_rng(0)
CLASSES = ["ant", "bee", "cow"]


def retrieved() -> dict[str, np.ndarray]:
    """Two queries with three neighbours each."""
    return {
        "retrieval/queries": RANDOM.integers(0, 256, (2, 3, 8, 8), dtype=np.uint8),
        "retrieval/query_labels": np.array([0, 2]),
        "retrieval/neighbors": RANDOM.integers(0, 256, (2, 3, 3, 8, 8), dtype=np.uint8),
        "retrieval/neighbor_labels": np.array([[0, 1, 0], [1, 1, 2]]),
        "retrieval/similarities": np.array([[0.99, 0.5, 0.25], [0.9, 0.8, 0.7]], dtype=np.float32),
    }


def embedded(classes: int) -> dict[str, np.ndarray]:
    labels = np.arange(5 * classes) % classes
    return {"tsne/embedding": RANDOM.normal(size=(5 * classes, 2)).astype(np.float32), "tsne/labels": labels}


def pictures(figure: Figure) -> list[Axes]:
    return [ax for ax in figure.axes if ax.images]


def test_queries_and_neighbours_are_in_their_places() -> None:
    arrays = retrieved()
    axes = pictures(retrieval_figure(arrays, CLASSES))
    shown = [np.asarray(ax.images[0].get_array()).transpose(2, 0, 1) for ax in axes]
    assert len(shown) == 8
    for row in (0, 1):
        assert np.array_equal(shown[4 * row], arrays["retrieval/queries"][row])
        for column in range(3):
            assert np.array_equal(shown[4 * row + 1 + column], arrays["retrieval/neighbors"][row, column])
    assert [ax.get_ylabel() for ax in (axes[0], axes[4])] == ["ant", "cow"]


def test_right_and_wrong_are_told_by_line_and_mark_too() -> None:
    axes = pictures(retrieval_figure(retrieved(), CLASSES))
    neighbours = axes[1:4] + axes[5:]
    for ax, right in zip(neighbours, [True, False, True, False, False, True], strict=True):
        color, line, mark = RIGHT if right else WRONG
        for spine in ax.spines.values():
            assert spine.get_visible()
            assert (spine.get_edgecolor()[:3], spine.get_linestyle()) == (pytest.approx(_rgb(color)), line)
        assert mark in ax.get_xlabel()
    assert [ax.get_xlabel() for ax in neighbours[:2]] == ["0.99 ✓", "0.50 ✗\nbee"]
    assert {RIGHT[1], RIGHT[2]}.isdisjoint({WRONG[1], WRONG[2]})


def _rgb(color: str) -> tuple[float, ...]:
    return tuple(int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))


def test_no_two_classes_of_an_embedding_look_the_same() -> None:
    figure = embedding_figure({"h": embedded(10), "z": embedded(30)})
    for ax, classes in zip(figure.axes, (10, 30), strict=True):
        looks = {
            (*points.get_facecolor()[0], points.get_paths()[0].vertices.tobytes())  # type: ignore[attr-defined]
            for points in ax.collections
        }
        assert len(looks) == len(ax.collections) == classes
    markers = {points.get_paths()[0].vertices.tobytes() for points in figure.axes[0].collections}
    assert len(markers) == 10


def test_an_embedding_is_drawn_as_it_is() -> None:
    panels = {"h": embedded(3), "z": embedded(3)}
    figure = embedding_figure(panels, CLASSES)
    for ax, (name, arrays) in zip(figure.axes, panels.items(), strict=True):
        assert ax.get_title() == name
        assert not ax.axison
        for label, points in enumerate(ax.collections):
            expected = arrays["tsne/embedding"][arrays["tsne/labels"] == label]
            assert np.allclose(points.get_offsets(), expected)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == CLASSES
    assert not embedding_figure(panels).legends


def test_the_pictures_can_be_saved_with_and_without_names(tmp_path: Path) -> None:
    with house_style():
        for names in ([], CLASSES):
            save_figure(retrieval_figure(retrieved(), names), tmp_path, "retrieval")
            save_figure(embedding_figure({"h": embedded(3)}, names), tmp_path, "tsne")
    assert len(list(tmp_path.iterdir())) == 6
