"""``make looks`` draws every kind of figure that there is."""

import runpy
from pathlib import Path

import pytest
from alike import ALIKE, apart
from PIL import Image, ImageOps

from ablations.api import load_study
from reports.figures.pictures.draw import PICTURES
from reports.kinds import KINDS

SCRIPT = runpy.run_path(str(Path(__file__).parents[1] / "docs" / "looks.py"))
BASELINES = sorted(SCRIPT["BASELINES"].glob("*.png"))


def test_every_kind_of_figure_is_drawn_to_be_looked_at() -> None:
    specs = [look.spec or load_study(look.study, "quick").report for look in SCRIPT["LOOKS"].values()]
    assert {spec.kind for spec in specs} == set(KINDS)
    assert set(SCRIPT["LEFT"]) == set(PICTURES)


def test_figures_look_as_they_did() -> None:
    """If this fails: ``python docs/looks.py --baselines``, look at what changed, and commit it."""
    SCRIPT["save_compared"](Path())
    assert {path.name for path in BASELINES} == {path.name for path in Path().glob("*.png")}
    assert {path.stem: apart(Path(path.name), path) for path in BASELINES} == {
        path.stem: pytest.approx(0, abs=ALIKE) for path in BASELINES
    }


def test_a_figure_that_looks_different_would_be_seen() -> None:
    with Image.open(BASELINES[0]) as picture:
        ImageOps.mirror(picture).save("mirrored.png")
        picture.crop((0, 0, picture.width, picture.height - 20)).save("lower.png")
    assert apart(Path("mirrored.png"), BASELINES[0]) > ALIKE
    assert apart(Path("lower.png"), BASELINES[0]) > ALIKE
