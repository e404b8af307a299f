"""The rows of fidelity.md, from fidelity.yaml. Our columns are read from the configuration and the scale imagenet."""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ablations.study.explain import validate
from ablations.study.library import shipped_studies
from ablations.study.settings import dotted_values
from ablations.study.study import Scale
from ablations.study.yaml_source import read_yaml
from core.config import OPERATIONS, PROTOCOLS, TrainConfig
from core.config.base import whole

ROWS = Path(__file__).parent / "fidelity.yaml"
HEADING = (
    "| setting | paper | released, v1 | released, v2 | ours at `imagenet` | ours by default | why different |\n"
    "|---|---|---|---|---|---|---|"
)
SCALE = "imagenet"
PLACE = re.compile(r"\{([^}]+)\}")


def sections() -> list[dict[str, Any]]:
    """The sections with their rows, as they are written."""
    found: list[dict[str, Any]] = read_yaml(ROWS).values
    return found


def fidelity_table() -> str:
    """A table for each section."""
    return "\n\n".join(f"## {one['section']}\n\n{HEADING}\n" + "\n".join(map(_row, one["rows"])) for one in sections())


def settings(scale: str | None = None) -> dict[str, Any]:
    """Every value that a row may name: settings by dotted path, fields of operations and protocols, with those that a
    scale sets."""
    config = whole(TrainConfig())
    values = dotted_values(config["pretrain"] | {"evaluate": config["evaluate"]})
    set_by_scale = _base(scale) if scale else {}
    for registry, kind in ((OPERATIONS, "operation"), (PROTOCOLS, "evaluate")):
        for name, part in zip(registry.names(), registry, strict=True):
            values |= {f"{kind}.{name}.{field}": value for field, value in whole(part()).items()}
    for path, value in set_by_scale.items():
        values[path] = value
        group, _, field = path.rpartition(".")
        if group == "evaluate":
            values |= {f"evaluate.{name}.{field}": value for name in PROTOCOLS.names() if _has(name, field)}
    return values


def filled(text: str, values: dict[str, Any]) -> str:
    """The text with values in place of ``{path}``. Raises KeyError for a path that leads to nothing."""
    return PLACE.sub(lambda found: f"`{_plain(_value(found[1], values))}`", text)


def _row(row: dict[str, str]) -> str:
    at_scale, by_default = (filled(row["ours"], settings(scale)) for scale in (SCALE, None))
    why = filled(row.get("why", ""), settings())
    cells = [row["setting"], row["paper"], row["v1"], row["v2"], at_scale, _unlike(at_scale, by_default), why]
    return f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in cells)} |"


def _unlike(at_scale: str, by_default: str) -> str:
    return "the same" if by_default == at_scale else by_default


def _value(path: str, values: dict[str, Any]) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name) if name else values[path]


def _base(scale: str) -> dict[str, Any]:
    path = shipped_studies() / "scales" / f"{scale}.yaml"
    return dotted_values(validate(Scale, read_yaml(path)).base)


def _has(protocol: str, field: str) -> bool:
    return field in PROTOCOLS.named(protocol).model_fields


def _plain(value: Any) -> str:
    rounded = [round(one, 3) for one in value] if isinstance(value, list) else value
    return rounded if isinstance(rounded, str) else json.dumps(rounded)


def paths() -> Iterator[str]:
    """Every path that a row names."""
    for section in sections():
        for row in section["rows"]:
            yield from PLACE.findall(row["ours"] + row.get("why", ""))
