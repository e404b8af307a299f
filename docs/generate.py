"""Writes the references in this folder, and the schema beside the studies, from the models: make reference."""

import inspect
import json
import runpy
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import jinja2
from first_screen import README, readme_with_results
from what_holds import what_holds

from ablations.cli.json_documents.kinds import COLLECTION_DOCUMENTS, DOCUMENTS
from ablations.study.explain import validate
from ablations.study.library import shipped_studies
from ablations.study.schema.settings_schema import (
    REF,
    TAGS,
    Node,
    Schema,
    definitions,
    models_of,
    plain,
    settings_tree,
    tag_of,
)
from ablations.study.schema.study_schema import FILE, schema_text
from ablations.study.settings import dotted_values
from ablations.study.study import Resources, Scale, Study
from ablations.study.yaml_source import read_yaml
from ablations.types.metrics import names, own, validation_of, with_validation
from core.config import OPERATIONS
from reports.statistics.claims.kinds import ClaimBase

HERE = Path(__file__).parent
HEADING = "| field | values | default | what it is |\n|---|---|---|---|"
WORDS = {
    "base": "[settings](#settings)",
    "baselines": "[settings](#settings) by the name of the baseline",
    "claims": "list of [claims](#claims)",
    "encoder": "an [encoder](#encoder)",
    "grid": "a [grid](#grid), or a list of them",
    "mix": "a [mix](#mix), or `null`",
    "optimizer": "an [optimiser](#optimizer)",
    "parts": "list of [claims](#claims) of the other kinds",
    "report": "a [report](#reports)",
    "resources": "[resources](#resources)",
    "scales": "[scales](#scale) by name",
    "stop_early": "[a rule](#stopping-early)",
    "seeds": "how many, counted from 0, or a list of seeds",
    "tune": "[tuned axes](#tuned-settings)",
    "where": "axes and their values",
}
"""The values of fields in words, for those that the models describe less well."""
SCALES = ("quick", "laptop", "cifar10", "imagenet")
"""The order of the columns; other scales follow."""
LONG = 40
"""Characters of a default from which it is left out: those of a group are told where the group is."""


def generated() -> dict[Path, str]:
    """The text of every generated file."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    study = plain(Study.model_json_schema())
    models = definitions() | study.pop("$defs")
    models |= {"Study": study, "ClaimBase": plain(ClaimBase.model_json_schema())}
    environment.globals |= {
        "fields": lambda name, prefix="", *left_out: _fields(models[name], prefix, left_out),
        "choice": lambda group, field: "\n".join(_choice(models, models_of(models[group]["properties"][field]), field)),
        "claim": lambda name: _claim(models[name], models["ClaimBase"]),
        "kinds": lambda names: "\n".join(_choice(models, names)),
        "reports": models_of(study["properties"]["report"]),
        "operations": _operations(models),
        "documents": "\n".join(_documents()),
        "metrics": _metrics(),
        "own_metrics": own(),
        "validated": ", ".join(f"`{protocol}` (`{validation_of(protocol)}`)" for protocol in with_validation()),
        "gallery": runpy.run_path(str(HERE / "gallery.py"))["gallery"](),
        "what_holds": what_holds(),
        "fidelity_table": runpy.run_path(str(HERE / "fidelity_table.py"))["fidelity_table"](),
        "scale_list": "\n".join(_scale_list()),
        "scale_table": "\n".join(_scale_table(settings_tree(definitions()))),
    }
    texts = {
        HERE / f"{name}.md": _in_yaml_terms(environment.get_template(f"{name}.md.j2").render(), models) + "\n"
        for name in ("study-file", "command-line", "scales", "fidelity", "gallery", "what-holds")
    }
    drawn = runpy.run_path(str(HERE / "draw_architecture.py"))["architecture_svg"]()
    texts |= {HERE.parent / "studies" / FILE: schema_text(), HERE / "architecture.svg": drawn}
    return texts | {README: readme_with_results()}


def _in_yaml_terms(text: str, models: dict[str, Schema]) -> str:
    """A docstring with the names of a study file in place of those of Python."""
    for name, tag in ((name, tag_of(model)) for name, model in models.items()):
        text = text.replace(f"`{name}`", f"`{tag}`") if tag else text
    return text.replace("`DataConfig`", "`data`").replace("`pretrain.epochs`", "`epochs`").replace("None: ", "`null`: ")


def _choice(models: dict[str, Schema], names: list[str], prefix: str = "") -> Iterator[str]:
    """A section for each model of a choice, the default first."""
    first = models[names[0]]
    others = [models[name]["properties"] for name in names[1:]]
    common = {n for n, v in first["properties"].items() if others and all(other.get(n) == v for other in others)}
    if common:
        yield f"All have:\n\n{_fields(first, prefix, set(first['properties']) - common)}\n"
    for number, name in enumerate(names):
        tag = tag_of(models[name])
        meant = " (if none is named)" if number == 0 else ""
        level = "####" if prefix else "###"  # below the section of a setting, or below a chapter
        yield f"{level} `{tag}`{meant}\n\n{_paragraph(models[name].get('description', ''))}\n"
        if len(models[name]["properties"]) > len(common) + 1:
            yield _fields(models[name], prefix, common) + "\n"


def _claim(model: Schema, base: Schema) -> str:
    """The section of a kind of claim, without the fields that all claims have, which are told once."""
    common = tuple(name for name, value in base["properties"].items() if value == model["properties"][name])
    return f"{_paragraph(model['description'])}\n\n{_fields(model, '', common)}"


def _fields(model: Schema, prefix: str = "", left_out: Collection[str] = ()) -> str:
    """A table; ``prefix`` stands before each name, as ``--set`` and ``grid`` want it."""
    dotted = f"{prefix}." if prefix else ""
    shown = {n: value for n, value in model["properties"].items() if "const" not in value and n not in left_out}
    rows = [
        f"| `{dotted}{name}` | {WORDS.get(name) or _values(value)} | {_default(value)} | "
        f"{_cell(value.get('description', ''))} |"
        for name, value in shown.items()
    ]
    return "\n".join([HEADING, *rows])


def _operations(models: dict[str, Schema]) -> str:
    """One row for each: its name, and its settings with their defaults."""
    names = OPERATIONS.names()
    found = [model for model in models.values() if "probability" in model["properties"] and tag_of(model) in names]
    rows = []
    for model in sorted(found, key=tag_of):
        settings = [
            f"`{name}: {_plain(_rounded(value['default']))}` {value.get('description', '')}".strip()
            for name, value in model["properties"].items()
            if name != "kind"
        ]
        rows.append(f"| `{tag_of(model)}` | {_cell(model['description'])} | {'<br>'.join(map(_cell, settings))} |")
    return "\n".join(["| name | what it does | settings |\n|---|---|---|", *rows])


def _documents() -> Iterator[str]:
    """A section for each document of ``--json``, and one for each part of one."""
    parts: dict[str, Schema] = {}
    for document in (*DOCUMENTS, *COLLECTION_DOCUMENTS):
        schema = plain(document.model_json_schema())
        parts |= schema.pop("$defs", {})
        yield f"### {_paragraph(inspect.getdoc(document) or '').replace('``', '`').rstrip('.')}\n\n{_keys(schema)}\n"
    for name, schema in parts.items():
        yield f"### {name}\n\n{_paragraph(schema['description'])}\n\n{_keys(schema)}\n"


def _keys(schema: Schema) -> str:
    rows = [
        f"| `{name}` | {_values(value)} | {_cell(value.get('description', ''))} |"
        for name, value in schema["properties"].items()
    ]
    return "\n".join(["| key | value | what it is |\n|---|---|---|", *rows])


def _values(schema: Schema) -> str:
    """The values of a field, in words."""
    match schema:
        case {"enum": values}:
            return ", ".join(f"`{_plain(value)}`" for value in values)
        case {"const": value}:
            return f"`{_plain(value)}`"
        case {"$ref": reference}:
            return f"[{reference.removeprefix(REF)}](#{reference.removeprefix(REF).lower()})"
        case {"oneOf": choices} | {"anyOf": choices}:
            return " or ".join(dict.fromkeys(map(_values, choices)))
        case {"type": "array", "prefixItems": [{"type": "array"}, *_]}:
            return "`[[means], [deviations]]`"
        case {"type": "array", "minItems": 2, "maxItems": 2}:
            return "`[low, high]`"
        case {"type": "array", "items": {"anyOf": [{"enum": _}, {"$ref": _}, *_]}}:
            return "list of [operations](#operations)"
        case {"type": "array"}:
            return f"list of {_values(schema.get('items', {}))}"
        case {"type": "object"} if isinstance(inner := schema.get("additionalProperties"), dict):
            return f"mapping to {_values(inner)}"
        case {"type": "integer" | "number" as kind}:
            return " ".join(["whole number" if kind == "integer" else "number", *_limits(schema)])
    words = {"boolean": "`true`, `false`", "string": "text", "null": "`null`", "object": "mapping"}
    return words.get(schema.get("type", ""), "any value")


def _limits(schema: Schema) -> Iterator[str]:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    found = [f"{sign} {_bound(schema[key])}" for key, sign in signs.items() if key in schema]
    if found:
        yield ", ".join(found)


def _bound(value: float) -> str:
    return f"{value:g}" if value < 2**31 else "2³¹"


def _default(schema: Schema) -> str:
    if "default" not in schema:
        return "required"
    text = json.dumps(schema["default"])
    return f"`{_plain(schema['default'])}`" if len(text) < LONG and schema["default"] not in ([], {}, "") else ""


def _metrics() -> str:
    rows = [
        f"| `{prefix}/` | {', '.join(f'`{name}`' for name in rest.split('|'))} |" for prefix, rest in names().items()
    ]
    return "\n".join(["| prefix | metrics |\n|---|---|", *rows]).replace(r"\d+", "<k>")


def _scales() -> dict[str, Scale]:
    """The shipped scales by name, the smallest first."""
    paths = {path.stem: path for path in shipped_studies().glob("scales/*.yaml")}
    names = sorted(paths, key=lambda name: (SCALES.index(name) if name in SCALES else len(SCALES), name))
    return {name: validate(Scale, read_yaml(paths[name])) for name in names}


def _scale_list() -> Iterator[str]:
    for name, scale in _scales().items():
        yield f"- `{name}`: {scale.description}"


def _scale_table(tree: Node) -> Iterator[str]:
    """A row for each setting that any scale sets, with the default first."""
    nodes, scales = dict(tree.below()), _scales()
    layers = {name: dotted_values(scale.base) for name, scale in scales.items()}
    yield f"| setting | paper (default) | {' | '.join(scales)} |"
    yield f"|---|---|{'---|' * len(scales)}"
    for path in nodes:
        values = [_code(layer[path]) if path in layer else "" for layer in layers.values()]
        if any(values):
            yield f"| `{path}` | {_paper(nodes, path)} | {' | '.join(values)} |"
    for name in Resources.model_fields:
        values = [getattr(scale.resources or Resources(), name) for scale in scales.values()]
        if any(value != Resources.model_fields[name].default for value in values):
            yield f"| `resources.{name}` | | {' | '.join(map(_code, values))} |"


def _paper(nodes: dict[str, Node], path: str) -> str:
    """The default of a setting: that of the kind's default, or that of each kind that has the setting."""
    defaults = {tag: value["default"] for tag, value in nodes[path].values.items() if "default" in value}
    if not defaults:
        return "none"
    group = nodes.get(path.rpartition(".")[0])
    meant = next(iter(defaults)) if group is None else _meant(group)
    if meant in defaults or len(set(map(str, defaults.values()))) == 1:
        return _code(defaults.get(meant, next(iter(defaults.values()))))
    return ", ".join(f"{_code(value)} (`{tag}`)" for tag, value in defaults.items())


def _meant(group: Node) -> str:
    """The tag of a group's default kind; empty for a group of one kind."""
    tags = next((node for name, node in group.fields.items() if name in TAGS), Node())
    return next(iter(tags.values), "")


def _code(value: Any) -> str:
    return f"`{_plain(value)}`"


def _rounded(value: Any) -> Any:
    return [round(one, 3) for one in value] if isinstance(value, list) else value


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _paragraph(text: str) -> str:
    """Paragraphs on a line each."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
