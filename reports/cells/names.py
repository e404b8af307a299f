"""What a point of a figure is called, and with how many digits a number is told."""

from collections.abc import Mapping

ENCODER, WIDTH = "encoder.name", "encoder.width"


PAPERS = " (published)"
"""Ends the name of a row of a table of texts whose numbers were published, by the paper or by others."""
FORMS = {"points": "setting", "leave_one_out": "left out", "add_one_in": "added"}
"""Axes that are no path of a setting, and what they are called."""


def axis_name(axis: str) -> str:
    return FORMS.get(axis, axis)


def value_name(axis: str, value: str) -> str:
    """As ``width 2``, ``R50`` or ``SimCLR``: a number says little without its axis."""
    if axis == ENCODER:
        return short_encoder(value)
    return f"{axis.rsplit('.', 1)[-1]} {value}" if is_number(value) else value or "–"


def signed(value: float) -> str:
    """One digit after the point, as accuracies have; of what is smaller than 1, such as a silhouette, two digits."""
    return f"{value:+.1f}" if abs(value) >= 1 else f"{value:+.2g}"


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def short_encoder(name: str) -> str:
    """As in the paper's figures."""
    return name.replace("resnet", "R")


def point_name(values: Mapping[str, str]) -> str:
    """By the values of axes: an encoder as the paper's figures have it, ``R50 (2x)``; of other axes the value."""
    others = [value for axis, value in values.items() if axis not in (ENCODER, WIDTH) and value]
    return ", ".join([*_encoder(values.get(ENCODER, ""), values.get(WIDTH, "")), *others])


def _encoder(name: str, width: str) -> list[str]:
    times = f"({width}x)" if width and width != "1" else ""
    return [text] if (text := f"{short_encoder(name)} {times}".strip() or ("(1x)" if width else "")) else []
