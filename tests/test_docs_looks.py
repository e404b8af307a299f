"""``make looks`` draws every kind of figure that there is."""

import runpy
from pathlib import Path

from ablations.api import load_study
from reports.figures.pictures.draw import PICTURES
from reports.kinds import KINDS

SCRIPT = runpy.run_path(str(Path(__file__).parents[1] / "docs" / "looks.py"))


def test_every_kind_of_figure_is_drawn_to_be_looked_at() -> None:
    specs = [look.spec or load_study(look.study, "quick").report for look in SCRIPT["LOOKS"].values()]
    assert {spec.kind for spec in specs} == set(KINDS)
    assert set(SCRIPT["LEFT"]) == set(PICTURES)
