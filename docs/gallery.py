"""The page gallery.md: every figure of results/ with the study that makes it, then every shipped study."""

from collections.abc import Iterator
from pathlib import Path

from ablations.api import load_study
from ablations.study.library import all_studies
from reports.paper.numbers import paper_numbers
from reports.saved.collection import COLLECTION, SavedCollection

HERE = Path(__file__).parent
RESULTS = HERE / "results"


def figures() -> Iterator[str]:
    """A section for each set of results that has its values beside it."""
    for folder in sorted(path.parent for path in RESULTS.glob(f"*/{COLLECTION}")):
        readme = folder / "README.md"
        heading = readme.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        yield f"## {heading}\n\n[How it was run, and what came out]({_link(readme)}).\n"
        yield from _figures(folder, SavedCollection.read(folder))


def _figures(folder: Path, saved: SavedCollection) -> Iterator[str]:
    """The figures of a folder, each with the command that makes it."""
    yield f"![All claims]({_link(folder / 'forest.png')})\n"
    for study in saved.whole:
        scale = "" if saved.scale == "quick" else f" --scale {saved.scale}"
        yield f"### {study.title}\n"
        yield f"{study.label if study.reproduces else 'Ours'}: [{study.name}.yaml](../studies/{study.name}.yaml),"
        data = _link(folder / study.name / "trials.csv")
        yield f"`ablate run {study.name}{scale}`. Drawn from [trials.csv]({data}).\n"
        yield f"![{study.title}]({_link(folder / study.name / 'figure.png')})\n"


def study_rows() -> Iterator[str]:
    """A row for each shipped study, in the order of their names."""
    yield "| study | what it asks | in the paper | kind of figure |\n|---|---|---|---|"
    for name, path in sorted(all_studies().items()):
        study = load_study(str(path)).study
        kind = study.report.kind if study.report else ""
        yield f"| [{name}](../studies/{path.name}) | {study.title} | {_place(study.reproduces)} | {kind} |"


def gallery() -> str:
    """The two parts of the page."""
    return "\n".join([*figures(), "## Every study\n", *study_rows()])


def _place(key: str | None) -> str:
    """The name of a figure or table in the paper; empty without a key."""
    numbers = paper_numbers(key)
    return numbers.title if numbers else (key or "").replace("_", " ").capitalize()


def _link(path: Path) -> str:
    return path.relative_to(HERE).as_posix()
