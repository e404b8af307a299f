"""Every committed figure of docs/results is what is drawn of its data now."""

import runpy
from pathlib import Path

import pytest
from alike import ALIKE, apart

from reports.style import house_style, save_figure

DOCS = Path(__file__).parents[1] / "docs"
SCRIPT = runpy.run_path(str(DOCS / "redraw_results.py"))
FOLDERS: list[Path] = SCRIPT["folders"]()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_is_committed_is_drawn_by_todays_code(folder: Path) -> None:
    """If this fails: ``make results``, look at what changed, and commit it."""
    with house_style():
        save_figure(SCRIPT["redrawn"](folder), Path(), "figure", ("png",))
    assert apart(Path("figure.png"), folder / "figure.png") < ALIKE


def test_every_figure_has_data_to_be_drawn_of() -> None:
    known = {folder / "figure.png" for folder in FOLDERS}
    assert set((DOCS / "results").rglob("figure.png")) == known
