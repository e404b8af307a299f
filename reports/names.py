"""What a point of a figure is called."""

from collections.abc import Mapping

ENCODER, WIDTH = "encoder.name", "encoder.width"


def point_name(values: Mapping[str, str]) -> str:
    """By the values of axes: an encoder as the paper's figures have it, ``R50 (2x)``; of other axes the value."""
    others = [value for axis, value in values.items() if axis not in (ENCODER, WIDTH) and value]
    return ", ".join([*_encoder(values.get(ENCODER, ""), values.get(WIDTH, "")), *others])


def _encoder(name: str, width: str) -> list[str]:
    times = f"({width}x)" if width and width != "1" else ""
    short = name.replace("resnet", "R")
    return [text] if (text := f"{short} {times}".strip() or ("(1x)" if width else "")) else []
