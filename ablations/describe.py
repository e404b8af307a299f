"""A study at one scale as plain values: what MLflow keeps, and what a report needs to know."""

import shlex
from pathlib import Path
from typing import Any

from ablations.library import reference
from ablations.load import ScaledStudy
from ablations.trial import Trial
from core.cost import parameters


def describe(scaled: ScaledStudy, trials: list[Trial]) -> dict[str, Any]:
    """JSON-able; ``read_study`` gives it back."""
    study = scaled.study
    return {
        "name": study.name,
        "title": study.title or study.name,
        "claims": [claim.model_dump(mode="json") for claim in scaled.claims],
        "reproduces": study.reproduces,
        "scale": scaled.scale,
        "scale_description": scaled.scale_description,
        "report": scaled.report.model_dump(mode="json"),
        "axes": scaled.axis_names,
        "stop_early": scaled.stop_early.model_dump(mode="json") if scaled.stop_early else None,
        "command": shlex.join(["ablate", "run", reference(Path(scaled.source.name)), *scaled.options]),
        "settings": {".".join(path): setting.value for path, setting in sorted(scaled.settings.items())},
        "trials": [
            {
                "trial_id": trial.id,
                "name": trial.name,
                "seed": trial.seed,
                "baseline": trial.baseline or "",
                "parameters": parameters(trial.config.pretrain.encoder, trial.config.pretrain.data.image_size) / 1e6,
                "coordinates": trial.coordinates,
            }
            for trial in trials
        ],
    }
