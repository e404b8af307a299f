"""The page on verdicts: its worked example is judged as it says, from the committed table."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_says_what_the_committed_tables_say() -> None:
    script = runpy.run_path(str(DOCS / "verdict_pictures.py"))
    text = (DOCS / "verdicts.md").read_text(encoding="utf-8")
    assert script["filled"](text, script["worked_example"]()) == text, "run: python docs/verdict_pictures.py"


def test_the_example_has_every_verdict() -> None:
    verdicts = runpy.run_path(str(DOCS / "verdict_pictures.py"))["worked_example"]()
    assert {one.word for one in verdicts} == {"SUPPORTED", "REFUTED", "NO DIFFERENCE", "UNDECIDED"}
