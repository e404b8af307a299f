"""The verdicts on a study's claims as they are saved: with the paper's own effect, and what is left to pay."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict

from reports.paper.numbers import paper_numbers
from reports.statistics.claims.kinds import BASELINE, AgreementClaim, Claim, parts_of
from reports.statistics.ruling import Word
from reports.statistics.verdicts import Verdict, judge
from reports.study_report import StudyReport

HOUR = 3600.0
PaperEffects = list[float | None]
"""The paper's effect of each part of a claim; a claim without parts is its own part. None if its numbers lack it."""


class SavedClaim(BaseModel):
    """A claim, or a part of one, with its verdict."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    says: str
    source: str
    word: Word
    """The verdict."""
    calibration: bool
    """Whether the scale was chosen so that this effect shows."""
    effect: float | None
    """The effect in ``unit``; positive as claimed. None without a result."""
    interval: tuple[float, float] | None
    seeds: int
    unit: str
    between: str
    """The two sides of the effect in words, if the claim is about several differences; else empty."""
    asked: str
    """The bound that the claim asks for, as ``more than 3``; empty if any effect is enough."""
    matters: str
    """The smallest effect that would matter, as ``1 point``; empty if it is not said."""
    small: bool
    """Whether the effect is certain, and also certainly smaller than what matters."""
    reason: str
    """The reason in words, with p and the number of claims of the page."""
    paper: float | None
    """The paper's effect, from its own numbers at its own scale; None if it prints none."""
    takes: str
    """The seeds that would decide an undecided claim, in words; empty if it is decided."""
    seeds_needed: int | None
    """The seeds that would find an effect that matters four times in five; None if decided or not known."""
    hours_needed: float | None
    """The hours of the seeds that are lacking, in the cells that the claim is about."""
    parts: list[Self] = []


def saved_claims(
    report: StudyReport, verdicts: Sequence[Verdict], paper: Sequence[PaperEffects], training: Mapping[str, float]
) -> list[SavedClaim]:
    """The verdicts of a study with the paper's effects. ``training`` are the seconds of each encoder, by its id."""
    return [_saved(report, verdict, effects, training) for verdict, effects in zip(verdicts, paper, strict=True)]


def _saved(report: StudyReport, verdict: Verdict, paper: PaperEffects, training: Mapping[str, float]) -> SavedClaim:
    parts = [
        _saved(report, part, [one], training) for part, one in zip(verdict.parts, paper, strict=bool(verdict.parts))
    ]
    shown = next((part for part in parts if part.word == verdict.word), None)  # the one whose effect the claim has
    needed = max((part.seeds_needed or 0 for part in parts), default=0) or verdict.seeds_needed
    return SavedClaim(
        says=verdict.claim.says,
        source=verdict.claim.source,
        word=verdict.word,
        calibration=verdict.calibration,
        effect=verdict.mean,
        interval=verdict.interval,
        seeds=verdict.seeds,
        unit=verdict.unit,
        between=verdict.about.removeprefix("between "),
        asked=verdict.asked,
        matters=verdict.matters,
        small=verdict.small,
        reason=verdict.reason,
        paper=shown.paper if shown else paper[0],
        takes=verdict.takes,
        seeds_needed=needed,
        hours_needed=needed and (needed - verdict.seeds) * _hours(report.every_trial, verdict, training),
        parts=parts,
    )


def _hours(table: pd.DataFrame, verdict: Verdict, training: Mapping[str, float]) -> float:
    """The hours of one seed of the cells that a claim is about."""
    axes = [axis for axis in dict.fromkeys(axis for cell in verdict.cells for axis in cell) if axis != BASELINE]

    def is_asked(row: dict[Any, Any]) -> bool:
        cell = {BASELINE: row[BASELINE]} if row[BASELINE] else {axis: row[axis] for axis in axes}
        return cell in verdict.cells

    rows = table[[is_asked(row) for row in table.to_dict("records")]]
    seconds = sum(training.get(encoder, 0.0) for encoder in rows["encoder_id"].unique())
    return seconds / max(1, rows["seed"].nunique()) / HOUR


def training_seconds(reports: Sequence[StudyReport]) -> dict[str, float]:
    """The seconds of each encoder with its longest evaluation, by its id: the training is counted in one of its trials,
    in whatever study that is."""
    trials = pd.concat([report.every_trial[["encoder_id", "seconds"]] for report in reports])
    return {str(key): float(value) for key, value in trials.groupby("encoder_id")["seconds"].max().items()}


def paper_effects(claims: Sequence[Claim], axes: list[str], metric: str, key: str | None) -> list[PaperEffects]:
    """The effects in the paper's own numbers, of claims that are resolved at the paper's scale. A claim on the order of
    the paper's cells has none."""
    return [[_paper_effect(part, axes, metric, key) for part in parts_of(claim)] for claim in claims]


def _paper_effect(part: Claim, axes: list[str], metric: str, key: str | None) -> float | None:
    numbers, asked = paper_numbers(key), part.metric or metric
    if numbers is None or isinstance(part, AgreementClaim) or asked not in numbers.metrics:
        return None
    if set(numbers.axes) != set(axes):
        return None
    trials = numbers.table.assign(seed=0, state="done", baseline="").dropna(subset=[asked])
    return judge([part], trials, axes, metric)[0].mean
