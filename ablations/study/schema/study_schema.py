"""The JSON Schema of study files, by which an editor completes and checks them while they are written.

It knows every field and every path, nested or dotted. A mistake that takes more than one place to see, such as a warmup
that is longer than the training, is found by ``ablate plan``.
"""

import json
from typing import Any

from ablations.study.grid_forms.sampling import MOST_CELLS
from ablations.study.schema.settings_schema import (
    REF,
    Node,
    Schema,
    definitions,
    models_of,
    plain,
    settings_schemas,
    settings_tree,
)
from ablations.study.study import Study
from ablations.types.metrics import names, own
from reports.paper.catalog import published

FILE = "study.schema.json"
SETTINGS: Schema = {"$ref": f"{REF}settings"}
AXES: Schema = {"$ref": f"{REF}axes"}
NULL: Schema = {"type": "null"}


def study_schema() -> Schema:
    """The schema as JSON-able values; draft 7, which every editor knows."""
    models = definitions()
    tree = settings_tree(models)
    schema = plain(Study.model_json_schema())
    meant = {
        models_of(choice)[0] for choice in (schema["properties"]["claims"]["items"], schema["properties"]["report"])
    }
    own = {name: _chosen(model, name in meant) for name, model in schema.pop("$defs").items()}
    shared = {
        "axes": _axes(tree),
        "axis values": _axis_values(tree),
        "range": _range(),
        **settings_schemas(tree, models),
    }
    _refine(schema["properties"])
    _refine(own["Scale"]["properties"])
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A study",
        **schema,
        "$defs": own | shared,
    }


def schema_text() -> str:
    """The schema as the text of ``study.schema.json``."""
    return json.dumps(study_schema(), indent=1) + "\n"


def _refine(properties: dict[str, Any]) -> None:
    """Close what the models leave open, because the engine checks it with its place in the file."""
    refined = {
        "base": SETTINGS,
        "baselines": {"type": "object", "additionalProperties": SETTINGS},
        "grid": {"anyOf": [AXES, {"type": "array", "minItems": 1, "items": AXES}, NULL]},
        "tune": {"anyOf": [AXES, {"type": "object", "maxProperties": 0}, NULL]},
        "reproduces": {"anyOf": [{"enum": list(published())}, NULL]},
    }
    for name, better in refined.items():
        if name in properties:
            properties[name] = {"description": properties[name].get("description", ""), "allOf": [better]}


def _axes(tree: Node) -> Schema:
    labelled = {"type": "object", "minProperties": 1, "additionalProperties": SETTINGS}
    forms = {
        "zip": {
            "description": "Paths that move together: the same number of values of each.",
            "allOf": [{"$ref": f"{REF}axis values"}],
        },
        "points": {"description": "Settings by the label of the point.", **labelled},
        "leave_one_out": {"description": "What each leaves out of the whole, by label.", **labelled},
        "add_one_in": {"description": "What each adds to nothing, by label.", **labelled},
        "only_where": {
            "description": "For the name of an axis: the other axes, and their values, at which it exists.",
            "type": "object",
            "additionalProperties": {"type": "object"},
        },
        "sample": {
            "description": "How many cells to draw at random, instead of the whole product.",
            "type": "integer",
            "minimum": 1,
            "maximum": MOST_CELLS,
        },
        "seed": {"description": "Seed of the draws of `sample`. Default: 0.", "type": "integer", "minimum": 0},
    }
    return _axis_values(tree) | {"properties": forms | _axis_values(tree)["properties"]}


def _axis_values(tree: Node) -> Schema:
    properties = {path: _axis({"$ref": f"{REF}settings/properties/{path}"}) for path, _ in tree.below()}
    return {"type": "object", "minProperties": 1, "properties": properties, "additionalProperties": False}


def _axis(value: Schema) -> Schema:
    """A list of values, values by their labels, or a range."""
    listed = {"type": "array", "minItems": 1, "items": value}
    labelled = {"type": "object", "minProperties": 1, "additionalProperties": value}
    return {"anyOf": [listed, labelled, {"$ref": f"{REF}range"}]}


def _range() -> Schema:
    numbers = {"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "number"}}
    described = {
        "log": {
            "description": "`[low, high, count]`, evenly spaced on a logarithm; with `sample` no count.",
            **numbers,
        },
        "linear": {"description": "`[low, high, count]`, evenly spaced; with `sample` no count.", **numbers},
    }
    return {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": described,
        "additionalProperties": False,
    }


def _chosen(model: Schema, meant: bool) -> Schema:
    """A model that may be chosen: it must say its kind unless it is ``meant`` where none is named.

    Its metrics are those that trials leave.
    """
    properties = dict(model["properties"])
    if "metric" in properties:
        properties["metric"] = _metric(properties["metric"])
    if "metrics" in properties:
        properties["metrics"] = properties["metrics"] | {"items": _metric_name()}
    named = ["kind"] if "kind" in properties and not meant else []
    return model | {"properties": properties, "required": [*named, *model.get("required", [])]}


def _metric_name() -> Schema:
    patterns = [*own(), *(f"{prefix}/({rest})" for prefix, rest in names().items())]
    return {"type": "string", "pattern": f"^({'|'.join(patterns)})$"}


def _metric(schema: Schema) -> Schema:
    kept = {key: value for key, value in schema.items() if key in ("description", "default")}
    return kept | (_metric_name() if NULL not in schema.get("anyOf", []) else {"anyOf": [_metric_name(), NULL]})
