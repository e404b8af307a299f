"""The hash of Python code by what it means: comments, spacing and docstrings change nothing."""

import ast
import hashlib
import json
from collections.abc import Mapping
from typing import Any

SPELLING = ("ctx", "kind", "type_comment", "type_ignores")
"""Fields of a syntax tree that say nothing, or that another field says."""


def code_hash(entry: str, trees: Mapping[str, ast.Module]) -> str:
    """16 hex digits over the trees of a file and of the modules beside it that it imports.

    The file's own name (``entry``) does not count. ``ast.dump`` is not used, since its form differs between versions
    of Python.
    """
    others = sorted((name, plain(tree)) for name, tree in trees.items() if name != entry)
    text = json.dumps([plain(trees[entry]), others], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"own_code/1/{text}".encode()).hexdigest()[:16]


def plain(node: Any) -> Any:
    """A part of a tree as plain values, without positions, docstrings, and fields that are empty."""
    if isinstance(node, ast.Constant):
        return [type(node.value).__name__, repr(node.value)]
    if isinstance(node, ast.AST):
        fields = {name: plain(value) for name, value in ast.iter_fields(node) if name not in SPELLING}
        return [type(node).__name__, {name: value for name, value in fields.items() if value not in (None, [])}]
    if isinstance(node, list):
        return [plain(item) for item in node if not _is_bare_constant(item)]
    return node


def _is_bare_constant(node: Any) -> bool:
    """Whether it is a statement without an effect: a docstring, or three points."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
