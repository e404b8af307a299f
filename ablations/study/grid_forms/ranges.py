"""Ranges of numbers: ``{log: [1e-4, 0.1, 7]}`` and ``{linear: [0, 1, 5]}``."""

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ablations.study.axes import Axis, Point
from ablations.study.grid_forms.points import plain_axis, point_settings
from ablations.study.schema.settings_schema import number_types
from ablations.study.settings import Setting
from ablations.study.yaml_source import Keys, Source
from ablations.types.errors import StudyError
from ablations.types.wording import quoted

Spacing = Literal["log", "linear"]
SPACINGS: tuple[Spacing, ...] = get_args(Spacing)
DIGITS = 4
"""Significant digits of a value, so that it can be read and typed."""
MOST_VALUES = 1000


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, evenly spaced on a logarithm or on a line."""

    path: str
    spacing: Spacing
    low: float
    high: float
    whole: bool
    """Whether all values are whole numbers."""
    source: Source
    keys: Keys

    def axis(self, count: int) -> Axis:
        """An axis of ``count`` values from end to end. Raises ``StudyError`` if two are equal once they are rounded."""
        step = 1 / (count - 1)
        return plain_axis(self.path, [self._setting(self._value(number * step, step)) for number in range(count)])

    def point(self, share: float) -> Point:
        """The value at a share of the range, from 0 to 1."""
        setting = self._setting(self._value(share, 1.0))
        return Point({self.path: setting.value}, point_settings(self.path, setting), setting.place())

    def _setting(self, value: float) -> Setting:
        return Setting(value, self.source, self.keys)

    def _value(self, share: float, step: float) -> float:
        """The rounded value at a share of the range; ``step`` is the share between two values."""
        if self.spacing == "log":
            exact = math.exp((1 - share) * math.log(self.low) + share * math.log(self.high))
            value = float(f"{exact:.{DIGITS}g}")
        else:
            decimals = DIGITS - 1 - math.floor(math.log10(step * (self.high - self.low)))
            value = round(self.low + share * (self.high - self.low), decimals)
        return round(value) if self.whole else float(value)


def parse_range(path: str, entry: dict[str, Any], source: Source, keys: Keys) -> Axis | Range | None:
    """The axis of a range with a count; the range itself without one; None for labels and their values.

    Raises ``StudyError`` for a range that cannot be.
    """
    spacing = next((one for one in SPACINGS if isinstance(entry.get(one), list)), None)
    if spacing is None or len(entry) != 1:
        return None
    numbers = entry[spacing]
    _check(spacing, numbers, source.locate((*keys, spacing)))
    low, high = numbers[:2]
    kinds = number_types(path)
    both_whole = isinstance(low, int) and isinstance(high, int)
    whole = kinds == {"integer"} or ("integer" in kinds and both_whole)
    found = Range(path, spacing, low, high, whole, source, keys)
    return found.axis(numbers[2]) if len(numbers) == 3 else found


def _check(spacing: str, numbers: list[Any], place: str) -> None:
    if not (2 <= len(numbers) <= 3 and all(map(_is_number, numbers))):
        raise StudyError(f"{place}: a range is [low, high, count], three numbers; not {quoted(numbers)}")
    low, high = numbers[:2]
    if not low < high:
        raise StudyError(f"{place}: a range goes up, and {low:g} is not below {high:g}")
    if spacing == "log" and low <= 0:
        raise StudyError(f"{place}: a logarithm begins above 0, not at {low:g}; take linear")
    if len(numbers) == 3 and not (isinstance(numbers[2], int) and 2 <= numbers[2] <= MOST_VALUES):
        raise StudyError(f"{place}: the count is a whole number from 2 to {MOST_VALUES:,}, not {quoted(numbers[2])}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
