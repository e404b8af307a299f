"""A unit that is being run: its lease, its place in the store, and its events to the driver."""

import statistics
import time
from dataclasses import replace

from ablations.running.job import Job
from ablations.store.leases.lease import Lease
from ablations.store.speeds import hardware_of, save_speed, training_speed
from ablations.store.trial_store import COMPUTED_FOR, TrialStore
from ablations.types.events import Damaged, EpochEnded, Judged, Listen, Saved, TrialEnded
from ablations.types.failures import PASSING, TimedOut
from ablations.types.identity import pretrain_id
from ablations.types.trial import Result, Unit
from core import Pretrained, encoder_hash
from core.errors import MissingData
from core.hardware import memory_peak
from core.history import Epoch
from core.remote import AnyPath


class UnitRun:
    """One attempt at a unit, by the run that holds its lease."""

    def __init__(self, unit: Unit, job: Job, emit: Listen, store: TrialStore, lease: Lease) -> None:
        self.unit, self.job, self.emit = unit, job, emit
        self.id = unit.pretrain_id
        self.store, self.lease = store, lease
        self._begun = time.monotonic()
        self._to_judge: Epoch | None = None
        """An epoch that will be judged once it is in a checkpoint."""
        self._trains = False
        """Whether an epoch has ended in this attempt: an encoder that is only loaded takes less memory."""

    @property
    def seconds(self) -> float:
        """Seconds since the attempt began."""
        return time.monotonic() - self._begun

    def check(self, pretrained: Pretrained) -> None:
        """Raises ``MissingData`` if this is not the encoder that was trained: its file was replaced, or rotted."""
        path, known = self.store.encoder_path(self.id), self.store.encoder_hash(self.id)
        found = encoder_hash(pretrained.encoder)
        if (other := pretrain_id(pretrained.config)) != self.id:
            problem = f"is the encoder {other}"
        elif known and known != found:
            problem = f"holds other weights (hash {found}) than were trained (hash {known})"
        else:
            return
        raise MissingData(f"{path}: {problem}; put the right file back, or remove {path.parent} to train it again")

    def complete(self, pretrained: Pretrained, is_known: bool) -> float:
        """Write what follows an encoder's file and may be missing after a crash: its whole history, and its speed.

        Returns the seconds of the training, or 0 if the history was complete already (``is_known``).
        """
        self.store.checkpoint_path(self.id).unlink(missing_ok=True)
        if is_known:
            return 0.0
        self.store.save_history(self.id, pretrained.history, True, encoder_hash(pretrained.encoder))
        if pretrained.history:
            whole_gpus = self.job.workers * self.job.share
            later = pretrained.history[1:] or pretrained.history  # the first one's start is slower
            seconds = statistics.median(whole_gpus / epoch.images_per_second for epoch in later)
            hardware = hardware_of(pretrained.device, self.job.threads)
            measured = self._trains and self.job.workers == 1  # else the peak is of loading, or of a part of the batch
            peak = memory_peak(pretrained.device) if measured else 0
            is_first = len(pretrained.history) == 1
            speed = training_speed(pretrained.config, hardware, seconds, peak, has_start=is_first)
            save_speed(self.job.storage, speed)
        return pretrained.seconds

    def keep(self, result: Result) -> None:
        """Write a trial's result to the store, and tell the driver."""
        result = replace(result, facts=result.facts | {COMPUTED_FOR: self.job.study})
        self.lease.check()
        if result.failure not in PASSING:
            self.store.save_ended(result)
        self.emit(TrialEnded(self.id, result))

    def on_damage(self, kept: AnyPath) -> None:
        """Called where a file could not be read, and is kept under this name."""
        self.emit(Damaged(self.id, str(kept)))

    def on_epoch(self, epoch: Epoch) -> None:
        """Called after each epoch. Raises ``FencedError`` and ``TimedOut``."""
        self._trains = True
        self.lease.check()
        self.emit(EpochEnded(self.id, epoch))
        self._to_judge = epoch if epoch.epoch in self.unit.judged else None
        limit = self.job.minutes
        if limit and self.seconds > 60 * limit:
            raise TimedOut(f"was still training after {limit:g} minutes, at epoch {epoch.epoch}")

    def on_checkpoint(self, history: list[Epoch]) -> None:
        """Called after each checkpoint. Raises ``FencedError``, and ``StoppedEarly`` in the in-process scheduler."""
        self.lease.check()
        self.store.save_history(self.id, history)
        self.emit(Saved(self.id))
        if (epoch := self._to_judge) and epoch.knn_top1 is not None:
            self._to_judge = None
            self.emit(Judged(self.id, epoch.epoch, epoch.knn_top1))
