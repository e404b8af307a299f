"""Every committed figure of docs/results is what is drawn of its data now."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reports.style import house_style, save_figure

DOCS = Path(__file__).parents[1] / "docs"
SCRIPT = runpy.run_path(str(DOCS / "redraw_results.py"))
FOLDERS: list[Path] = SCRIPT["folders"]()
SHRUNK = (170, 170)
"""Pixels at which pictures are compared: single pixels differ between versions of Matplotlib."""
ALIKE = 6.0
"""The largest mean difference of a picture's rows and columns, of 255; a moved label or another colour is more."""


def shrunk(path: Path) -> tuple[tuple[int, int], np.ndarray]:
    """The size of a picture, and the picture in grey, (170, 170)."""
    with Image.open(path) as picture:
        return picture.size, np.asarray(picture.convert("L").resize(SHRUNK), dtype=float)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_is_committed_is_drawn_by_todays_code(folder: Path) -> None:
    """If this fails: ``make results``, look at what changed, and commit it."""
    with house_style():
        save_figure(SCRIPT["redrawn"](folder), Path(), "figure", ("png",))
    (size, now), (committed_size, committed) = shrunk(Path("figure.png")), shrunk(folder / "figure.png")
    assert size == pytest.approx(committed_size, rel=0.02)
    apart = np.abs(now - committed)
    assert max(apart.mean(axis=0).max(), apart.mean(axis=1).max()) < ALIKE


def test_every_figure_has_data_to_be_drawn_of() -> None:
    known = {folder / "figure.png" for folder in FOLDERS}
    assert set((DOCS / "results").rglob("figure.png")) == known
