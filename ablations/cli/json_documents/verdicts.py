"""The verdicts on claims, and their numbers."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from ablations.cli.json_documents.document import Part
from ablations.store.drawn import Verdicts, drawn_together
from ablations.study.collection import ScaledCollection
from core.remote import AnyPath

if TYPE_CHECKING:
    from ablations.tracking.collection_report import DrawnTogether


class VerdictEntry(Part):
    """The verdict of the results on a claim."""

    verdict: Literal["SUPPORTED", "REFUTED", "NO DIFFERENCE", "UNDECIDED"]
    """Whether the claim holds."""
    says: str
    """Text of the claim."""
    source: str
    """Place where the paper says so; empty for a part of a claim that does not say."""
    metric: str | None
    """Metric that the claim is about."""
    effect: float | None
    """Effect in ``unit``: a difference of cells' means, or a correlation; null where no seed has it."""
    unit: str
    """Unit of effect, interval and margin, such as ``points``."""
    between: str
    """The two things that the effect is between, if the claim is about several differences and this one decides."""
    interval: tuple[float, float] | None
    """Interval of the effect; null where no verdict can be taken."""
    level: float | None
    """Level of the interval, such as 0.983: the one at which the verdict is taken."""
    margin: float
    """Size that the effect must exceed; for a claim that values are alike, the size that it must not exceed."""
    matters: str
    """Smallest effect that would matter, such as ``1 point``; empty where that is not said."""
    small: bool
    """Whether the effect is certain, and as certainly smaller than what matters."""
    seeds: int
    """Number of seeds that the effect is from."""
    p: float | None
    """p, adjusted for all claims that were judged together; null where no verdict can be taken."""
    claims: int
    """Number of distinct claims that were judged together."""
    takes: str
    """Remedy that would decide it, such as more seeds; empty where it is decided."""
    seeds_needed: int | None
    """Number of seeds that would find an effect that matters four times in five. None where it is decided, and where
    that is not known."""
    calibration: bool
    """Whether the scale was chosen so that this effect shows."""
    notes: list[str]
    """Facts that a reader must know, such as a spread that is far from the usual one."""
    varied: list[str]
    """Random choices that differ between the seeds of a cell."""
    fixed: list[str]
    """Random choices that are the same in all seeds, so that the verdict does not cover them."""
    reason: str
    """The verdict and its numbers as a sentence."""
    parts: list["VerdictEntry"]
    """Parts of a claim that has several, each at the level of the whole."""


class VerdictCounts(Part):
    """Numbers of claims by their verdict, where the claims of all studies are judged together.

    More claims are judged at a smaller level, so that a verdict of a study's own page may differ.
    """

    supported: int
    """Claims that hold."""
    refuted: int
    """Claims that do not hold."""
    no_difference: int
    """Claims whose effect is certainly too small to matter."""
    undecided: int
    """Claims that more seeds may decide."""
    calibration: int
    """Claims among all these whose effects the scale was chosen by."""


def verdict_entries(values: Verdicts) -> list[VerdictEntry]:
    """Verdicts as parts of a document; none if they were written by another version: the next report writes them."""
    try:
        return [VerdictEntry.model_validate(one) for one in values]
    except ValidationError:
        return []


def together_entries(scaled: ScaledCollection, storage: AnyPath) -> list[VerdictEntry]:
    """The verdicts on all claims of a collection when it was last drawn, judged together."""
    drawn = drawn_together(storage, scaled.name, scaled.label)
    return [entry for verdicts in drawn.values() for entry in verdict_entries(verdicts)]


def verdict_counts(verdicts: Iterable[tuple[str, bool]]) -> VerdictCounts:
    """Counts of verdicts, each given by its word and whether it is calibration."""
    found = list(verdicts)
    words = Counter(word for word, _ in found)
    return VerdictCounts(
        supported=words["SUPPORTED"],
        refuted=words["REFUTED"],
        no_difference=words["NO DIFFERENCE"],
        undecided=words["UNDECIDED"],
        calibration=sum(calibration for _, calibration in found),
    )


def drawn_counts(together: "DrawnTogether | None") -> VerdictCounts:
    """Counts of the verdicts that were drawn together; all 0 if nothing was."""
    verdicts = together.verdicts.values() if together else ()
    return verdict_counts((verdict.word, verdict.calibration) for of_study in verdicts for verdict in of_study)
