"""Checks that go beyond a claim's cells: the scales that it names, and axes that it names twice."""

from collections.abc import Collection, Sequence

from ablations.study.claims import parts_of
from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from ablations.types.wording import did_you_mean, quoted
from reports.statistics.claims.kinds import Claim, Part


def check_claim_names(claims: Sequence[Claim], scales: Collection[str], source: Source) -> None:
    """Raises ``StudyError`` for a scale that is not there, and for an axis that is named twice."""
    for number, claim in enumerate(claims):
        keys: Keys = ("claims", number, "calibration")
        _check_scales([(name, (*keys, place)) for place, name in enumerate(claim.calibration)], scales, source)
        for part, keys in parts_of(claim, ("claims", number)):
            margins = part.margin if isinstance(part.margin, dict) else {}
            _check_scales([(name, (*keys, "margin", name)) for name in margins], scales, source)
            _check_axes(part, source, keys)


def _check_scales(named: Sequence[tuple[str, Keys]], scales: Collection[str], source: Source) -> None:
    for name, keys in named:
        if name not in scales:
            raise StudyError(f"{source.locate(keys)}: there is no scale {quoted(name)}; {did_you_mean(name, scales)}")


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
