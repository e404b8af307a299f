"""The page on the methods: that it names every one, and what it says of their cost."""

import re
from pathlib import Path

import pytest

from core.config import METHODS
from core.cost import training_passes
from helpers import small_config

PAGE = Path(__file__).parents[1] / "docs" / "methods.md"
ROWS = {
    kind: row.split("|")[4]
    for row in PAGE.read_text(encoding="utf-8").splitlines()
    if row.startswith("| `")
    for kind in re.findall(r"`(\w+)`", row.split("|")[1])
}


def test_every_method_is_on_the_page() -> None:
    assert set(ROWS) - {"loss"} == set(METHODS.names())


@pytest.mark.parametrize("kind", METHODS.names())
def test_the_passes_are_those_that_are_counted(kind: str) -> None:
    """A view that is smaller than the images counts by its pixels."""
    config = small_config(loss={"kind": kind}, data={"name": "random", "image_size": 224}, epochs=2)
    found = re.match(r" ([\d.]+)", ROWS[kind])
    assert found
    assert training_passes(config) == pytest.approx(2 * float(found[1]), abs=0.1)
