"""Checks that go beyond a claim's cells: the scales of its margins, and axes that it names twice."""

from collections.abc import Collection, Sequence

from ablations.study.claims import parts_of
from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from ablations.types.wording import did_you_mean, quoted
from reports.statistics.claims import Claim, Part


def check_claim_names(claims: Sequence[Claim], scales: Collection[str], source: Source) -> None:
    """Raises ``StudyError`` for a margin at a scale that is not there, and for an axis that is named twice."""
    for number, claim in enumerate(claims):
        for part, keys in parts_of(claim, ("claims", number)):
            _check_scales(part, scales, source, keys)
            _check_axes(part, source, keys)


def _check_scales(claim: Part, scales: Collection[str], source: Source, keys: Keys) -> None:
    for scale in claim.margin if isinstance(claim.margin, dict) else ():
        if scale not in scales:
            place = source.locate((*keys, "margin", scale))
            raise StudyError(f"{place}: there is no scale {quoted(scale)}; {did_you_mean(scale, scales)}")


def _check_axes(claim: Part, source: Source, keys: Keys) -> None:
    """A condition on an axis that the claim compares would leave one value of it, and nothing to compare."""
    fields = [name for name in ("axis", "over") if hasattr(claim, name)]
    named: list[tuple[Keys, str]] = [((name,), getattr(claim, name)) for name in fields]
    named += [(("where", axis), axis) for axis in getattr(claim, "where", {})]
    seen: set[str] = set()
    for inner, axis in named:
        if axis in seen:
            raise StudyError(f"{source.locate((*keys, *inner))}: the claim names {axis} twice; name another axis")
        seen.add(axis)
