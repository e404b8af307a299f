"""The parameters and the status that MLflow is given of a whole study, or of a collection."""

from collections.abc import Collection, Sequence
from itertools import pairwise

from ablations.study.collection import ScaledCollection
from ablations.study.overrides import of_trials
from ablations.study.scaled_study import ScaledStudy
from ablations.types.trial import State


def parent_parameters(scaled: ScaledStudy) -> dict[str, object]:
    """Parameters of a parent run: what it has in common with itself whenever it is run, since MLflow changes none."""
    return {"study": scaled.study.name, "scale": scaled.scale, **_overrides(scaled.options)}


def collection_parameters(scaled: ScaledCollection) -> dict[str, object]:
    """Parameters of a collection's run."""
    return {"collection": scaled.name, "scale": scaled.scale, **_overrides(scaled.studies[0].options)}


def _overrides(options: Sequence[str]) -> dict[str, str]:
    assigned = [value for option, value in pairwise(options) if option == "--set"]
    return dict(assignment.split("=", 1) for assignment in of_trials(assigned))


def parent_status(states: Collection[State], has_begun: bool) -> str:
    """MLflow's status of a parent run whose trials have these states when a run ends.

    ``has_begun`` tells whether the run came to this study: an interrupted collection leaves others that only wait.
    """
    if set(states) & {"waiting", "running"}:
        return "KILLED" if has_begun else "SCHEDULED"
    return "FAILED" if "failed" in states else "FINISHED"
