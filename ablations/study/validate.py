"""A file's values as a model, with errors for people."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ablations.study.explain import explain
from ablations.study.yaml_source import Source
from ablations.types.errors import StudyError

M = TypeVar("M", bound=BaseModel)


def validate(model: type[M], source: Source) -> M:
    """Raises ``StudyError`` with the place of everything that is wrong."""
    if not isinstance(source.values, dict):
        raise StudyError(f"{source.place(())}: a {model.__name__.lower()} file is a mapping, such as 'name: my_study'")
    try:
        return model.model_validate(source.values)
    except ValidationError as error:
        raise StudyError(explain(error, model, source.values, source.locate)) from error
