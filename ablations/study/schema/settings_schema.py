"""The settings of a study: a tree of fields by path, and its JSON Schema, read off the configuration's models."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from core.config import TrainConfig

Schema = dict[str, Any]
REF = "#/$defs/"
TAGS = ("kind", "policy", "protocol")
"""Fields by which the models of a choice are told apart."""
NOT_SET = ("seed",)
"""Fields that a study gives in another way."""


@dataclass
class Node:
    """A field: a plain value, or a group of fields. A group with several models has the fields of all of them."""

    values: dict[str, Schema] = field(default_factory=dict)
    """Forms of its value, by the tags of the models that have it."""
    models: list[str] = field(default_factory=list)
    """Names of a group's models; the first is meant where none is chosen."""
    fields: dict[str, "Node"] = field(default_factory=dict)
    """Fields of a group, by name."""

    def below(self) -> Iterator[tuple[str, "Node"]]:
        """Every field by its dotted path from here."""
        for name, node in self.fields.items():
            yield name, node
            yield from ((f"{name}.{path}", inner) for path, inner in node.below())


def definitions() -> dict[str, Schema]:
    """The configuration's models by name, as pydantic describes them."""
    schema = TrainConfig.model_json_schema()
    models = {name: plain(model) for name, model in schema["$defs"].items()} | {"TrainConfig": plain(schema)}
    for model in models.values():
        model["properties"] = {name: _named_or_whole(value) for name, value in model["properties"].items()}
    return models


def settings_tree(models: dict[str, Schema]) -> Node:
    """Fields of ``PretrainConfig``, and those of the evaluation under ``evaluate``."""
    whole = _group(["TrainConfig"], models)
    pretrain = {name: node for name, node in whole.fields["pretrain"].fields.items() if name not in NOT_SET}
    return Node(models=["PretrainConfig"], fields=pretrain | {"evaluate": whole.fields["evaluate"]})


def number_types(path: str) -> set[str]:
    """``integer`` and ``number``: the kinds of numbers that a setting takes; empty if it takes none."""
    node = dict(settings_tree(definitions()).below()).get(path)
    if node is None or node.fields:
        return set()
    return _number_types(merged(node))


def _number_types(schema: Schema) -> set[str]:
    choices = [schema, *schema.get("anyOf", [])]
    nested = (_number_types(choice) for choice in choices[1:])
    return ({schema.get("type", "")} & {"integer", "number"}).union(*nested)


def settings_schemas(tree: Node, models: dict[str, Schema]) -> dict[str, Schema]:
    """Definitions by name: ``settings``, and ``settings.<path>`` for every group. Fields may be nested or dotted."""
    groups = {"settings": tree} | {f"settings.{path}": node for path, node in tree.below() if node.fields}
    operations = {name: _tagged(model) for name, model in models.items() if "probability" in model["properties"]}
    return {name: _settings(name, node) for name, node in groups.items()} | operations | _listed(tree, models)


def _listed(tree: Node, models: dict[str, Schema]) -> dict[str, Schema]:
    """Models that are items of lists, such as a student, and all models that those refer to."""
    items = [value.get("items", {}) for _, node in tree.below() for value in node.values.values()]
    waiting, found = [item["$ref"] for item in items if "$ref" in item], dict[str, Schema]()
    while waiting:
        name = waiting.pop().removeprefix(REF)
        if name not in found:
            found[name] = _untagged(models[name])
            waiting += re.findall(rf'"\$ref": "({re.escape(REF)}[^"]+)"', json.dumps(found[name]))
    return found


def _untagged(schema: Any) -> Any:
    """The schema with ``anyOf`` for every choice: one of no tag is the default one, and fits several models."""
    if isinstance(schema, list):
        return [_untagged(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _untagged(value) for key, value in schema.items() if key != "discriminator"}
    return {"anyOf" if key == "oneOf" else key: value for key, value in kept.items()}


def plain(schema: Any) -> Any:
    """The schema without titles, in forms that every editor knows; docstrings as Markdown.

    ``prefixItems`` of one kind become ``items``.
    """
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: plain(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
    if "prefixItems" in result:
        result["items"] = result.pop("prefixItems")[0]
    if isinstance(result.get("description"), str):
        result["description"] = result["description"].replace("``", "`")
    return result


def models_of(schema: Schema) -> list[str]:
    """Names of the models that a value may have; none for a plain value."""
    choices = [schema, *schema.get("oneOf", []), *schema.get("anyOf", [])]
    nested = [name for choice in choices[1:] if "oneOf" in choice for name in models_of(choice)]
    return [choice["$ref"].removeprefix(REF) for choice in choices if "$ref" in choice] + nested


def tag_of(model: Schema) -> str:
    """The value of the tag that a model is chosen by; empty for a model that is no choice."""
    found = (model["properties"][name] for name in TAGS if name in model["properties"])
    return next((str(tag["const"]) for tag in found if "const" in tag), "")


def _named_or_whole(schema: Schema) -> Schema:
    """The schema of a list of operations, each by its name alone or with its settings."""
    if "items" in schema and "discriminator" in schema["items"]:
        mapping = schema["items"]["discriminator"]["mapping"]
        whole = [{"$ref": reference} for reference in mapping.values()]
        return schema | {"items": {"anyOf": [{"enum": list(mapping)}, *whole]}}
    return schema


def _group(names: list[str], models: dict[str, Schema]) -> Node:
    group = Node(models=names)
    for model in (models[name] for name in names):
        for name, value in model["properties"].items():
            node = group.fields.setdefault(name, Node())
            inner = models_of(value)
            if inner:
                node.models, node.fields = inner, _group(inner, models).fields
            node.values[tag_of(model)] = value
    return group


def _settings(name: str, group: Node) -> Schema:
    properties = {path: _value(name, path, node) for path, node in group.below()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _value(group: str, path: str, node: Node) -> Schema:
    *outer, name = path.split(".")
    if outer:
        return {"$ref": f"{REF}{'.'.join((group, *outer))}/properties/{name}"}
    if not node.fields:
        return merged(node)
    reference = {"$ref": f"{REF}{group}.{name}"}
    empty = [{"type": "null"}] if {"type": "null"} in next(iter(node.values.values())).get("anyOf", []) else []
    return {"anyOf": [reference, *empty]} if empty else reference


def merged(node: Node) -> Schema:
    """One schema of a plain value, for all the models that have it."""
    forms = [_without(value, "description", "default") for value in node.values.values()]
    if all("const" in form for form in forms):
        result: Schema = {"enum": [form["const"] for form in forms]}
    else:
        distinct = [form for number, form in enumerate(forms) if form not in forms[:number]]
        result = distinct[0] if len(distinct) == 1 else {"anyOf": distinct}
    described = _description(node)
    return result | ({"description": described} if described else {})


def _description(node: Node) -> str:
    texts: dict[str, list[str]] = {}
    for tag, value in node.values.items():
        shown = "default" in value and "const" not in value
        default = f" Default: {json.dumps(value['default'])}." if shown else ""
        text = f"{value.get('description', '')}{default}".strip()
        texts.setdefault(text, []).append(tag)
    if len(texts) == 1:
        return next(iter(texts))
    return "\n\n".join(f"{', '.join(tags)}: {text}" for text, tags in texts.items() if text)


def _tagged(model: Schema) -> Schema:
    tag = next(name for name in TAGS if name in model["properties"])
    return model | {"required": [tag, *model.get("required", [])]}


def _without(schema: Schema, *keys: str) -> Schema:
    return {key: value for key, value in schema.items() if key not in keys}
