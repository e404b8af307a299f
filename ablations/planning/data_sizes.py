"""The data of a plan: whether it is there, how much it is, and whether a batch fits."""

from pathlib import Path

from ablations.store.data_copies import planned_size
from ablations.store.own_images.notes import note_of
from ablations.study.scaled_study import ScaledStudy
from ablations.types.errors import StudyError
from ablations.types.trial import Trial
from ablations.types.wording import closest
from core import DataError
from core.config import DataConfig
from core.config.data import is_all
from core.data.catalog import DATA_SETS, DataSize, metric_of
from core.data.transfer import check_metric
from core.errors import MissingData
from core.remote import AnyPath


def data_sizes(
    scaled: ScaledStudy, trials: list[Trial], data_dir: AnyPath, storage: AnyPath
) -> dict[DataConfig, DataSize]:
    """The size of every data set that the trials need, by the storage's notes for a folder that this machine does not
    have. Raises ``StudyError`` if one is missing."""
    sizes: dict[DataConfig, DataSize] = {}
    for trial in trials:
        try:
            _check_metric(trial)
            for data in trial.config.all_data:
                sizes[data] = sizes.get(data) or _size(data, data_dir, storage)
            _check_labels(scaled, trial, sizes)
        except DataError as error:
            hint = _close_name(trial, data_dir) if isinstance(error, MissingData) else ""
            raise StudyError(f"{scaled.source.name}: trial {trial.name}: {error}{hint}") from error
    return sizes


def _size(data: DataConfig, data_dir: AnyPath, storage: AnyPath) -> DataSize:
    try:
        return planned_size(data, data_dir)
    except MissingData:
        note = note_of(storage, data) if data.fingerprint else None
        if note is None:
            raise
        return note.size.reduced(data)


def _close_name(trial: Trial, data_dir: AnyPath) -> str:
    """``; did you mean 'cifar10'?`` if a built-in name or a file of this machine is close to the data's name; else
    empty."""
    there = [path.name for path in data_dir.glob("*")] if isinstance(data_dir, Path) else []
    known = [*DATA_SETS, *there]
    names = [data.name for data in trial.config.all_data if data.name not in known]
    close = next(filter(None, (closest(name, known) for name in names)), None)
    return f"; did you mean {close!r}?" if close else ""


def _check_metric(trial: Trial) -> None:
    wanted, data = getattr(trial.config.evaluate, "metric", None), trial.config.evaluation_data.name
    if wanted:
        check_metric(wanted, data, multi_label=metric_of(data) == "map_11")


def _check_labels(scaled: ScaledStudy, trial: Trial, sizes: dict[DataConfig, DataSize]) -> None:
    """Raises ``DataError`` for data without labels where something needs them."""
    pretrain, scored = trial.config.all_data
    if not sizes[pretrain].classes and trial.config.pretrain.loss.supervised:
        raise DataError(f"loss.kind {trial.config.pretrain.loss.kind} learns from labels, and {pretrain.name} has none")
    if not sizes[pretrain].classes and scaled.stop_early:
        raise DataError(f"stop_early compares trainings by labelled images, and {pretrain.name} has none; remove it")
    if not sizes[scored].classes and trial.config.evaluate.needs_labels:
        raise DataError(
            f"protocol {trial.config.evaluate.protocol} needs images with labels, and {scored.name} has none; name a "
            "set that has some in evaluate.data"
        )


def check_batches(scaled: ScaledStudy, trials: list[Trial], sizes: dict[DataConfig, DataSize]) -> None:
    """Raises ``StudyError`` for a batch that has more images than its data, or that workers cannot share evenly, and
    for a method that cannot work with this number of images."""
    for trial in trials:
        config = trial.config.pretrain
        images = sizes[config.data].train
        if config.epochs and config.batch_size > images:
            remedy = "lower batch_size" if is_all(config.data.subset) else "lower batch_size or raise data.subset"
            raise StudyError(
                f"{scaled.source.name}: trial {trial.name}: batch_size is {config.batch_size:,}, but "
                f"{config.data.name} has {images:,} training images; {remedy}"
            )
        if config.epochs and config.batch_size % scaled.resources.workers:
            raise StudyError(
                f"{scaled.source.name}: trial {trial.name}: batch_size is {config.batch_size:,}, which "
                f"resources.workers {scaled.resources.workers} cannot share out evenly; take a number that divides it"
            )
        if config.epochs:
            _check_method(scaled, trial, images)


def _check_method(scaled: ScaledStudy, trial: Trial, images: int) -> None:
    config = trial.config.pretrain
    try:
        config.loss.check_images(config, images)
    except DataError as error:
        raise StudyError(f"{scaled.source.name}: trial {trial.name}: {error}") from error
