"""Every committed verdict, figure and page of docs/results is what is made of its data now."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from alike import ALIKE, apart
from redraw_results import RESULTS, folders, redraw_folder
from results_pages import readme

from reports.saved.collection import SavedCollection

FOLDERS = folders()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_is_committed_is_what_its_verdicts_say(folder: Path) -> None:
    """If this fails: ``make results``."""
    saved = SavedCollection.read(folder)
    assert (folder / "README.md").read_text(encoding="utf-8") == readme(saved, folder)
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {study.name for study in saved.whole}
    assert {path.parent.name for path in folder.glob("*/figure.png")} == {study.name for study in saved.whole}


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_is_committed_is_judged_and_drawn_by_todays_code(folder: Path) -> None:
    """If this fails: ``make results``, look at what changed, and commit it."""
    again = Path(shutil.copytree(folder, folder.name))
    redraw_folder(again)
    todays, committed = (leaves(SavedCollection.read(one).model_dump()) for one in (again, folder))
    assert todays == pytest.approx(committed)
    for drawn in again.rglob("*.png"):
        assert apart(drawn, folder / drawn.relative_to(again)) < ALIKE, drawn


def leaves(values: Any, place: str = "") -> dict[str, Any]:
    """Numbers and texts of nested dictionaries and lists, by place: ``pytest.approx`` takes no nested ones."""
    if not isinstance(values, dict | list | tuple):
        return {place: values}
    inner = values.items() if isinstance(values, dict) else enumerate(values)
    return {key: leaf for name, value in inner for key, leaf in leaves(value, f"{place}/{name}").items()}


def test_no_picture_is_without_data() -> None:
    known = [folder for folder in RESULTS.iterdir() if folder in FOLDERS]
    assert not [path for path in RESULTS.rglob("*.png") if not any(folder in path.parents for folder in known)]
