"""A study at one scale as plain values: what MLflow keeps of it, and what its report is drawn from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ablations.planning.review.setting_use import shared_settings
from ablations.store.looks import Looks
from ablations.study.library import run_command
from ablations.study.scaled_study import ScaledStudy
from ablations.tracking.content.l2_edge import l2_ends
from ablations.tracking.content.seeds import varied_and_fixed
from ablations.types.own_images import images_text
from ablations.types.trial import Trial
from core.cost import parameters, training_passes


def describe(scaled: ScaledStudy, trials: Sequence[Trial], looks: Looks = ()) -> dict[str, Any]:
    """The study, its trials and its looks at the claims as JSON-able values."""
    study = scaled.study
    varied, fixed = varied_and_fixed(trials)
    return {
        "name": study.name,
        "title": study.title or study.name,
        "claims": [claim.model_dump(mode="json") for claim in scaled.claims],
        "looks": list(looks),
        "varied": varied,
        "fixed": fixed,
        "test_sets": sorted({trial.config.evaluation_data.name for trial in trials}),
        "images": sorted({images_text(trial.config) for trial in trials} - {""}),
        "reproduces": study.reproduces,
        "scale": scaled.scale,
        "scale_description": scaled.scale_description,
        "report": scaled.report.model_dump(mode="json"),
        "axes": scaled.axis_names,
        "select": study.select,
        "tune": scaled.tune.values if scaled.tune else {},
        "stop_early": scaled.stop_early.model_dump(mode="json") if scaled.stop_early else None,
        "command": run_command(Path(scaled.source.name), scaled.options),
        "settings": shared_settings(scaled, trials),
        "trials": [_trial(trial) for trial in trials],
    }


def _trial(trial: Trial) -> dict[str, Any]:
    pretrain = trial.config.pretrain
    return {
        "trial_id": trial.id,
        "name": trial.name,
        "seed": trial.seed,
        "baseline": trial.baseline or "",
        "scored_by": trial.config.scored_by,
        "parameters": parameters(pretrain.encoder, pretrain.data.image_size, pretrain.data.channels) / 1e6,
        "passes": training_passes(pretrain),
        "coordinates": trial.coordinates,
        "tuned": trial.tuned,
        "l2_ends": l2_ends(trial.config.evaluate),
    }
