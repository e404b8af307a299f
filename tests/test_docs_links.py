"""Every relative link of the documents leads to a file that is there, and to a heading that it has."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAMES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
DOCUMENTS = [ROOT / name for name in NAMES] + [*ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/**/*.md")]
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)")


def links(document: Path) -> Iterator[tuple[Path, str]]:
    """The file and the anchor of each link that is not an address; the anchor is empty where there is none."""
    for path, anchor in LINK.findall(FENCED.sub("", document.read_text(encoding="utf-8"))):
        yield (document.parent / path if path else document), anchor


def anchors(document: Path) -> set[str]:
    """The anchors that are written, and those that GitHub gives the headings; one that comes again has a number."""
    text = FENCED.sub("", document.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    seen: Counter[str] = Counter()
    found = set(re.findall(r'<a id="([^"]+)">', text))
    for slug in slugs:
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    dead = [
        f"{path}#{anchor}"
        for path, anchor in links(document)
        if not path.exists() or (anchor and anchor not in anchors(path))
    ]
    assert not dead


def test_links_are_found_and_headings_are_known() -> None:
    Path("a.md").write_text("# The `end`: here\n## Twice\n## Twice\n[x](b.md#c) [y](#twice-1)\n```\n[z](no.md)\n```\n")
    assert list(links(Path("a.md"))) == [(Path("b.md"), "c"), (Path("a.md"), "twice-1")]
    assert anchors(Path("a.md")) == {"the-end-here", "twice", "twice-1"}
