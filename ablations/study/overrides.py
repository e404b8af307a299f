"""``--set`` on the command line: settings of every trial, and what a trial occupies, which is no part of it."""

from collections.abc import Sequence

from ablations.study.explain import validate
from ablations.study.settings import Layer, flatten, overlay
from ablations.study.study import Resources
from ablations.study.yaml_source import Source, parse_scalar
from ablations.types.errors import StudyError

RESOURCES = "resources"


def assigned(assignments: Sequence[str]) -> Layer:
    """The settings of trials, of assignments ``path=value``. Raises ``StudyError``."""
    return overlay(map(_parse, of_trials(assignments)))


def assigned_resources(resources: Resources, assignments: Sequence[str]) -> Resources:
    """A study's, with what is assigned to one of them, such as ``resources.gpu=0.25``. Raises ``StudyError``."""
    own = [assignment for assignment in assignments if _of_resources(assignment)]
    if not own:
        return resources
    layer = overlay(map(_parse, own))
    place = " ".join(f"--set {assignment}" for assignment in own)
    if (RESOURCES,) in layer:
        raise StudyError(f"{place}: say which, such as --set resources.gpu=0.25")
    changes = {".".join(path[1:]): setting.value for path, setting in layer.items()}
    return validate(Resources, Source(place, resources.model_dump() | changes))


def of_trials(assignments: Sequence[str]) -> list[str]:
    """Without what is assigned to ``resources``, which changes no result."""
    return [assignment for assignment in assignments if not _of_resources(assignment)]


def _of_resources(assignment: str) -> bool:
    return assignment.partition("=")[0].partition(".")[0] == RESOURCES


def _parse(assignment: str) -> Layer:
    path, equals, text = assignment.partition("=")
    if not equals or not path:
        raise StudyError(f"--set {assignment}: write --set path=value, such as --set epochs=20")
    try:
        value = parse_scalar(text)
    except StudyError as error:
        raise StudyError(f"--set {assignment}: {error}") from error
    return flatten({path: value}, Source(f"--set {assignment}"), ())
