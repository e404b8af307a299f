"""Checks that tuned values, or the best cell, can be chosen: that needs a validation score that compares them."""

from collections.abc import Iterator, Mapping, Sequence

from ablations.planning.search import searches
from ablations.study.scaled_study import ScaledStudy
from ablations.types.errors import StudyError
from ablations.types.metrics import VALIDATION, validation_of, with_validation
from ablations.types.trial import Trial
from core.config import DataConfig, TrainConfig
from core.data.catalog import DataSize

KEEP = "give it these values itself, or say under 'only_where' in which cells they are tuned"


def check_tuning(scaled: ScaledStudy, trials: Sequence[Trial]) -> None:
    """Raises ``StudyError`` for the first cell whose tuned values cannot be chosen."""
    if scaled.tune is None:
        return
    there = {name for trial in trials for name in trial.tuned}
    for axis in scaled.tune.axes:
        if not there & axis[0].coordinates.keys():
            name = ", ".join(axis[0].coordinates)
            raise StudyError(f"{axis[0].place}: no cell has {name} at this scale; take it out of 'tune'")
    place = scaled.tune.axes[0][0].place
    if scaled.stop_early and (found := searches(trials)):
        raise StudyError(
            f"{place}: stop_early ends trainings before they have a validation score, by which the values of "
            f"{found[0][0].cell_name} are chosen; take one of the two out"
        )
    for metric, where in scaled.metrics.items():
        if metric.endswith(f"/{VALIDATION}"):
            raise StudyError(
                f"{where}: tuned values are chosen by {metric}, so that it is too high to report; name a metric of the "
                "test images, such as top1"
            )
    for candidates in searches(trials):
        for problem in _problems([trial.config for trial in candidates]):
            raise StudyError(f"{place}: {candidates[0].cell_name}: {problem}")


def check_selection(scaled: ScaledStudy, trials: Sequence[Trial]) -> None:
    """Raises ``StudyError`` if the best cell is to be chosen by a validation score that does not compare the cells."""
    if scaled.study.select != "validation":
        return
    place = scaled.source.locate(("select",))
    grid = [trial for trial in trials if trial.baseline is None]
    for trial in grid:
        if validation_of(trial.config.evaluate.protocol) is None:
            raise StudyError(
                f"{place}: {trial.cell_name}: evaluate.protocol is {trial.config.evaluate.protocol}, which has no "
                f"validation score; take one that has ({', '.join(with_validation())}), or select: test"
            )
        if _has_learned_the_labels(trial.config):
            raise StudyError(
                f"{place}: {trial.cell_name}: loss.kind {trial.config.pretrain.loss.kind} learns the labels of the "
                "images that are held out, so that its score says little of new images; select: test, or make it a "
                "baseline"
            )
        if _ruler(trial.config) != _ruler(next(one.config for one in grid if one.seed == trial.seed)):
            raise StudyError(
                f"{place}: {trial.cell_name}: cells are compared by different images or metrics; select: test, or take "
                "evaluate.protocol, evaluate.data, evaluate.metric and evaluate.holdout out of the grid"
            )


def check_held_out(scaled: ScaledStudy, trials: Sequence[Trial], sizes: Mapping[DataConfig, DataSize]) -> None:
    """Raises ``StudyError`` if tuned values would be chosen on data of which no image can be held out."""
    for candidates in searches(trials):
        data = candidates[0].config.evaluation_data
        if scaled.tune and sizes[data].train <= sizes[data].classes:
            raise StudyError(
                f"{scaled.tune.axes[0][0].place}: {data.name} has {sizes[data].train} training images of "
                f"{sizes[data].classes} classes, of which none can be held out to choose a value on; raise data.subset"
            )


def _problems(configs: Sequence[TrainConfig]) -> Iterator[str]:
    first = configs[0]
    if len({_ruler(config) for config in configs}) > 1:
        yield (
            "its values would be compared by different images or metrics; tune no data, and none of "
            "evaluate.protocol, evaluate.data, evaluate.metric, evaluate.holdout and evaluate.holdout_seed"
        )
    protocol = first.evaluate.protocol
    if validation_of(protocol) is None:
        known = ", ".join(with_validation())
        yield (
            f"evaluate.protocol is {protocol}, which has no validation score to choose tuned values by; take one that "
            f"has ({known}), or {KEEP}"
        )
    if any(_has_learned_the_labels(config) for config in configs):
        yield (
            f"loss.kind {first.pretrain.loss.kind} learns the labels of the images on which values are chosen, so that "
            f"their score says little of new images; {KEEP}"
        )


def _ruler(config: TrainConfig) -> tuple[object, ...]:
    """The images, the protocol and the metric by which a validation score is measured."""
    score = config.evaluate
    data = config.evaluation_data.model_dump_json()
    return data, score.protocol, *(getattr(score, name, None) for name in ("metric", "holdout", "holdout_seed"))


def _has_learned_the_labels(config: TrainConfig) -> bool:
    trained = config.pretrain
    return trained.loss.supervised and trained.epochs > 0 and trained.data.name == config.evaluation_data.name
