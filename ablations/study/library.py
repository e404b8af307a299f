"""Finds studies, collections and scales: files, and those that come with the package."""

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from ablations.types.errors import StudyError
from ablations.types.wording import did_you_mean, shortened

PACKAGE = Path(__file__).parents[1]
LOCAL_STUDIES = Path("studies")
Question = Literal["temperature", "augmentation", "batch_size", "head"]
"""Questions for which ``ablate new`` has a template."""
PartKind = Literal["operation", "loss", "method", "encoder"]
"""Kinds of parts for which ``ablate new`` has a template."""
COLLECTION_KEY = "studies:"
"""A line of a collection that no study has."""
NAME_KEY = "name:"
MOST_CHARACTERS = 1_000_000
"""Characters of a file that are searched for a key; no study has more."""


def shipped_studies() -> Path:
    """The folder of studies: inside the package when installed, beside it in a checkout."""
    installed = PACKAGE / "studies"
    return installed if installed.is_dir() else PACKAGE.parent / "studies"


def find_study(reference: str) -> Path:
    """The file of a study, from its path or its name. Raises ``StudyError`` if there is none."""
    if find_collection(reference):
        raise StudyError(f"{reference}: is a collection of studies, but one study is needed")
    known = all_studies()
    if path := _find(reference, known):
        return path
    if problem := _no_file(reference):
        raise StudyError(f"{shortened(reference, 200)}: {problem}")
    if is_file(file := Path(f"{reference}.yaml")):
        raise StudyError(f"{shortened(reference, 200)}: is no study that has a name; write {file} for that file")
    if Path(reference).parent in (Path(), LOCAL_STUDIES):
        told = did_you_mean(Path(reference).stem, sorted({*known, *all_collections()}))
        raise StudyError(f"{shortened(reference, 200)}: no such file, and no study of that name; {told}")
    raise StudyError(f"{shortened(reference, 200)}: no such file; 'ablate list' shows the studies that have a name")


def _no_file(reference: str) -> str:
    """The problem of a reference that is there and is no file, or stands for standard input; empty otherwise."""
    path = Path(reference)
    try:
        is_folder, is_there = path.is_dir(), path.exists()
    except (OSError, ValueError):  # no file has such a name
        return ""
    if is_folder:
        inside = sorted(path.glob("*.y*ml"))
        return f"is a folder; name a study file{f', such as {inside[0]}' if inside else ''}"
    told = "a study is read from a regular file, again and again; write it to one, such as my_study.yaml"
    return told if is_there or reference == "-" else ""


def find_beside(path: Path, reference: str) -> Path:
    """The study that a file at ``path`` refers to, by a path from there or by name. Raises ``StudyError``."""
    beside = path.parent / reference
    return beside if is_file(beside) else find_study(reference)


def find_collection(reference: str) -> Path | None:
    """The file of a collection, from its path or its name; None if there is none, as for a study."""
    path = _find(reference, all_collections())
    return path if path and _is_collection(path) else None


def all_studies() -> dict[str, Path]:
    """Files by name: the shipped studies, and those in ``./studies``, which win over shipped ones of the same name."""
    return {name: path for name, path in _all_files().items() if not _is_collection(path)}


def all_collections() -> dict[str, Path]:
    """Files of the collections by name, from the same folders."""
    return {name: path for name, path in _all_files().items() if _is_collection(path)}


def files_named(name: str, study: Path) -> list[Path]:
    """Other study files with this ``name:``, beside the study and among those that have a name."""
    beside = study.parent.glob("*.yaml")
    others = {path.resolve(): path for path in (*all_studies().values(), *beside) if is_file(path)}
    others.pop(study.resolve(), None)
    return [path for path in others.values() if name_in(path) == name and not _is_collection(path)]


def reference(path: Path) -> str:
    """How the command line refers to the file: by its name if that is enough."""
    known = _all_files().get(path.stem)
    return path.stem if known and known.resolve() == path.resolve() else str(path)


def run_command(path: Path, options: Iterable[str]) -> str:
    """The command that runs a study or a collection with options, such as those of ``ScaledStudy.options``."""
    return shlex.join(["ablate", "run", reference(path), *options])


def find_scale(name: str, study: Path) -> Path | None:
    """``scales/<name>.yaml`` beside the study, or the shipped one."""
    paths = (folder / "scales" / f"{name}.yaml" for folder in (study.parent, shipped_studies()))
    return next(filter(is_file, paths), None)


def scale_names(study: Path) -> list[str]:
    """Names of all scales that ``find_scale`` finds."""
    folders = (study.parent, shipped_studies())
    return sorted({path.stem for folder in folders for path in folder.glob("scales/*.yaml") if is_file(path)})


def is_file(path: Path) -> bool:
    """Whether the path is a regular file: a pipe would be waited for, and a name may be too long to be one."""
    try:
        return path.is_file()
    except OSError:
        return False


def line_with(path: Path, beginning: str) -> str | None:
    """The first line of the file that begins so; None if there is none, or if the file cannot be read.

    This takes much less time than reading the YAML.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = file.read(MOST_CHARACTERS).splitlines()
    except OSError:
        return None
    return next((line for line in lines if line.startswith(beginning)), None)


def _all_files() -> dict[str, Path]:
    folders = (shipped_studies(), LOCAL_STUDIES)
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml")) if is_file(path)}


def _find(reference: str, named: dict[str, Path]) -> Path | None:
    path = Path(reference)
    if is_file(path):
        return path
    return named.get(path.stem) if path.parent in (Path(), LOCAL_STUDIES) else None


def name_in(path: Path) -> str:
    """The name of a study without its quotes and remarks, from its file; empty if there is none."""
    line = line_with(path, NAME_KEY) or NAME_KEY
    return line.removeprefix(NAME_KEY).partition("#")[0].strip().strip("\"'")


def _is_collection(path: Path) -> bool:
    return line_with(path, COLLECTION_KEY) is not None
