"""Runs one unit of work: a training, unless its encoder exists already, and the evaluations of that encoder."""

import functools
import time
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from ablations.planning.stopping import StoppedEarly
from ablations.running.job import Job
from ablations.running.own_images.load import load_images
from ablations.running.unit_run import UnitRun
from ablations.store.data_copies import local_images
from ablations.store.leases.lease import FencedError, take
from ablations.store.right_images import packed
from ablations.store.speeds import evaluation_speed, hardware_of, save_speed
from ablations.store.trial_store import TrialStore
from ablations.tracking.provenance import provenance
from ablations.types.events import DiskFull, Held, Listen, Started, TrialEnded
from ablations.types.failures import TimedOut, kind_of
from ablations.types.own_images import IMAGES, images_text
from ablations.types.redaction import without_secrets
from ablations.types.trial import Result, Trial, Unit
from core import (
    Collapsed,
    DataError,
    Diverged,
    Pretrained,
    ProcessLost,
    Scores,
    encoder_hash,
    evaluate,
    load_pretrained,
    pretrain,
)
from core.config import DataConfig
from core.config.base import OWN_CODE, own_codes
from core.config.protocols.base import Representation
from core.data.dataset import Dataset
from core.data.load import check_unchanged
from core.errors import StorageAway, StorageRefused, is_full
from core.hardware import forget_memory_peak, hardware_name, memory_peak, pick_device
from core.optimizer.eager import skip_dynamo
from core.remote import AnyPath
from core.trained.checkpoint import set_aside

if TYPE_CHECKING:
    from numpy import ndarray


def run_unit(unit: Unit, job: Job, emit: Listen) -> None:
    """Train, evaluate, and keep a result for every trial of the unit, failures included.

    A trial that an earlier attempt or another run has ended is not run again. A unit that another run holds is left to
    that run.
    Raises ``OSError`` if the storage cannot be used, and ``ProcessLost`` if another worker of the training is gone.
    """
    torch.set_num_threads(job.threads)
    skip_dynamo()
    forget_memory_peak()
    store = TrialStore(job.storage)
    store.check_seen(unit)
    lease = take(store, unit.pretrain_id, job.owner)
    if lease is None:
        emit(Held(unit.pretrain_id))
        return
    try:
        _run(UnitRun(unit, job, emit, store, lease))
    except FencedError:
        emit(Held(unit.pretrain_id))
    except OSError as error:
        if not is_full(error):
            raise
        emit(disk_full(unit, job, error))
    finally:
        lease.release()


def assist(unit: Unit, job: Job) -> None:
    """Take part in the unit's training as one of several workers, the first of which runs the unit."""
    torch.set_num_threads(job.threads)
    skip_dynamo()
    config = unit.trials[0].config.pretrain
    checkpoint = TrialStore(job.storage).checkpoint_path(unit.pretrain_id)
    pretrain(config, _data(config.data, job.data_dir), checkpoint=checkpoint)


def disk_full(unit: Unit, job: Job, error: OSError) -> DiskFull:
    """The event that tells of a full disk, whichever worker's disk it is."""
    return DiskFull(unit.pretrain_id, str(error.filename or job.storage))


def failures(unit: Unit, error: Exception) -> list[Result]:
    """A failed result for each of the unit's trials."""
    return [_failure(trial, error) for trial in unit.trials]


def keep_failures(unit: Unit, job: Job, emit: Listen, failed: list[Result]) -> None:
    """Record failures after all workers have died."""
    store = TrialStore(job.storage)
    lease = take(store, unit.pretrain_id, job.owner)
    if lease is None:
        emit(Held(unit.pretrain_id))
        return
    run = UnitRun(unit, job, emit, store, lease)
    ended = {result.trial_id for result in store.ended(unit)}
    try:
        for result in failed:
            if result.trial_id not in ended:
                run.keep(result)
    finally:
        lease.release()


def ends_unit(error: Exception) -> bool:
    """Whether the error ends the whole unit instead of being a trial's failure."""
    return isinstance(error, FencedError | ProcessLost | StorageAway | StorageRefused) or is_full(error)


def _run(run: UnitRun) -> None:
    run.emit(Started(run.id))
    ended = run.store.ended(run.unit)
    for result in ended:  # the driver may not have heard it from an attempt that died
        run.emit(TrialEnded(run.id, result))
    known = {result.trial_id for result in ended}
    if left := [trial for trial in run.unit.trials if trial.id not in known]:
        _run_trials(left, run)


def _run_trials(trials: list[Trial], run: UnitRun) -> None:
    try:
        pretrained, seconds = _pretrained(run)
    except StoppedEarly as stop:
        for number, trial in enumerate(trials):
            seconds = 0.0 if number else run.seconds  # the training is counted once
            run.keep(Result(trial.id, "stopped", {}, seconds, time.time(), provenance(), stopped_at=stop.args[0]))
        return
    except Exception as error:
        if ends_unit(error):
            raise
        for trial in trials:
            run.keep(_failure(trial, error))
        return
    for number, trial in enumerate(trials):
        result = _evaluated(trial, pretrained, seconds, run, trials[number + 1 :])
        run.keep(result)
        seconds = 0.0 if result.state == "done" else seconds  # the training is counted once, in the first that is done


def _pretrained(run: UnitRun) -> tuple[Pretrained, float]:
    """The encoder, and the seconds that it took now: 0 if it existed already."""
    path = run.store.encoder_path(run.id)
    if pretrained := load_pretrained(path, pick_device()):
        run.check(pretrained)
        return pretrained, run.complete(pretrained, run.store.is_trained(run.id))
    if kept := set_aside(path):
        run.on_damage(kept)
    config = run.unit.trials[0].config.pretrain
    data = _data(config.data, run.job.data_dir)
    pretrained = pretrain(
        config,
        data,
        checkpoint=run.store.checkpoint_path(run.id),
        on_epoch=run.on_epoch,
        on_checkpoint=run.on_checkpoint,
        on_damage=run.on_damage,
        judged=run.unit.judged,
    )
    run.lease.check()
    _check_unchanged(config.data, data, run)
    pretrained.save(path)
    return pretrained, run.complete(pretrained, False)


@functools.lru_cache(maxsize=2)
def _data(config: DataConfig, data_dir: AnyPath) -> Dataset:
    """The data set, kept between the units of one worker. Raises ``OtherData`` if it is not as it was planned."""
    return load_images(config, data_dir)


def _check_unchanged(config: DataConfig, data: Dataset, run: UnitRun) -> None:
    """Raises ``OtherData`` if streamed images changed while they were used; no checkpoint of them is kept."""
    try:
        check_unchanged(config, data, local_images(config, run.job.data_dir))
    except DataError:
        run.store.checkpoint_path(run.id).unlink(missing_ok=True)
        raise


def _evaluated(
    trial: Trial, pretrained: Pretrained, training_seconds: float, run: UnitRun, rest: Sequence[Trial]
) -> Result:
    """The result of a trial. ``rest`` are the unit's trials that are evaluated after it."""
    started, job = time.monotonic(), run.job
    try:
        data = _data(trial.config.evaluation_data, job.data_dir)
        scores = evaluate(trial.config.evaluate, pretrained, data, later=_later(trial, rest))
        run.lease.check()
        _check_unchanged(trial.config.evaluation_data, data, run)
        run.store.save_arrays(trial.id, _arrays(scores), data.classes)
    except Exception as error:
        if ends_unit(error):
            raise
        return _failure(trial, error)
    images = len(data.train) + len(data.test)
    seconds_an_image = job.share * (time.monotonic() - started) / images
    hardware, peak = hardware_of(pretrained.device, job.threads), memory_peak(pretrained.device)
    speed = evaluation_speed(pretrained.config, trial.config.evaluate, images, hardware, seconds_an_image, peak)
    save_speed(job.storage, speed)
    metrics = dict(scores.metrics)
    if pretrained.history:
        metrics |= {f"pretrain/{name}": value for name, value in pretrained.history[-1].metrics.items()}
    seconds = training_seconds + time.monotonic() - started
    return Result(trial.id, "done", metrics, seconds, time.time(), _facts(trial, pretrained))


def _arrays(scores: Scores) -> dict[str, "ndarray"]:
    """The arrays to keep: those that a report draws, and which test images are right."""
    right = packed({metric: one.numpy() for metric, one in scores.right.items()}, scores.images)
    return {name: array.numpy() for name, array in scores.arrays.items()} | right


def _later(trial: Trial, rest: Sequence[Trial]) -> list[Representation]:
    """The representations of the evaluations to come that one pass over the same images serves."""
    others = [other.config for other in rest if other.config.evaluation_data == trial.config.evaluation_data]
    return [other.evaluate.representation for other in others if other.evaluate.one_pass]


def _facts(trial: Trial, pretrained: Pretrained) -> dict[str, str]:
    codes = sorted(map(str, own_codes(trial.config)))
    images = images_text(trial.config)
    return (
        provenance()
        | ({OWN_CODE: ", ".join(codes)} if codes else {})
        | ({IMAGES: images} if images else {})
        | {
            "device": hardware_name(pretrained.device),
            "numerics": str(pretrained.numerics),
            "encoder_hash": encoder_hash(pretrained.encoder),
        }
    )


def _failure(trial: Trial, error: Exception) -> Result:
    known = isinstance(error, DataError | Diverged | Collapsed | TimedOut)
    message = str(error) if known else f"{type(error).__name__}: {error}"
    lines = "" if known else "".join(traceback.format_exception(error))
    message, lines = without_secrets(message), without_secrets(lines)
    return Result(trial.id, "failed", {}, 0.0, time.time(), provenance(), message, kind_of(error), lines)
