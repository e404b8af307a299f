"""Saved verdicts as sentences and tables, for the pages on results."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ablations.study.claims import SIGN_ALONE
from reports.cells.names import signed, with_minus
from reports.saved.claims import SavedClaim
from reports.saved.collection import SavedCollection, SavedStudy
from reports.statistics.ruling import WORDS, Word
from reports.tables.markdown import plain

IN_WORDS: dict[Word, str] = {
    "SUPPORTED": "Holds.",
    "REFUTED": "Does not hold.",
    "NO DIFFERENCE": "No difference.",
    "UNDECIDED": "Open.",
}
COUNTED: dict[Word, tuple[str, str]] = {  # of one claim, and of several
    "SUPPORTED": ("holds", "hold"),
    "REFUTED": ("does not hold", "do not hold"),
    "NO DIFFERENCE": ("makes no difference", "make no difference"),
    "UNDECIDED": ("is open", "are open"),
}


def bullets(claims: Iterable[SavedClaim], indent: str = "") -> Iterator[str]:
    """A line for each claim, and one below it for each of its parts."""
    for claim in claims:
        tail = "" if claim.parts else f" {effect(claim)}"
        yield f"{indent}- {mark(claim)} {words(claim)}{tail}{cost(claim)}"
        yield from bullets(claim.parts, f"{indent}    ")


def mark(claim: SavedClaim) -> str:
    """The verdict in words, and what a reader needs to know of the claim: ``**Holds.** *(calibration)*``."""
    notes = {"calibration": claim.calibration, "sign alone": claim.says.endswith(SIGN_ALONE)}
    told = ", ".join(note for note, is_so in notes.items() if is_so)
    return f"**{IN_WORDS[claim.word]}**" + (f" *({told})*" if told else "")


def words(claim: SavedClaim) -> str:
    """The claim's words; ``mark`` tells that its sign alone is asked."""
    return plain(claim.says.removesuffix(SIGN_ALONE).rstrip())


def effect(claim: SavedClaim) -> str:
    """The effect with its interval, what was asked, and the paper's effect: ``+4.5 points (+2.8 to +7.4).``"""
    if claim.effect is None:
        return f"No result: {plain(claim.reason)}."
    between = f" between {plain(claim.between)}" if claim.between else ""
    interval = f" ({' to '.join(number(end, claim) for end in claim.interval)})" if claim.interval else ""
    measured = " ".join(filter(None, [number(claim.effect, claim), claim.unit]))
    parts = [f"{measured}{between}{interval}"]
    parts += [f"{with_minus(claim.asked)} asked"] if claim.asked else []
    parts += [f"less than {claim.matters}, either way"] if claim.small or claim.word == "NO DIFFERENCE" else []
    parts += [f"the paper: {number(claim.paper, claim)}"] if claim.paper is not None else []
    return "; ".join(parts) + "."


def number(value: float, claim: SavedClaim) -> str:
    """A value of the effect with its sign; two digits after the point for a correlation."""
    exact = round(value, 9) + 0.0  # so that differences of equal numbers are no -3.8e-15
    return with_minus(f"{exact:+.2f}" if claim.unit == "rank correlation" else signed(exact))


def cost(claim: SavedClaim) -> str:
    """The cost of deciding an undecided claim, as a sentence; empty for a decided one and for a part."""
    if claim.word != "UNDECIDED" or not claim.takes or claim.parts:
        return ""
    hours = "" if claim.hours_needed is None else f", {hours_text(claim.hours_needed)} more"
    return f" {claim.takes[0].upper()}{claim.takes[1:]}{hours}."


def hours_text(hours: float) -> str:
    """Hours of compute in words: ``2.1 hours``, ``40 minutes``."""
    minutes = max(1, round(60 * hours))
    return f"{hours:,.1f} hours" if hours >= 1 else f"{minutes} minute{'s' * (minutes > 1)}"


def count_sentence(claims: Sequence[SavedClaim]) -> str:
    """How many claims have which verdict; those that chose the scale are counted apart."""
    plain_ones = [claim for claim in claims if not claim.calibration]
    chosen = [claim for claim in claims if claim.calibration]
    decided = sum(claim.word != "UNDECIDED" for claim in plain_ones)
    share = f"{decided} of {len(plain_ones)} claims are decided ({100 * decided / max(1, len(plain_ones)):.0f} %)"
    apart = f" Not counted are {len(chosen)} by which the scale was chosen: {_counts(chosen)}." if chosen else ""
    return f"**{share}**: {_counts(plain_ones)}.{apart}"


def _counts(claims: Sequence[SavedClaim]) -> str:
    counts = Counter(claim.word for claim in claims)
    return ", ".join(f"{counts[word]} {COUNTED[word][counts[word] > 1]}" for word in WORDS if counts[word]) or "none"


def claim_rows(studies: Iterable[SavedStudy]) -> Iterator[str]:
    """A table of all claims with their verdicts and reasons."""
    yield "| | claim | verdict | |\n| --- | --- | --- | --- |"
    for study in studies:
        for claim in study.claims:
            word = f"{claim.word}, calibration" if claim.calibration else claim.word
            yield f"| {study.label} | {cell(claim.says)} | {word} | {cell(claim.reason)} |"


def study_rows(saved: SavedCollection) -> Iterator[str]:
    """A table of all studies with the states of their trials."""
    yield "| study | in the paper | trials | |\n| --- | --- | ---: | --- |"
    for study in saved.studies:
        there = study.problem or ", ".join(f"{count} {state}" for state, count in study.states.items() if count)
        link = f"[{study.name}]({study.name}/table.md)" if study.is_whole else study.name
        yield f"| {link} | {study.label if study.reproduces else ''} | {sum(study.states.values())} | {there} |"


def cell(text: str) -> str:
    """A text in a cell of a table."""
    return plain(text).replace("|", "\\|")
