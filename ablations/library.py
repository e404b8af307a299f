"""Where studies are found: files, and the ones that come with the package."""

from pathlib import Path
from typing import Literal

from ablations.errors import StudyError

PACKAGE = Path(__file__).parent
LOCAL_STUDIES = Path("studies")
Question = Literal["temperature", "augmentation", "batch_size", "head"]
"""What ``ablate new`` has templates for."""


def shipped_studies() -> Path:
    """The studies' folder: inside the package when installed, beside it in a checkout."""
    installed = PACKAGE / "studies"
    return installed if installed.is_dir() else PACKAGE.parent / "studies"


def find_study(reference: str) -> Path:
    """A path to a file, or the name of a shipped study. Raises ``StudyError`` where there is neither."""
    path = Path(reference)
    if path.is_file():
        return path
    studies = all_studies()
    if path.stem in studies and path.parent in (Path(), LOCAL_STUDIES):
        return studies[path.stem]
    raise StudyError(f"{reference}: no such file, and no study of that name; known are {', '.join(sorted(studies))}")


def all_studies() -> dict[str, Path]:
    """By name: the shipped ones, and those in ``./studies``, which come first where two have one name."""
    folders = (shipped_studies(), LOCAL_STUDIES)
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}


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
