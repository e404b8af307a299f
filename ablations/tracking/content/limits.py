"""Limits of MLflow and of the databases behind it. SQLite takes more than PostgreSQL and MySQL do, and keeps no length.

Texts are shortened. Names of parameters and tags are made acceptable; a metric whose name is not acceptable is left
out and named by the tracker, because reports find metrics by their names.
"""

import hashlib
import posixpath
import re

from mlflow.entities import Param, RunTag

RUN_NAME = 250
"""Characters of a run's name."""
KEY = 250
"""Characters of the name of a parameter, a tag or a metric."""
TAG = 5000
"""Characters of a tag's value."""
PARAMETER = 6000
"""Characters of a parameter's value."""
TEXT = 20_000
"""Characters of an experiment's description."""
METRICS_A_CALL = 800
"""Metrics in one call; MLflow takes 1,000 metrics, parameters and tags together."""
OTHERS_A_CALL = 100
"""Parameters in one call, and tags in one call."""

_REFUSED = re.compile(r"[^/\w.\- ]")
"""Characters that MLflow refuses in names; a colon is refused on Windows alone."""


def takes_name(name: str) -> bool:
    """Whether MLflow takes a name of a parameter, a tag or a metric as it is."""
    is_path = posixpath.normpath(name) == name and name != "." and not name.startswith(("..", "/"))
    return bool(name) and len(name) <= KEY and not _REFUSED.search(name) and is_path


def run_name(text: str) -> str:
    """The name of a run; of a long one the middle is left out, since trials end with their seed."""
    text = readable(text)
    if len(text) <= RUN_NAME:
        return text
    tail = 50
    return f"{text[: RUN_NAME - tail - 1]}…{text[-tail:]}"


def parameters(values: dict[str, object]) -> list[Param]:
    """Parameters that MLflow takes."""
    return [Param(_key(name), _shortened(str(value), PARAMETER)) for name, value in values.items()]


def tags(values: dict[str, str]) -> list[RunTag]:
    """Tags that MLflow takes; one without a value is left out."""
    return [RunTag(_key(name), _shortened(value, TAG)) for name, value in values.items() if value]


def readable(text: str) -> str:
    """The text without what databases refuse: NUL, and halves of characters, as file names may hold."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


def _key(name: str) -> str:
    """A name that MLflow takes, different for different names."""
    if takes_name(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:6]
    plain = re.sub(r"[^\w\-]", "_", name)
    return f"{plain[: KEY - len(digest) - 1]}_{digest}"


def _shortened(text: str, length: int) -> str:
    text = readable(text)
    return text if len(text) <= length else f"{text[: length - 1]}…"
