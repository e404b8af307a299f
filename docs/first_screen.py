"""The results on the README's first screen, with the numbers of results/: what stands between its two marks."""

import textwrap
from pathlib import Path

from claim_texts import count_sentence, hours_text
from what_holds import PAPER

from reports.saved.collection import SavedCollection

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- results: written by docs/generate.py -->\n", "<!-- end -->"
SHOWN = "augmentation_grid"
LINE = 120


def readme_with_results() -> str:
    """The text of the README with today's results."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}{_results()}\n{END}{rest.partition(END)[2]}"


def _results() -> str:
    paper = SavedCollection.read(PAPER)
    study = next(one for one in paper.whole if one.name == SHOWN)
    claims = [claim for one in paper.whole for claim in one.claims]
    trials = sum(study.states.values())
    so_far = (
        ""
        if len(paper.whole) == len(paper.studies)
        else f" ({len(paper.whole)} of {len(paper.studies)} studies so far)"
    )
    told = (
        f"*The paper's claims, judged together{so_far}. {count_sentence(claims).replace('*', '')} "
        "[What holds on a laptop](docs/what-holds.md) lists each of them, beside the paper's number.*"
    )
    return f"""\
![Figure 5 on CIFAR-10 images beside the paper's](docs/results/paper-laptop/{SHOWN}/figure.png)

*Figure 5 on 8,000 CIFAR-10 images (JPEG, quality 75) with a quarter-width ResNet-10: {trials} trials, three seeds,
{hours_text(study.hours)} of compute, each trial on {paper.facts["hardware"]}.*

![The claims of the paper with their effects, intervals and verdicts](docs/results/paper-laptop/forest.png)

{textwrap.fill(told, LINE)}"""
