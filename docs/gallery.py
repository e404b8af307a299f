"""The page gallery.md: every figure of results/ with the study that makes it, then every shipped study."""

from collections.abc import Iterator
from pathlib import Path

from ablations.api import load_study
from ablations.study.library import all_studies
from reports.paper.numbers import paper_numbers

HERE = Path(__file__).parent
RESULTS = HERE / "results"


def figures() -> Iterator[str]:
    """A section for each set of results: its page, and its figures."""
    for readme in sorted(RESULTS.glob("*/README.md")):
        folder = readme.parent
        heading = readme.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        yield f"## {heading}\n\n[How it was run, and what came out]({_link(readme)}).\n"
        if (page := folder / "page.png").exists():
            yield f"![The first screen of its page]({_link(page)})\n"
        for figure in sorted(folder.rglob("figure.png")):
            yield from _figure(figure, folder.name)


def _figure(path: Path, scale: str) -> Iterator[str]:
    """The figure with its command. Its folder is named as its study, with the scale behind it or around it."""
    name, _, own_scale = path.parent.name.partition("-")
    study = load_study(name).study
    command = f"ablate run {name}" if own_scale == "quick" else f"ablate run {name} --scale {own_scale or scale}"
    yield f"### {study.title}\n"
    yield f"{_place(study.reproduces) or 'Ours'}: [{name}.yaml](../studies/{name}.yaml), `{command}`."
    yield f"Drawn from [data.csv]({_link(path.with_name('data.csv'))}).\n"
    yield f"![{study.title}]({_link(path)})\n"


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
