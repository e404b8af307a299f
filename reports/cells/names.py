"""Names of axes, values and points in figures, and numbers as text."""

from collections.abc import Iterable, Mapping

ENCODER, WIDTH = "encoder.name", "encoder.width"


PAPERS = " (published)"
"""The ending of the names of rows of published numbers, of the paper or of others, in a table of texts."""
OUTSIDE = "\N{NO-BREAK SPACE}(baseline)"
"""The ending of the names of rows of baselines in a table of texts. Its space does not break: a study may call a cell
``SimCLR (baseline)``."""
FORMS = {"points": "setting", "leave_one_out": "left out", "add_one_in": "added"}
"""Names for people of the axes that are no path of a setting."""


def axis_name(axis: str) -> str:
    """The name of an axis for people: the path of its setting, unless it has a name of its own."""
    return FORMS.get(axis, axis)


def value_name(axis: str, value: str) -> str:
    """A value as a figure names it: ``width 2``, ``R50`` or ``SimCLR``. A number says little without its axis."""
    if axis == ENCODER:
        return short_encoder(value)
    return f"{axis.rsplit('.', 1)[-1]} {value}" if is_number(value) else value or "–"


def whole_name(values: Iterable[str]) -> str:
    """The values of a cell with a dash for each axis that it does not have: ``0.5, –``."""
    return ", ".join(value or "–" for value in values)


def signed(value: float) -> str:
    """A number with its sign and one digit after the point; below 1, as a silhouette is, with two digits."""
    return f"{value:+.1f}" if abs(value) >= 1 else f"{value:+.2g}"


def with_minus(number: str) -> str:
    """A number with the minus sign that Matplotlib writes beside its axes."""
    return number.replace("-", "\N{MINUS SIGN}")


def is_number(text: str) -> bool:
    """Whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def short_encoder(name: str) -> str:
    """An encoder's name as in the paper's figures: ``R50`` for ``resnet50``."""
    return name.replace("resnet", "R")


def point_name(values: Mapping[str, str]) -> str:
    """The name of a point, from the values of the axes: an encoder as in the paper's figures, ``R50 (2x)``, then the
    values of the other axes."""
    others = [value for axis, value in values.items() if axis not in (ENCODER, WIDTH) and value]
    return ", ".join([*_encoder(values.get(ENCODER, ""), values.get(WIDTH, "")), *others])


def _encoder(name: str, width: str) -> list[str]:
    times = f"({width}x)" if width and width != "1" else ""
    return [text] if (text := f"{short_encoder(name)} {times}".strip() or ("(1x)" if width else "")) else []
