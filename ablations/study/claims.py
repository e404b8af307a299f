"""Short forms of claims in a study file, checked against its grid and resolved for a scale.

The kinds of claims are in ``reports.statistics.claims.kinds``.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ablations.study.axes import Grid, value_text, values_of_all
from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from ablations.types.metrics import known_metric
from ablations.types.wording import did_you_mean, quoted
from reports.paper.catalog import paper_axes
from reports.statistics.claims.kinds import (
    BASELINE,
    AgreementClaim,
    AllClaim,
    BetterClaim,
    Claim,
    InteractionClaim,
    OrderingClaim,
    Part,
    SimilarClaim,
    TrendClaim,
    Where,
)

FIRST, LAST = "first", "last"
"""Words that stand for the first and the last value of an axis at the scale that is run: scales differ in their values,
and not in what is claimed of them."""

Values = Mapping[str, list[str]]
"""The values of each axis, as text."""

SIDES = ("cells", "than")
SIGN_ALONE = "(Here its sign alone: the margin is of another scale.)"


def check_claims(claims: list[Claim], grids: list[Grid], baselines: Collection[str], source: Source) -> None:
    """Raises ``StudyError`` for a metric that no trial leaves, for an axis, a value or a cell that the study's own grid
    does not have, and for a baseline that the study does not have."""
    axes = values_of_all(grids)
    for number, claim in enumerate(claims):
        keys: Keys = ("claims", number)
        if not claim.source:
            raise StudyError(f"{source.locate(keys)}: say where it is claimed: 'source' is required")
        for part, inner in parts_of(claim, keys):
            _check(part, axes, baselines, source, inner)


def parts_of(claim: Claim, keys: Keys) -> Iterator[tuple[Part, Keys]]:
    """The parts of a claim with their keys in the file; a claim without parts is its own part."""
    if isinstance(claim, AllClaim):
        yield from ((part, (*keys, "parts", number)) for number, part in enumerate(claim.parts))
    else:
        yield claim, keys


def _check(claim: Part, axes: Values, baselines: Collection[str], source: Source, keys: Keys) -> None:
    if claim.metric is not None:
        try:
            known_metric(claim.metric)
        except ValueError as error:
            raise StudyError(f"{source.locate((*keys, 'metric'))}: {error}") from error
    if isinstance(claim, BetterClaim):
        _check_sides(claim, axes, baselines, source, keys)
    for field, axis, value in _named(claim):
        _check_value(axes, axis, value, f"{source.locate((*keys, field))}")


def resolved(claim: Claim, own: list[Grid], grids: list[Grid], scale: str) -> Claim:
    """The claim with values as reports write them, cells as mappings, and the margin of a scale.

    ``own`` are the grids that the claim is written of, ``grids`` those of the scale.
    """
    calibration = [name for name in claim.calibration if name == scale]
    if isinstance(claim, AllClaim):
        parts = [_resolved(part, own, grids, scale) for part in claim.parts]
        return claim.model_copy(update={"parts": parts, "calibration": calibration})
    return _resolved(claim, own, grids, scale).model_copy(update={"calibration": calibration})


def _resolved(claim: Part, own: list[Grid], grids: list[Grid], scale: str) -> Part:
    everything = claim.model_dump(mode="json")
    texts = {name: _as_text(name, value, everything, own, grids) for name, value in everything.items()}
    known = {name: text for name, text in texts.items() if text is not None}
    return claim.model_copy(update=known | _at_scale(claim, scale))


def _at_scale(claim: Part, scale: str) -> dict[str, Any]:
    """The claim's text and margin at a scale, if the margin differs between scales."""
    if not isinstance(claim.margin, dict):
        return {}
    asked = scale in claim.margin
    return {"says": claim.says if asked else f"{claim.says} {SIGN_ALONE}", "margin": claim.margin.get(scale, 0.0)}


def _as_text(name: str, value: Any, claim: dict[str, Any], own: list[Grid], grids: list[Grid]) -> Any:
    """The value of a field that names values of axes; None for other fields."""
    axes, there = values_of_all(own), values_of_all(grids)
    match name:
        case "cells" | "than":
            return [_cell(cell, axes, there) for cell in value]
        case "where":
            return _cell(value, axes, there)
        case "order" | "values" if value is not None:
            return [_value(claim["axis"], one, there) for one in value]
        case "low" | "high":
            return _value(claim["axis"], value, there)
        case "start" | "end":
            return _value(claim["over"], value, there)
        case _:
            return None


def _cell(cell: str | list[Any] | Where, axes: Values, there: Values) -> dict[str, str]:
    if isinstance(cell, str):
        return {BASELINE: cell}
    return {axis: _value(axis, value, there) for axis, value in _pairs(cell, axes)}


def _value(axis: str, value: Any, there: Values) -> str:
    """The value as text; ``first`` and ``last`` are replaced by the value in that place."""
    values = there.get(axis, [])
    if value in (FIRST, LAST) and values and value not in values:
        return values[0 if value == FIRST else -1]
    return value_text(value)


def _named(claim: Part) -> Iterator[tuple[str, str, Any]]:
    """Field, axis and value of what a claim names; no value where it names the axis alone."""
    match claim:
        case OrderingClaim():
            yield from (("order", claim.axis, value) for value in claim.order)
        case TrendClaim():
            yield ("axis", claim.axis, None)
        case SimilarClaim():
            yield ("axis", claim.axis, None)
            yield from (("values", claim.axis, value) for value in claim.values or ())
        case InteractionClaim():
            yield from (("low", claim.axis, claim.low), ("high", claim.axis, claim.high))
            yield from (("start", claim.over, claim.start), ("end", claim.over, claim.end))
        case AgreementClaim():
            yield from (("key", axis, None) for axis in paper_axes(claim.key))
    yield from (("where", axis, value) for axis, value in getattr(claim, "where", {}).items())


def _check_sides(claim: BetterClaim, axes: Values, baselines: Collection[str], source: Source, keys: Keys) -> None:
    if not claim.cells and not claim.than:
        raise StudyError(f"{source.locate(keys)}: say which 'cells' are better, or better 'than' which")
    if claim.cells and all(cell in claim.than for cell in claim.cells):
        raise StudyError(f"{source.locate((*keys, 'than'))}: has the cells that it is to be compared with; name others")
    for side in SIDES:
        for number, cell in enumerate(getattr(claim, side)):
            here: Keys = (*keys, side, number)
            if isinstance(cell, str):
                _check_baseline(cell, baselines, source.locate(here))
                continue
            if isinstance(cell, list) and len(cell) != len(axes):
                raise StudyError(
                    f"{source.locate(here)}: a cell has a value for each axis, here {', '.join(axes)}; got {cell!r}"
                )
            for key, (axis, value) in zip(_keys(cell), _pairs(cell, axes), strict=True):
                _check_value(axes, axis, value, source.locate((*here, key)))


def _check_baseline(name: str, baselines: Collection[str], place: str) -> None:
    if name not in baselines:
        known = did_you_mean(name, baselines) if baselines else "the study has no baselines"
        raise StudyError(
            f"{place}: there is no baseline {quoted(name)}; {known}; a cell of the grid is a list of values"
        )


def _keys(cell: list[Any] | Where) -> list[Any]:
    return list(cell) if isinstance(cell, dict) else list(range(len(cell)))


def _pairs(cell: list[Any] | Where, axes: Values) -> list[tuple[str, Any]]:
    """Axis and value of each value."""
    return list(cell.items()) if isinstance(cell, dict) else list(zip(axes, cell, strict=True))


def _check_value(axes: Values, axis: str, value: Any, place: str) -> None:
    if axis not in axes:
        raise StudyError(f"{place}: {quoted(axis)} is no axis of the grid; {did_you_mean(axis, axes)}")
    if value not in (None, FIRST, LAST) and value_text(value) not in axes[axis]:
        raise StudyError(f"{place}: {axis} has no value {quoted(value)}; {did_you_mean(value_text(value), axes[axis])}")
