"""The user's own code that trials were run with, kept beside them: it may be edited or lost where it came from."""

import time
from collections.abc import Iterator
from dataclasses import asdict

from pydantic import TypeAdapter

from ablations.store.folders import found
from ablations.store.json_files import read_json, sealed, unsealed, write_json
from ablations.types.identity import is_id
from core.config.own_code import OwnCode, SourceText
from core.files import is_there
from core.remote import AnyPath

FOLDER = "code"
_MODULES = TypeAdapter(dict[str, SourceText])


def keep_code(root: AnyPath, code: OwnCode) -> None:
    """Write the code, unless the storage has it."""
    path = root / FOLDER / f"{code.hash}.json"
    if not is_there(path):
        modules = {name: asdict(source) for name, source in code.modules.items()}
        values = {"file": code.file, "module": code.module, "modules": modules, "kept_at": time.time()}
        write_json(path, sealed(values))


def kept_codes(root: AnyPath, entry: str) -> list[OwnCode]:
    """The code that the storage has of files of this name (without ``.py``), the newest first. Nothing is run."""
    kept = [code for code in _read(found(root, f"{FOLDER}/*.json")) if code[1].entry == entry]
    return [code for _, code in sorted(kept, key=lambda one: one[0], reverse=True)]


def _read(paths: list[AnyPath]) -> Iterator[tuple[float, OwnCode]]:
    """The time and the code of each file that is as it was written."""
    for path in paths:
        name = path.name.removesuffix(".json")
        try:
            values = unsealed(read_json(path) or {})
            modules = _MODULES.validate_python(values["modules"])
            code = OwnCode(str(values["file"]), str(values["module"]), name, modules)
            kept_at = float(values["kept_at"])
        except (ValueError, TypeError, KeyError):
            continue  # it costs a note, or the view of a study whose file is gone
        if is_id(name):
            yield kept_at, code
