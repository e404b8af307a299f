"""What every configuration has in common."""

import math
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict


class Config(BaseModel):
    """A frozen value: two equal configurations are one and the same experiment.

    Unknown fields, numbers given as text, NaN and infinity are refused (``pydantic.ValidationError``).
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
    )


def _ascending(limits: tuple[float, float]) -> tuple[float, float]:
    low, high = limits
    if not (0 < low <= high and math.isfinite(high)):
        raise ValueError(f"a range is [low, high] with 0 < low <= high, not [{low}, {high}]")
    return limits


Range = Annotated[tuple[float, float], Strict(False), AfterValidator(_ascending)]
"""[low, high], both above 0, of a uniform draw."""

Probability = Annotated[float, Field(ge=0, le=1)]
"""How often an operation is applied, drawn for each sample by itself."""


def default_tag(field: str, tag: str) -> Callable[[Any], Any]:
    """Of a choice between models told apart by ``field``: the model meant where ``field`` is not given."""

    def tagged(value: Any) -> Any:
        return {field: tag, **value} if isinstance(value, dict) else value

    return tagged
