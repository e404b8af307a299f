"""Shell completion. Nothing here may fail or be slow: what cannot be found out is not offered."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import typer

from ablations.store.locations import DEFAULT_STORAGE
from ablations.study.library import all_collections, all_studies, find_study, scale_names
from ablations.types.errors import StudyError


def studies(incomplete: str) -> list[str]:
    """Names of studies, and YAML files in this folder, in the folder that was typed, and one level below."""
    folder = Path(incomplete).parent if "/" in incomplete else Path()
    files = [str(path) for pattern in ("*.yaml", "*/*.yaml") for path in sorted(folder.glob(pattern))]
    return [
        found
        for found in dict.fromkeys([*sorted(all_studies() | all_collections()), *files])
        if found.startswith(incomplete)
    ]


def trials(context: typer.Context, incomplete: str) -> list[str]:
    """Ids of trials, if the storage is a folder."""
    from ablations.store.trial_store import TrialStore

    storage = context.params.get("storage") or DEFAULT_STORAGE
    ids: list[str] = []
    with suppress(OSError):
        ids = TrialStore(storage).trial_ids() if isinstance(storage, Path) else []
    return [trial_id for trial_id in ids if trial_id.startswith(incomplete)]


def scales(context: typer.Context, incomplete: str) -> list[str]:
    """Names of the common scales, and of the study's own if it was typed already."""
    begun = next(iter(context.args), None)  # typer does not parse what stands before an option without a value
    return [name for name in _scales(context.params.get("study") or begun) if name.startswith(incomplete)]


def assignments(incomplete: str) -> list[str]:
    """``path=`` for each setting; once that is typed, its values if they can be listed."""
    found = [one for one in _assignments() if one.startswith(incomplete)]
    return [one for one in found if one.endswith("=") != ("=" in incomplete)]


def _scales(study: str | None) -> list[str]:
    from ablations.study.extends import read_lineage
    from ablations.study.own_code.uses import NO_CODE

    if study is None:
        return scale_names(Path())
    try:
        own = [name for part in read_lineage(study, NO_CODE).parts for name in part.study.scales]
        return sorted({*scale_names(find_study(study)), *own})
    except StudyError:
        return scale_names(Path(study))


def _assignments() -> Iterator[str]:
    from ablations.study.overrides import RESOURCES
    from ablations.study.schema.settings_schema import definitions, merged, settings_tree
    from ablations.study.study import Resources

    yield from (f"{RESOURCES}.{field}=" for field in Resources.model_fields)
    for path, node in settings_tree(definitions()).below():
        if not node.fields:
            schema = merged(node)
            values = schema.get("enum", [True, False] if schema.get("type") == "boolean" else [])
            yield f"{path}="
            yield from (f"{path}={value if isinstance(value, str) else json.dumps(value)}" for value in values)
