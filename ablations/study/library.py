"""Where studies are found: files, and the ones that come with the package."""

from pathlib import Path
from typing import Literal

from ablations.types.errors import StudyError
from ablations.types.words import suggestion

PACKAGE = Path(__file__).parents[1]
LOCAL_STUDIES = Path("studies")
Question = Literal["temperature", "augmentation", "batch_size", "head"]
"""What ``ablate new`` has templates for."""
COLLECTION_KEY = "studies:"
"""At the beginning of a line, of collections alone."""


def shipped_studies() -> Path:
    """The studies' folder: inside the package when installed, beside it in a checkout."""
    installed = PACKAGE / "studies"
    return installed if installed.is_dir() else PACKAGE.parent / "studies"


def find_study(reference: str) -> Path:
    """A path to a file, or the name of a shipped study. Raises ``StudyError`` where there is neither."""
    if find_collection(reference):
        raise StudyError(f"{reference}: is a collection of studies, where one study is needed")
    if path := _find(reference, all_studies()):
        return path
    known = sorted(all_studies() | all_collections())
    remedy = suggestion(Path(reference).stem, known)
    raise StudyError(f"{reference}: no such file, and no study of that name; {remedy}")


def find_beside(path: Path, reference: str) -> Path:
    """What a file at ``path`` calls a study: a path from there, or a name. Raises ``StudyError``."""
    beside = path.parent / reference
    return beside if beside.is_file() else find_study(reference)


def find_collection(reference: str) -> Path | None:
    """A path to a file, or the name of a shipped collection; None where it is neither, such as a study."""
    path = _find(reference, all_collections())
    return path if path and _is_collection(path) else None


def all_studies() -> dict[str, Path]:
    """By name: the shipped ones, and those in ``./studies``, which come first where two have one name."""
    return {name: path for name, path in _all_files().items() if not _is_collection(path)}


def all_collections() -> dict[str, Path]:
    """Of several studies each, by name; from the same folders."""
    return {name: path for name, path in _all_files().items() if _is_collection(path)}


def reference(path: Path) -> str:
    """What the command line calls the file: its name where that is enough."""
    known = _all_files().get(path.stem)
    return path.stem if known and known.resolve() == path.resolve() else str(path)


def find_scale(name: str, study: Path) -> Path | None:
    """``scales/<name>.yaml`` beside the study, else the shipped one."""
    for folder in (study.parent, shipped_studies()):
        path = folder / "scales" / f"{name}.yaml"
        if path.is_file():
            return path
    return None


def scale_names(study: Path) -> list[str]:
    """The names that ``find_scale`` knows."""
    folders = (study.parent, shipped_studies())
    return sorted({path.stem for folder in folders for path in folder.glob("scales/*.yaml")})


def _all_files() -> dict[str, Path]:
    folders = (shipped_studies(), LOCAL_STUDIES)
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}


def _find(reference: str, named: dict[str, Path]) -> Path | None:
    path = Path(reference)
    if path.is_file():
        return path
    return named.get(path.stem) if path.parent in (Path(), LOCAL_STUDIES) else None


def _is_collection(path: Path) -> bool:
    """Without reading the YAML, which takes a while of many files."""
    try:
        with path.open(errors="replace") as file:
            return any(line.startswith(COLLECTION_KEY) for line in file)
    except OSError:
        return False
