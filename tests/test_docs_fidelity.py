"""docs/fidelity.md: every row is marked, every value is read from the program, every sentence of ours has its test.

The test that the page is what the program says is in test_study_schema.py, as for the other generated pages.
"""

import ast
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from ablations.study.settings import dotted_values
from core.config import PretrainConfig
from core.config.base import whole

ROOT = Path(__file__).parent.parent
TABLE = runpy.run_path(str(ROOT / "docs" / "fidelity_table.py"))
ROWS: list[dict[str, str]] = [row for section in TABLE["sections"]() for row in section["rows"]]
UNMARKED = {"not said", "not there", "no command"}
OURS_ALONE = {
    "augment.policy": "which policy it is, of which the page tells the default",
    "augment.broader": "appendix B.2's, off",
    "augment.also": "Table 3's last rows, off",
    "data.subset": "all images",
    "data.subset_seed": "of a subset",
    "data.classes": "all classes",
    "data.imbalance": "none",
    "data.unlabelled": "all images have labels",
    "data.unreadable": "every image decodes",
    "data.fingerprint": "which images they are",
    "data.split": "ImageNet has its splits",
    "data.split_seed": "of such a split",
    "encoder.kind": "the paper has ResNets alone",
    "encoder.weights_hash": "no weights to start from",
    "precision": "the paper does not say; TensorFlow's is float32",
    "seed": "a study gives it",
}
"""Settings that the page does not name, and why."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["setting"])
def test_a_row_says_where_each_source_was_read(row: dict[str, str]) -> None:
    for source, marks in (("paper", "PI"), ("v1", "CI"), ("v2", "CI")):
        text = row[source].strip()
        assert text in UNMARKED or re.search(rf"\[[{marks}]\]$", text), (source, text)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["setting"])
def test_a_row_names_a_test_that_is_there(row: dict[str, str]) -> None:
    file, _, name = row["held_by"].partition("::")
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert name in functions


def test_settings_are_unlike_ours_only_with_a_reason() -> None:
    """The row says why the scale has another value than the default."""
    for row in ROWS:
        at_scale, by_default = (TABLE["filled"](row["ours"], TABLE["settings"](scale)) for scale in ("imagenet", None))
        assert at_scale == by_default or row.get("why"), row["setting"]


@pytest.mark.parametrize("path", sorted({path for path in TABLE["paths"]() if ":" not in path}))
def test_a_value_is_read_and_not_written(path: str) -> None:
    """Another default would be another page."""
    values: dict[str, Any] = TABLE["settings"]()
    row = next(row for row in ROWS if f"{{{path}}}" in row["ours"] + row.get("why", ""))
    text = row["ours"] + row.get("why", "")
    assert TABLE["filled"](text, values) != TABLE["filled"](text, values | {path: "another"})


def test_every_setting_of_a_training_is_on_the_page() -> None:
    """A new one needs a row, or a reason to have none."""
    settings = set(dotted_values(whole(PretrainConfig())))
    assert settings - set(TABLE["paths"]()) == set(OURS_ALONE)


def test_the_scale_imagenet_has_the_released_codes_values_where_the_paper_gives_none() -> None:
    values = TABLE["settings"]("imagenet")
    assert (values["augment.color_form"], values["encoder.initialisation"]) == ("released_v1", "released")
    assert TABLE["settings"]()["augment.color_form"] == "torchvision"
