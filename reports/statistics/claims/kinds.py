"""The kinds of claims, as a study file writes them and as they are judged.

A study file may use short forms: values of any type, ``first`` and ``last`` in place of a value, a cell as a list of
values, a margin by scale. They are resolved before a claim is judged: then every value is a text, every cell a mapping
of axes to texts, and every margin a number. ``questions`` finds the cells that a claim compares.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from reports.paper.catalog import published

LONGEST_NAME = 60
"""The most characters of a name that an error repeats."""

Where = dict[str, Any]
"""A choice of cells: axes, and the value of each (or ``first`` or ``last``)."""

Cells = list[
    Annotated[str, Field(min_length=1)]
    | Annotated[list[Any], Field(min_length=1)]
    | Annotated[Where, Field(min_length=1)]
]
"""Cells: each a value for every axis in the order of the grid, a mapping of some axes to their values, or the name of a
baseline."""

BASELINE = "baseline"
"""The column of a table with the name of a baseline, and the only key of a cell that is one."""


def known_numbers(key: str) -> str:
    """The key itself. Raises ``ValueError`` if the project holds no numbers of the paper under it."""
    if key not in published():
        close = get_close_matches(key[:LONGEST_NAME], published(), n=1)
        remedy = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(published())}"
        raise ValueError(f"there are no published numbers called {key[:LONGEST_NAME]!r}; {remedy}")
    return key


class ClaimBase(BaseModel):
    """A claim of the paper: the fields that all kinds have."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
    )

    says: str
    """The claim in the paper's words or close to them."""
    source: str = ""
    """The place in the paper. A part of a claim may leave it out."""
    margin: float | dict[str, float] = 0.0
    """The effect that must be exceeded, in units of the metric unless the kind says otherwise. Or one for each scale,
    as ``{imagenet: 3}``: it is 0 at any other scale, since points of one data set are not points of another."""
    delta: Annotated[float, Field(gt=0)] | None = None
    """The largest difference that does not matter, in units of the metric: the verdict is NO DIFFERENCE once the effect
    is sure to be smaller, either way. If it is not given, one point for a percentage, and none for other metrics. To be
    written before anything is measured: half the effect that the paper prints, and at most 1 point."""
    metric: str | None = None
    """The metric that the claim is about; the report's metric if it is not given."""
    calibration: list[str] = []
    """Scales whose settings were chosen so that this effect shows, as ``benchmarks/instrument.md`` says. There its
    verdict tells how well the scale measures, and is counted as calibration."""

    @property
    def asked(self) -> float:
        """The margin as a number; 0 if it is given for other scales only."""
        return 0.0 if isinstance(self.margin, dict) else self.margin


class BetterClaim(ClaimBase):
    """``cells`` are better ``than`` others. Either may be left out and means all the other cells."""

    kind: Literal["better"] = "better"
    cells: Cells = []
    """The cells that are better: each a value for every axis in the order of the grid, or a mapping of some axes to
    their values; or the name of a baseline."""
    than: Cells = []
    """The cells that are worse, in the same form, such as ``[random initialisation]`` for a baseline."""
    by: Literal["best", "mean"] = "best"
    """Whether the best cells of the two sides are compared, or the means of the sides."""


class OrderingClaim(ClaimBase):
    """The values of an axis come in an order; the effect is the smallest step. Other axes are averaged."""

    kind: Literal["ordering"] = "ordering"
    axis: str
    """The axis whose values are ordered."""
    order: Annotated[list[Any], Field(min_length=2)]
    """The values of the axis, the best first."""
    where: Where = {}
    """Other axes and the value of each: only these cells count."""


class TrendClaim(ClaimBase):
    """A metric rises or falls along an axis; the effect is the rise of a straight line. Other axes are averaged."""

    kind: Literal["trend"] = "trend"
    axis: str
    """The axis along which the metric rises or falls; its values count as equally far apart."""
    direction: Literal["rising", "falling"] = "rising"
    """The direction of the metric."""
    where: Where = {}
    """Other axes and the value of each: only these cells count."""


class InteractionClaim(ClaimBase):
    """The gain from ``low`` to ``high`` on one axis is larger at ``start`` of another than at its ``end``."""

    kind: Literal["interaction"] = "interaction"
    axis: str
    """The axis of the gain, which matters less along ``over``."""
    low: Any = "first"
    """The value of the axis before the gain."""
    high: Any = "last"
    """The value of the axis after the gain."""
    over: str
    """The other axis."""
    start: Any = "first"
    """The value of ``over`` at which the gain is large."""
    end: Any = "last"
    """The value of ``over`` at which the gain is small."""
    where: Where = {}
    """Further axes and the value of each: only these cells count."""


class AgreementClaim(ClaimBase):
    """The cells come in the paper's order: Spearman's rank correlation with the paper's numbers is above the margin."""

    kind: Literal["agreement"] = "agreement"
    key: Annotated[str, AfterValidator(known_numbers)]
    """The paper's numbers, such as ``figure_5``. The grid must have all their axes, and 8 of their cells or more."""
    margin: float | dict[str, float] = 0.5
    """The correlation that must be exceeded."""


class SimilarClaim(ClaimBase):
    """The values of an axis make little difference: an equivalence test shows that no two of them differ by more than
    the margin. Other axes are averaged."""

    kind: Literal["similar"] = "similar"
    axis: str
    """The axis whose values are compared."""
    values: Annotated[list[Any], Field(min_length=2)] | None = None
    """The values that are alike; all if none is named."""
    where: Where = {}
    """Other axes and the value of each: only these cells count."""
    margin: Annotated[float, Field(gt=0)]
    """The largest difference between two of the values, in units of the metric; the same at every scale."""


def _with_kind(value: Any) -> Any:
    """The values of a claim with a kind: ``better`` if none is given."""
    return {"kind": "better", **value} if isinstance(value, dict) and "kind" not in value else value


Part = Annotated[
    BetterClaim | OrderingClaim | TrendClaim | InteractionClaim | AgreementClaim | SimilarClaim,
    Field(discriminator="kind"),
    BeforeValidator(_with_kind),
]


class AllClaim(ClaimBase):
    """Several parts, all of which must hold, such as the two halves of a sentence. One part that does not hold refutes
    the claim."""

    kind: Literal["all"] = "all"
    parts: Annotated[list[Part], Field(min_length=2)]
    """Claims of any other kind, each with a text, a margin and a metric of its own."""


Claim = Annotated[
    BetterClaim | OrderingClaim | TrendClaim | InteractionClaim | AgreementClaim | SimilarClaim | AllClaim,
    Field(discriminator="kind"),
    BeforeValidator(_with_kind),
]


def parts_of(claim: Claim) -> list[Part]:
    """The parts of a claim; the claim itself if it has no parts."""
    return claim.parts if isinstance(claim, AllClaim) else [claim]


def baselines_in(claim: Part) -> list[str]:
    """The names of the baselines that a claim compares, once its short forms are resolved."""
    cells = [*claim.cells, *claim.than] if isinstance(claim, BetterClaim) else []
    return list(dict.fromkeys(cell[BASELINE] for cell in cells if isinstance(cell, dict) and BASELINE in cell))


def read_claims(values: Sequence[dict[str, Any]]) -> list[Claim]:
    """Claims from their JSON form, ``claim.model_dump(mode="json")``. The form of version 0.1.0, with a nested
    ``effect``, is read too."""
    return TypeAdapter(list[Claim]).validate_python([_flat(one) for one in values])


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    flat = {name: value for name, value in values.items() if name != "effect"} | values.get("effect", {})
    return {name: value for name, value in flat.items() if (name, value) != ("values", [])}
