"""Writes a study to begin with, for one's own data."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from ablations.study.library import LOCAL_STUDIES, Question, all_studies
from ablations.study.schema.study_schema import FILE, schema_text
from ablations.study.study import Study
from ablations.study.yaml_source import parse_scalar
from ablations.types.errors import StudyError
from ablations.types.wording import quoted, shortened
from core.config import DataConfig
from core.data.catalog import DATA_SETS
from core.data.sources.find import data_size
from core.data.sources.found import TRAIN
from core.errors import DataError, is_full
from core.remote import AnyPath

TEMPLATES = Path(__file__).parent / "templates"
SUFFIXES = (".yaml", ".yml")
SMALL = ("shapes", "cifar10", "cifar100")
"""Data of 32 pixels a side."""
SHARE = 0.2
"""Share of each class for testing, where images have no split."""


@dataclass(frozen=True)
class Written:
    """The files that were written."""

    study: Path
    reference: str
    """Name or path by which commands take the study."""
    schema: Path
    """Schema beside the study, for editors."""


def share_to_split(data: str, data_dir: AnyPath) -> float | None:
    """The ``data.split`` that images of one's own need; None if they have a split, or if they are not here yet.

    Raises ``StudyError`` where no study can use them as they are.
    """
    if data in DATA_SETS or not isinstance(data_dir, Path) or not (data_dir / data).exists():
        return None
    try:
        data_size(DataConfig(name=data), data_dir)
    except ValidationError:
        return None  # it is no name, which is told when the study is written
    except DataError as error:
        return _share_of_unsplit(data, data_dir, error)
    return None


def _share_of_unsplit(data: str, data_dir: Path, problem: DataError) -> float:
    """The ``data.split`` of images that have the ``problem`` without one. Raises ``StudyError`` if it is another."""
    try:
        data_size(DataConfig(name=data, split=SHARE), data_dir)
    except DataError as error:
        told = problem if (data_dir / data / TRAIN).exists() else error
        raise StudyError(f"{str(told).partition('; built-in')[0]}; 'ablate data {data}' lists everything") from error
    return SHARE


def write_study(target: str | None, question: Question, data: str, split: float | None = None) -> Written:
    """Write a study to a file, or to ``studies/<name>.yaml`` for a name. ``split`` is that of ``share_to_split``.

    Raises ``StudyError`` if there is one already, and if the file cannot be written.
    """
    path = _path(target or f"my_{question}")
    _check(path, data)
    reference = path.stem if path == LOCAL_STUDIES / f"{path.stem}.yaml" else str(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(study_text(path.stem, reference, question, data, split))
    except FileExistsError as error:
        raise StudyError(f"{error.filename}: exists already, and is left as it is; give another name") from error
    except OSError as error:
        if is_full(error):
            raise
        raise StudyError(f"{shortened(str(path), 200)}: cannot be written: {error.strerror}") from error
    schema = path.parent / FILE
    if not schema.exists():
        schema.write_text(schema_text(), encoding="utf-8")
    return Written(path, reference, schema)


def study_text(name: str, reference: str, question: Question, data: str, split: float | None = None) -> str:
    """The text of the study's file."""
    import jinja2  # here, since no other command needs it

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"{question}.yaml.j2").render(
        name=in_yaml(name),
        reference=shlex.quote(reference),
        data=in_yaml(data),
        image_size=32 if data in SMALL else 64,
        embedded=data in DATA_SETS,
        split=split,
    )


def in_yaml(name: str) -> str:
    """The name as YAML text: ``on`` and ``007`` must be quoted."""
    return name if parse_scalar(name) == name else json.dumps(name)


def _path(target: str) -> Path:
    path = Path(target)
    if path.suffix in SUFFIXES:
        return path
    if len(path.parts) > 1:
        raise StudyError(f"{target}: give a name, or a file that ends with .yaml")
    if target in all_studies():
        raise StudyError(f"{target}: there is a study of that name, at {all_studies()[target]}; give another")
    return LOCAL_STUDIES / f"{target}.yaml"


def _check(path: Path, data: str) -> None:
    for model, name in ((Study, path.stem), (DataConfig, data)):
        try:
            model.model_validate({"name": name})
        except ValidationError as error:
            raise StudyError(f"{quoted(name)} is no name: letters, digits, - and _ are allowed") from error
