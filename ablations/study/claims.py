"""What a study claims, checked against its grid.

Each kind of claim is an effect within one seed that is above a margin where the claim holds, but for the last, whose
effects are all below one; see ``reports.statistics.effects``.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ablations.study.axes import Grid
from ablations.study.settings import coordinate
from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from ablations.types.metrics import known_metric
from ablations.types.wording import did_you_mean, quoted
from core.config import Config
from core.config.base import default_tag
from reports.paper.catalog import paper_axes, published

FIRST, LAST = "first", "last"
"""In place of a value: the first or the last that the axis has at the scale that is run, since scales differ in
their values and not in what is claimed of them."""

Where = dict[str, Any]
"""Axes and the value of each, or its place: the cells that have them."""

Cells = list[Annotated[list[Any], Field(min_length=1)] | Annotated[Where, Field(min_length=1)]]
"""Each a value for every axis in the order of the grid, or a mapping of some axes to their values."""


def known_numbers(key: str) -> str:
    """The key itself. Raises ValueError where the project holds no numbers of the paper under it."""
    if key not in published():
        raise ValueError(f"there are no published numbers called {quoted(key)}; {did_you_mean(key, published())}")
    return key


class ClaimBase(Config):
    """What the paper says."""

    says: str
    """In the paper's words or close to them."""
    source: str
    """Where it says so."""
    margin: float | dict[str, float] = 0.0
    """How much larger than this the effect must be; in units of the metric, unless the kind says otherwise. Or by
    scale, as ``{imagenet: 3}``: points of one data set are not points of another, so 0 at any other scale."""
    metric: Annotated[str, AfterValidator(known_metric)] | None = None
    """Of which it is said; the report's metric where it is not given."""


class BetterClaim(ClaimBase):
    """``cells`` are better ``than`` others. Either may be left out and means all the other cells."""

    kind: Literal["better"] = "better"
    cells: Cells = []
    """Those that are better: each a value for every axis in the order of the grid, or a mapping of some axes to their
    values."""
    than: Cells = []
    """Those that are worse, in the same form."""
    by: Literal["best", "mean"] = "best"
    """Whether the best of either side are compared, or their means."""


class OrderingClaim(ClaimBase):
    """The values of an axis come in an order; the effect is the smallest step. Other axes are averaged."""

    kind: Literal["ordering"] = "ordering"
    axis: str
    """Whose values they are."""
    order: Annotated[list[Any], Field(min_length=2)]
    """The best first."""
    where: Where = {}
    """Other axes and the value of each: only these cells count."""


class TrendClaim(ClaimBase):
    """A metric rises or falls along an axis; the effect is the rise of a straight line. Other axes are averaged."""

    kind: Literal["trend"] = "trend"
    axis: str
    """Of numbers."""
    direction: Literal["rising", "falling"] = "rising"
    """Of the metric."""
    where: Where = {}
    """Other axes and the value of each: only these cells count."""


class InteractionClaim(ClaimBase):
    """The gain from ``low`` to ``high`` on one axis is larger at ``start`` of another than at its ``end``."""

    kind: Literal["interaction"] = "interaction"
    axis: str
    """That matters less along ``over``."""
    low: Any = FIRST
    """Its value before the gain."""
    high: Any = LAST
    """Its value after the gain."""
    over: str
    """The other axis."""
    start: Any = FIRST
    """Its value where the gain is large."""
    end: Any = LAST
    """Its value where the gain is small."""
    where: Where = {}
    """Further axes and the value of each: only these cells count."""


class AgreementClaim(ClaimBase):
    """The cells come in the paper's order: Spearman's rank correlation with its numbers is above the margin."""

    kind: Literal["agreement"] = "agreement"
    key: Annotated[str, AfterValidator(known_numbers)]
    """Of the paper's numbers, such as ``figure_5``; the axes that they are by are axes of the grid."""
    margin: float | dict[str, float] = 0.5
    """Of the correlation."""


class SimilarClaim(ClaimBase):
    """The values of an axis make little difference: no two of them are further apart than the margin, by an equivalence
    test. Other axes are averaged."""

    kind: Literal["similar"] = "similar"
    axis: str
    """Whose values they are."""
    values: Annotated[list[Any], Field(min_length=2)] | None = None
    """Those that are alike; all where none is named."""
    where: Where = {}
    """Other axes and the value of each: only these cells count."""
    margin: Annotated[float, Field(gt=0)]
    """How far apart they may be, either way; in units of the metric, and the same at every scale."""


Claim = Annotated[
    BetterClaim | OrderingClaim | TrendClaim | InteractionClaim | AgreementClaim | SimilarClaim,
    Field(discriminator="kind"),
    BeforeValidator(default_tag("kind", "better")),
]

SIDES = ("cells", "than")
SIGN_ALONE = "(Here its sign alone: the margin is of another scale.)"


def check_claims(claims: list[Claim], grids: list[Grid], source: Source) -> None:
    """Raises ``StudyError`` for an axis, a value or a cell that the study's own grid does not have."""
    axes = _axes(grids)
    for number, claim in enumerate(claims):
        keys: Keys = ("claims", number)
        if isinstance(claim, BetterClaim):
            _check_sides(claim, axes, source, keys)
        for field, axis, value in _named(claim):
            _check_value(axes, axis, value, f"{source.locate((*keys, field))}")


def claim_as_text(claim: Claim, own: list[Grid], grids: list[Grid], scale: str) -> dict[str, Any]:
    """JSON-able: what all claims have, and under ``effect`` what its kind has, values as reports write them.

    ``own`` are the grids that the claim is written of, ``grids`` those of the scale.
    """
    everything = claim.model_dump(mode="json")
    common = {name: everything.pop(name) for name in ("kind", *ClaimBase.model_fields)} | _at_scale(claim, scale)
    return common | {
        "effect": {name: _as_text(name, value, everything, own, grids) for name, value in everything.items()}
    }


def _at_scale(claim: Claim, scale: str) -> dict[str, Any]:
    """What is said, and the margin that is asked."""
    if not isinstance(claim.margin, dict):
        return {"margin": claim.margin}
    asked = scale in claim.margin
    return {"says": claim.says if asked else f"{claim.says} {SIGN_ALONE}", "margin": claim.margin.get(scale, 0.0)}


def _as_text(name: str, value: Any, claim: dict[str, Any], own: list[Grid], grids: list[Grid]) -> Any:
    axes, there = _axes(own), _axes(grids)
    match name:
        case "cells" | "than":
            return [_cell(cell, axes, there) for cell in value]
        case "where":
            return _cell(value, axes, there)
        case "order" | "values":
            return [_value(claim["axis"], one, there) for one in value or ()]
        case "low" | "high":
            return _value(claim["axis"], value, there)
        case "start" | "end":
            return _value(claim["over"], value, there)
        case _:
            return _text(value)


def _cell(cell: list[Any] | Where, axes: dict[str, list[str]], there: dict[str, list[str]]) -> dict[str, str]:
    return {axis: _value(axis, value, there) for axis, value in _pairs(cell, axes)}


def _value(axis: str, value: Any, there: dict[str, list[str]]) -> str:
    """As text; of a place the value that is there."""
    values = there.get(axis, [])
    if value in (FIRST, LAST) and values and value not in values:
        return values[0 if value == FIRST else -1]
    return _text(value)


def _axes(grids: list[Grid]) -> dict[str, list[str]]:
    """The values of each axis, as text, each once."""
    axes: dict[str, dict[str, None]] = {}
    points = [point for grid in grids for axis in grid.axes for point in axis]
    for point in points:
        for name, value in point.coordinates.items():
            axes.setdefault(name, {})[_text(value)] = None
    return {name: list(values) for name, values in axes.items()}


def _text(value: object) -> str:
    return str(coordinate(value))


def _named(claim: Claim) -> Iterator[tuple[str, str, Any]]:
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


def _check_sides(claim: BetterClaim, axes: dict[str, list[str]], source: Source, keys: Keys) -> None:
    if not claim.cells and not claim.than:
        raise StudyError(f"{source.locate(keys)}: say which 'cells' are better, or better 'than' which")
    for side in SIDES:
        for number, cell in enumerate(getattr(claim, side)):
            here: Keys = (*keys, side, number)
            if isinstance(cell, list) and len(cell) != len(axes):
                raise StudyError(
                    f"{source.locate(here)}: a cell has a value for each axis, here {', '.join(axes)}; got {cell!r}"
                )
            for key, (axis, value) in zip(_keys(cell), _pairs(cell, axes), strict=True):
                _check_value(axes, axis, value, source.locate((*here, key)))


def _keys(cell: list[Any] | Where) -> list[Any]:
    return list(cell) if isinstance(cell, dict) else list(range(len(cell)))


def _pairs(cell: list[Any] | Where, axes: dict[str, list[str]]) -> list[tuple[str, Any]]:
    """Axis and value of each value."""
    return list(cell.items()) if isinstance(cell, dict) else list(zip(axes, cell, strict=True))


def _check_value(axes: dict[str, list[str]], axis: str, value: Any, place: str) -> None:
    if axis not in axes:
        raise StudyError(f"{place}: {quoted(axis)} is no axis of the grid; {did_you_mean(axis, axes)}")
    if value not in (None, FIRST, LAST) and _text(value) not in axes[axis]:
        raise StudyError(f"{place}: {axis} has no value {quoted(value)}; {did_you_mean(_text(value), axes[axis])}")
