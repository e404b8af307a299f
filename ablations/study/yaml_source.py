"""YAML as plain values that remember where they were written."""

import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ablations.types.errors import StudyError
from ablations.types.wording import quoted, shortened

Keys = tuple[str | int, ...]
"""A path into nested values: names in mappings, numbers in lists."""

PLAIN = (str, int, float, bool, type(None))
PLAIN_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
MAX_BYTES = 1_000_000
REMEDIES = {
    "'\\t'": "indent with spaces, not tabs",
    "mapping values are not allowed": "put a space after each ':', and quotes around a text that has one",
    "expected <block end>": "begin the lines that belong together in the same column",
    "expected ',' or": "close every bracket and quote, and put commas between entries",
}
"""Remedies by words of the parser's complaint, which tells what it read and not what was meant."""
WHITESPACE = "\n\t\r"
"""Control characters that a text may hold; others steer a terminal, and are in no SVG, CSV or database."""


@dataclass(frozen=True)
class Source:
    """A document's values, and the line and column of each."""

    name: str
    """Path of the file, or the option of the command line."""
    values: Any = None
    lines: dict[Keys, tuple[int, int]] = field(default_factory=dict)
    """Line and column of each value, from 1."""

    def place(self, keys: Keys) -> str:
        """``file:line:column`` of a value, or of the nearest one that contains it."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return ":".join([self.name, *map(str, self.lines.get(keys, ()))])

    def locate(self, keys: Keys) -> str:
        """``file:line:column: grid.augment.first[1]``; for the whole document the place alone."""
        return f"{self.place(keys)}: {dotted(keys)}" if keys else self.place(keys)


def dotted(keys: Keys) -> str:
    """``grid.augment.first[1]``, each name shortened."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{shortened(key)}" for key in keys).removeprefix(".")


def read_yaml(path: Path) -> Source:
    """Read a file of YAML 1.2 with plain values only: no anchors, no tags, no key twice. Raises ``StudyError``."""
    try:
        if path.exists() and not path.is_file():
            raise StudyError(f"{path}: is not a regular file")  # a pipe would be waited for
        if path.stat().st_size > MAX_BYTES:
            raise StudyError(f"{path}: larger than {MAX_BYTES:,} bytes, which no study is")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise StudyError(f"{path}: is not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise StudyError(f"{path}: cannot be read: {error}") from error
    return _parse(str(path), text)


def parse_scalar(text: str) -> Any:
    """Read a value of the command line as in a file: ``0.5``, ``true``, ``[a, b]``. Raises ``StudyError``."""
    return _parse("value", text).values


def _parse(name: str, text: str) -> Source:
    yaml = YAML(typ="safe", pure=True)
    source = Source(name)
    try:
        node = yaml.compose(text)
        return replace(source, values=_plain(node, (), source, yaml) if node else None)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise StudyError(f"{place}: not valid YAML: {_problem(error)}") from error
    except (YAMLError, RecursionError) as error:
        raise StudyError(f"{name}: not valid YAML: {str(error).splitlines()[0]}") from error


def _problem(error: MarkedYAMLError) -> str:
    problem = error.problem or "something is wrong here"
    remedy = next((remedy for words, remedy in REMEDIES.items() if words in problem), "")
    return f"{problem}; {remedy}" if remedy else problem


def _plain(node: Node, keys: Keys, source: Source, yaml: YAML) -> Any:
    source.lines[keys] = (node.start_mark.line + 1, node.start_mark.column + 1)
    place = source.place(keys)
    if node.anchor:
        raise StudyError(f"{place}: {dotted(keys)}: anchors and aliases are not supported; write the value out")
    if not isinstance(node, ScalarNode) and str(node.tag) not in PLAIN_TAGS:
        raise StudyError(f"{place}: {dotted(keys)}: has the tag {node.tag}; only plain values are read")
    match node:
        case MappingNode():
            return _mapping(node, keys, source, yaml)
        case SequenceNode():
            return [_plain(item, (*keys, number), source, yaml) for number, item in enumerate(node.value)]
        case ScalarNode():
            return _scalar(node, keys, place, yaml)
    raise AssertionError(node)


def _mapping(node: MappingNode, keys: Keys, source: Source, yaml: YAML) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value
        line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
        if not isinstance(key, str):
            raise StudyError(f"{source.name}:{line}:{column}: a key must be a word")
        _check_characters(key, f"{source.name}:{line}:{column}")
        if key in values:
            first = source.lines[(*keys, key)][0]
            raise StudyError(
                f"{source.name}:{line}:{column}: {dotted((*keys, key))} is given twice (first in line {first})"
            )
        values[key] = _plain(value_node, (*keys, key), source, yaml)
    return values


def _check_characters(text: str, place: str) -> None:
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in WHITESPACE:
            raise StudyError(f"{place}: {quoted(text)} has the control character U+{ord(character):04X}; remove it")


def _scalar(node: ScalarNode, keys: Keys, place: str, yaml: YAML) -> Any:
    try:
        value = yaml.constructor.construct_object(node)
    except YAMLError as error:
        raise StudyError(
            f"{place}: {dotted(keys)}: {quoted(node.value)} has a tag; only plain values are read"
        ) from error
    except ValueError as error:
        raise StudyError(f"{place}: {dotted(keys)}: {quoted(node.value)} is too long a number") from error
    if not isinstance(value, PLAIN):
        raise StudyError(
            f"{place}: {dotted(keys)}: {quoted(node.value)} is read as a {type(value).__name__}; put it in quotes"
        )
    if isinstance(value, str):
        _check_characters(value, f"{place}: {dotted(keys)}")
    return value
