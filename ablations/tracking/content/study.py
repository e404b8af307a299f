"""What MLflow is given of a whole study."""

from collections.abc import Collection
from itertools import pairwise

from ablations.study.overrides import of_trials
from ablations.study.scaled_study import ScaledStudy
from ablations.types.trial import State


def parent_parameters(scaled: ScaledStudy) -> dict[str, object]:
    """Parameters of a parent run: what it has in common with itself whenever it is run, since MLflow changes none."""
    options = scaled.options
    assigned = [value for option, value in pairwise(options) if option == "--set"]
    overrides = dict(assignment.split("=", 1) for assignment in of_trials(assigned))
    return {"study": scaled.study.name, "scale": scaled.scale, **overrides}


def parent_status(states: Collection[State], has_begun: bool) -> str:
    """MLflow's status of a parent run whose trials have these states when a run ends.

    ``has_begun`` tells whether the run came to this study: an interrupted collection leaves others that only wait.
    """
    if set(states) & {"waiting", "running"}:
        return "KILLED" if has_begun else "SCHEDULED"
    return "FAILED" if "failed" in states else "FINISHED"
