"""One unit of work: a training, unless its encoder is there already, and the evaluations of it."""

import functools
import statistics
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import torch

from ablations.data_copies import local_data
from ablations.events import DiskFull, Ended, EpochEnded, Event, Held, Judged, Saved, Started
from ablations.failures import PASSING, TimedOut, kind_of
from ablations.lease import FencedError, Lease, take
from ablations.provenance import provenance
from ablations.speeds import Hardware, evaluation_speed, save_speed, training_speed
from ablations.store import COMPUTED_FOR, TrialStore
from ablations.trial import Result, Trial, Unit
from core import (
    DataError,
    Diverged,
    Pretrained,
    ProcessLost,
    encoder_hash,
    evaluate,
    load_data,
    load_pretrained,
    pretrain,
)
from core.config import DataConfig
from core.data.catalog import DataSize
from core.data.dataset import Dataset
from core.errors import MissingData, StorageAway, StorageRefused, is_full
from core.hardware import forget_memory_peak, hardware_name, memory_bytes, memory_peak, pick_device
from core.history import Epoch
from core.remote import AnyPath

Emit = Callable[[Event], None]


@dataclass(frozen=True)
class Job:
    """What all units of one run have in common. It changes no result."""

    storage: AnyPath
    data_dir: AnyPath
    owner: str
    """The run; see ``LiveRun.name``."""
    threads: int
    """Of PyTorch on the CPU, for one unit."""
    minutes: float | None = None
    """Longest that one attempt at a training may take."""
    study: str = ""
    """That asks for it."""
    workers: int = 1
    """That share a training."""
    sizes: Mapping[DataConfig, DataSize] = field(default_factory=dict)
    """Of image folders, when the run began: no two of its trials are to be of different images."""
    share: float = 1.0
    """Of a GPU, that each unit has; see ``Resources.share``."""


def run_unit(unit: Unit, job: Job, emit: Emit) -> None:
    """Train, evaluate, and keep a result for every trial of the unit, be it a failure.

    What an earlier attempt, or another run, has ended is not done again; what another run holds is left to it. Raises
    ``OSError`` where the storage cannot be used, ``ProcessLost`` where another worker of the training is gone.
    """
    torch.set_num_threads(job.threads)
    forget_memory_peak()
    store = TrialStore(job.storage)
    store.check_seen(unit)
    lease = take(store, unit.pretrain_id, job.owner)
    if lease is None:
        emit(Held(unit.pretrain_id))
        return
    try:
        _run(_Desk(unit, job, emit, store, lease))
    except FencedError:
        emit(Held(unit.pretrain_id))
    except OSError as error:
        if not is_full(error):
            raise
        emit(disk_full(unit, job, error))
    finally:
        lease.release()


def assist(unit: Unit, job: Job) -> None:
    """Take part in the unit's training as one of several workers, whose first runs the unit."""
    torch.set_num_threads(job.threads)
    config = unit.trials[0].config.pretrain
    checkpoint = TrialStore(job.storage).checkpoint_path(unit.pretrain_id)
    pretrain(config, _data(config.data, job), checkpoint=checkpoint)


def disk_full(unit: Unit, job: Job, error: OSError) -> DiskFull:
    """What is told of it, whichever worker's disk it is."""
    return DiskFull(unit.pretrain_id, str(error.filename or job.storage))


def failures(unit: Unit, error: Exception) -> list[Result]:
    """Of all of the unit's trials, for the reason ``error``."""
    return [_failure(trial, error) for trial in unit.trials]


def keep_failures(unit: Unit, job: Job, emit: Emit, failed: list[Result]) -> None:
    """Where no worker is left that could."""
    store = TrialStore(job.storage)
    lease = take(store, unit.pretrain_id, job.owner)
    if lease is None:
        emit(Held(unit.pretrain_id))
        return
    desk = _Desk(unit, job, emit, store, lease)
    ended = {result.trial_id for result in store.ended(unit)}
    try:
        for result in failed:
            if result.trial_id not in ended:
                desk.keep(result)
    finally:
        lease.release()


def _run(desk: "_Desk") -> None:
    desk.emit(Started(desk.id))
    ended = desk.store.ended(desk.unit)
    for result in ended:  # the driver may not have heard it from an attempt that died
        desk.emit(Ended(desk.id, result))
    known = {result.trial_id for result in ended}
    if left := [trial for trial in desk.unit.trials if trial.id not in known]:
        _run_trials(left, desk)


def _run_trials(trials: list[Trial], desk: "_Desk") -> None:
    try:
        pretrained, seconds = desk.pretrained()
    except Exception as error:
        if ends_unit(error):
            raise
        for trial in trials:
            desk.keep(_failure(trial, error))
        return
    for trial in trials:
        desk.keep(_evaluated(trial, pretrained, seconds, desk))
        seconds = 0.0  # the training is counted once


def ends_unit(error: Exception) -> bool:
    """Rather than be a trial's failure."""
    return isinstance(error, FencedError | ProcessLost | StorageAway | StorageRefused) or is_full(error)


class _Desk:
    """A unit's place in the store, and the line to the driver."""

    def __init__(self, unit: Unit, job: Job, emit: Emit, store: TrialStore, lease: Lease) -> None:
        self.unit, self.job, self.emit = unit, job, emit
        self.id = unit.pretrain_id
        self.store, self.lease = store, lease
        self._begun = time.monotonic()
        self._to_judge: Epoch | None = None
        """Until it is safe in a checkpoint."""
        self._trains = False
        """Whether an epoch has ended since the unit was taken: what is only loaded takes less memory."""

    def pretrained(self) -> tuple[Pretrained, float]:
        """The encoder, and the seconds that it took now: none where it was there already."""
        path, checkpoint = self.store.encoder_path(self.id), self.store.checkpoint_path(self.id)
        if pretrained := load_pretrained(path, pick_device()):
            return pretrained, self._complete(pretrained, self.store.is_trained(self.id))
        config = self.unit.trials[0].config.pretrain
        pretrained = pretrain(
            config,
            _data(config.data, self.job),
            checkpoint=checkpoint,
            on_epoch=self._on_epoch,
            on_checkpoint=self._on_checkpoint,
            judged=self.unit.judged,
        )
        self.lease.check()
        pretrained.save(path)
        return pretrained, self._complete(pretrained, False)

    def _complete(self, pretrained: Pretrained, is_known: bool) -> float:
        """What follows an encoder's file, and may be missing after a crash: its whole history in the store, and
        the seconds of the training, which are counted with it."""
        self.store.checkpoint_path(self.id).unlink(missing_ok=True)
        if is_known:
            return 0.0
        self.store.save_history(self.id, pretrained.history, trained=True)
        if pretrained.history:
            alone = self.job.workers * self.job.share  # of one whole GPU
            seconds = statistics.median(alone / epoch.images_per_second for epoch in pretrained.history)
            hardware = hardware_of(pretrained.device, self.job.threads)
            whole = self._trains and self.job.workers == 1  # else that of loading, or of a part of the batch
            peak = memory_peak(pretrained.device) if whole else 0
            save_speed(self.job.storage, training_speed(pretrained.config, hardware, seconds, peak))
        return pretrained.seconds

    def keep(self, result: Result) -> None:
        result = replace(result, facts=result.facts | {COMPUTED_FOR: self.job.study})
        self.lease.check()
        if result.failure not in PASSING:
            self.store.save_result(result)
        self.emit(Ended(self.id, result))

    def _on_epoch(self, epoch: Epoch) -> None:
        self._trains = True
        self.lease.check()
        self.emit(EpochEnded(self.id, epoch))
        self._to_judge = epoch if epoch.epoch in self.unit.judged else None
        limit = self.job.minutes
        if limit and time.monotonic() - self._begun > 60 * limit:
            raise TimedOut(f"was still training after {limit:g} minutes, at epoch {epoch.epoch}")

    def _on_checkpoint(self, history: list[Epoch]) -> None:
        self.lease.check()
        self.store.save_history(self.id, history)
        self.emit(Saved(self.id))
        if (epoch := self._to_judge) and epoch.knn_top1 is not None:
            self._to_judge = None
            self.emit(Judged(self.id, epoch.epoch, epoch.knn_top1))


def _data(config: DataConfig, job: Job) -> Dataset:
    """Raises ``MissingData`` where there is more or less of it than when the run began."""
    data = _loaded(config, job.data_dir)
    size = DataSize(len(data.train), len(data.test), len(data.classes))
    if (planned := job.sizes.get(config, size)) != size:
        _loaded.cache_clear()  # another run of this process may find it restored
        raise MissingData(
            f"{config.name} has {size.train:,} training and {size.test:,} test images, and had {planned.train:,} and "
            f"{planned.test:,} when the run began; restore them"
        )
    return data


@functools.lru_cache(maxsize=2)
def _loaded(config: DataConfig, data_dir: AnyPath) -> Dataset:
    """Kept between the units of one worker."""
    return load_data(config, local_data(config.name, data_dir))


def _evaluated(trial: Trial, pretrained: Pretrained, training_seconds: float, desk: _Desk) -> Result:
    started, job = time.monotonic(), desk.job
    try:
        data = _data(trial.config.evaluation_data, job)
        scores = evaluate(trial.config.evaluate, pretrained, data)
        desk.lease.check()
        desk.store.save_arrays(trial.id, {name: array.numpy() for name, array in scores.arrays.items()}, data.classes)
    except Exception as error:
        if ends_unit(error):
            raise
        return _failure(trial, error)
    seconds_an_image = job.share * (time.monotonic() - started) / (len(data.train) + len(data.test))
    hardware, peak = hardware_of(pretrained.device, job.threads), memory_peak(pretrained.device)
    speed = evaluation_speed(pretrained.config, trial.config.evaluate, hardware, seconds_an_image, peak)
    save_speed(job.storage, speed)
    metrics = dict(scores.metrics)
    if pretrained.history:
        metrics |= {f"pretrain/{name}": value for name, value in pretrained.history[-1].metrics.items()}
    seconds = training_seconds + time.monotonic() - started
    return Result(trial.id, "finished", metrics, seconds, time.time(), _facts(pretrained))


def hardware_of(device: torch.device, threads: int) -> Hardware:
    return Hardware(hardware_name(device), memory_bytes(device), threads)


def _facts(pretrained: Pretrained) -> dict[str, str]:
    return provenance() | {
        "device": hardware_name(pretrained.device),
        "numerics": str(pretrained.numerics),
        "encoder_hash": encoder_hash(pretrained.encoder),
    }


def _failure(trial: Trial, error: Exception) -> Result:
    known = isinstance(error, DataError | Diverged | TimedOut)
    message = str(error) if known else f"{type(error).__name__}: {error}"
    lines = "" if known else "".join(traceback.format_exception(error))
    return Result(trial.id, "failed", {}, 0.0, time.time(), provenance(), message, kind_of(error), lines)
