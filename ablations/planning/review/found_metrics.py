"""Checks that the metrics that a report or a claim names are found by some trial."""

from collections.abc import Sequence

from ablations.study.scaled_study import ScaledStudy
from ablations.types.errors import StudyError
from ablations.types.metrics import names, own, prefixes_of
from ablations.types.trial import Trial


def check_metrics(scaled: ScaledStudy, trials: Sequence[Trial]) -> None:
    """Raises ``StudyError`` for a metric that no protocol of the trials finds: its figure would stay empty."""
    protocols = {trial.config.evaluate.protocol for trial in trials}
    found = {prefix for protocol in protocols for prefix in prefixes_of(protocol)}
    if any(trial.config.pretrain.epochs for trial in trials):
        found.add("pretrain")
    for metric, place in scaled.metrics.items():
        if not found & {name.partition("/")[0] for name in own().get(metric, [metric])}:
            there = ", ".join(f"{prefix}/" for prefix in names() if prefix in found)
            told = f"the trials are scored by {', '.join(sorted(protocols))}, which finds {there}"
            raise StudyError(f"{place}: no trial finds {metric} at scale {scaled.scale}: {told}")
