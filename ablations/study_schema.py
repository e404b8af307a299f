"""A JSON Schema of study files, by which an editor completes and checks them while they are written.

It knows every field and every path, nested or dotted. What takes more than one place to see, such as a warmup that is
longer than the training, ``ablate plan`` tells.
"""

import json
from typing import Any

from ablations.metrics import names, own
from ablations.settings_schema import REF, Node, Schema, definitions, models_of, plain, settings_schemas, settings_tree
from ablations.study import Study
from reports import published

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
    shared = {"axes": _axes(tree), "axis values": _axis_values(tree), **settings_schemas(tree, models)}
    _refine(schema["properties"])
    _refine(own["Scale"]["properties"])
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A study",
        **schema,
        "$defs": own | shared,
    }


def schema_text() -> str:
    return json.dumps(study_schema(), indent=1) + "\n"


def _refine(properties: dict[str, Any]) -> None:
    """What the models leave open, because the engine checks it with its place in the file."""
    refined = {
        "base": SETTINGS,
        "baselines": {"type": "object", "additionalProperties": SETTINGS},
        "grid": {"anyOf": [AXES, {"type": "array", "minItems": 1, "items": AXES}, NULL]},
        "reproduces": {"anyOf": [{"enum": list(published())}, NULL]},
    }
    for name, better in refined.items():
        if name in properties:
            properties[name] = {"description": properties[name].get("description", ""), "allOf": [better]}


def _axes(tree: Node) -> Schema:
    labelled = {"type": "object", "minProperties": 1, "additionalProperties": SETTINGS}
    forms = {
        "zip": {
            "description": "Paths that move together: lists of one length.",
            "allOf": [{"$ref": f"{REF}axis values"}],
        },
        "points": {"description": "Settings by the label of the point.", **labelled},
        "leave_one_out": {"description": "What each leaves out of the whole, by label.", **labelled},
        "add_one_in": {"description": "What each adds to nothing, by label.", **labelled},
        "only_where": {
            "description": "By the name of an axis: the axes, and their values, at which it exists.",
            "type": "object",
            "additionalProperties": {"type": "object"},
        },
    }
    return _axis_values(tree) | {"properties": forms | _axis_values(tree)["properties"]}


def _axis_values(tree: Node) -> Schema:
    properties = {path: _axis({"$ref": f"{REF}settings/properties/{path}"}) for path, _ in tree.below()}
    return {"type": "object", "minProperties": 1, "properties": properties, "additionalProperties": False}


def _axis(value: Schema) -> Schema:
    """A list of values, or values by their labels."""
    listed = {"type": "array", "minItems": 1, "items": value}
    return {"anyOf": [listed, {"type": "object", "minProperties": 1, "additionalProperties": value}]}


def _chosen(model: Schema, meant: bool) -> Schema:
    """A choice that is not ``meant`` where none is named says its kind; metrics are those that trials leave."""
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
