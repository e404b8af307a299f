"""The page what-holds.md: every claim of the paper that was measured, in a sentence, beside the paper's number."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from claim_texts import bullets, count_sentence, hours_text, mark, words
from results_pages import NOTES

from reports.saved.collection import SavedCollection, SavedStudy
from reports.statistics.ruling import WORDS

HERE = Path(__file__).parent
PAPER = HERE / "results" / "paper-laptop"
OTHER_DATA = HERE / "results" / "on_your_data-quick"
PICTURED = (
    "Each line is a claim, its point the effect, its bar the interval; filled points are decided. An arrow goes on "
    "beyond the picture. Select a picture to see it at its full size."
)


def what_holds() -> str:
    """The generated part of the page."""
    return "\n".join(_parts())


def _parts() -> Iterator[str]:
    paper = SavedCollection.read(PAPER)
    claims = [claim for study in paper.whole for claim in study.claims]
    yield "## In short\n"
    yield f"{count_sentence(claims)} Decided are:\n"
    yield from _decided(paper.whole)
    yield "\n## All claims\n"
    yield f"{PICTURED}\n"
    yield f"{_picture('All claims', PAPER / 'forest.png')}\n"
    yield "## Figure by figure\n"
    for study in paper.whole:
        yield from _section(study, PAPER)
    if OTHER_DATA.exists():
        yield from _other_data()
    yield from _computed(paper)


def _decided(studies: Iterable[SavedStudy]) -> Iterator[str]:
    """A line for each claim with a verdict, with a link to its figure; claims of the same words share a line."""
    found: dict[tuple[str, str], list[str]] = {}
    for study in studies:
        for claim in study.claims:
            if claim.word != "UNDECIDED":
                said = f"{mark(claim)} {words(claim)}"
                found.setdefault((claim.word, said), []).append(f"[{study.label}](#{study.name})")
    for (_, said), places in sorted(found.items(), key=lambda one: WORDS.index(one[0][0])):
        yield f"- {said} {', '.join(places)}"


def _section(study: SavedStudy, folder: Path) -> Iterator[str]:
    heading = f"{study.label}: {study.title}" if study.reproduces else study.title
    yield f'<a id="{study.name}"></a>\n'
    yield f"### {heading}\n"
    yield f"{_picture(study.title, folder / study.name / 'figure.png')}\n"
    yield from bullets(study.claims)
    yield "" if study.claims else "It has no claim: the figure is to be looked at.\n"


def _other_data() -> Iterator[str]:
    """The study on data where another answer is right."""
    saved = SavedCollection.read(OTHER_DATA)
    yield "## What holds there need not hold on your data\n"
    yield (OTHER_DATA / NOTES).read_text(encoding="utf-8")
    for study in saved.whole:
        yield f"{_picture(study.title, OTHER_DATA / study.name / 'figure.png')}\n"
        yield from bullets(study.claims)
    yield f"\n    {saved.command}\n"


def _computed(paper: SavedCollection) -> Iterator[str]:
    yield "## How it was computed\n"
    yield f"    {paper.command}\n"
    yield (PAPER / NOTES).read_text(encoding="utf-8")
    done = sum(sum(study.states.values()) for study in paper.whole)
    yield (
        f"The {len(paper.whole)} studies of this page have {done:,} trials. All trials so far took "
        f"{hours_text(paper.hours)} on {paper.facts['hardware']}, in {paper.facts['numerics']} with PyTorch "
        f"{paper.facts['torch']}. [All numbers, of every seed]({_link(PAPER / 'README.md')}).\n"
    )
    left = [study for study in paper.studies if not study.is_whole]
    if left:
        yield "## Not finished yet\n"
        time = "" if paper.hours_left is None else f", about {hours_text(paper.hours_left)}"
        yield f"{len(left)} of {len(paper.studies)} studies are left{time}. They come here when they are whole:\n"
        yield from map(_left, left)


def _left(study: SavedStudy) -> str:
    trials, name = sum(study.states.values()), f"{study.label}, {study.title}" if study.reproduces else study.title
    number = len(study.paper_effects)
    count = f"{number} claim{'' if number == 1 else 's'}" if number else "no claim"
    far = study.problem or f"{study.states['done']} of {trials} trials are done"
    return f"- {name} ({count}): {far}"


def _picture(title: str, path: Path) -> str:
    """A picture that opens at its full size, for phones."""
    return f"[![{title}]({_link(path)})]({_link(path)})"


def _link(path: Path) -> str:
    return path.relative_to(HERE).as_posix()
