"""Judges and draws the results of results/ again, from the values beside them: python docs/redraw_results.py

Each folder with a ``collection.json`` gets its figures, its tables, its verdicts and its ``README.md``; see
``reports.saved``. Tests compare what is committed with what is made now.
"""

from pathlib import Path

from results_pages import readme

from reports.saved.collection import COLLECTION, redraw

RESULTS = Path(__file__).parent / "results"


def folders() -> list[Path]:
    """Every folder of results."""
    return sorted(path.parent for path in RESULTS.glob(f"*/{COLLECTION}"))


def redraw_folder(folder: Path) -> None:
    """Draw a folder of results again."""
    (folder / "README.md").write_text(readme(redraw(folder), folder), encoding="utf-8")


def main() -> None:
    for folder in folders():
        redraw_folder(folder)
        print(folder.name)


if __name__ == "__main__":
    main()
