"""Steps of one training, and its state between them."""

import time
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn

from core.config.data import is_all
from core.config.train import PretrainConfig
from core.data.batches import Batches, place
from core.data.dataset import Dataset, Split
from core.distributed import add_up, agreed, average_gradients, on_nccl, own_share
from core.encoder.layers.global_norm import make_batch_norm_global
from core.encoder.layers.normalize import lacks_moments, set_moments
from core.errors import DataError, ProcessLost
from core.hardware import pick_device
from core.history import Epoch, history_from_json
from core.loss.outcome import Outcome
from core.methods.build import build_training
from core.methods.method import Progress
from core.numerics import Numerics, fastest_numerics
from core.optimizer.build import build_optimizer
from core.optimizer.schedule import build_schedule, freeze
from core.pretraining.buckets import Buckets
from core.pretraining.health import Health
from core.pretraining.state import VERSION, in_this_version
from core.pretraining.step import Steps
from core.pretraining.trainer import EpochStart
from core.trained.moments import measure
from core.trained.pretrained import Pretrained, copied


class Training:
    """One training. ``advance`` takes a step and never waits for the device, except in torch.nn.SyncBatchNorm where
    several processes have GPUs; ``end_epoch`` and ``state`` do.

    In a process group every process has one. All take each step together, each on its share of the batch's images, and
    reach the same weights.
    """

    def __init__(self, config: PretrainConfig, data: Dataset, device: str | torch.device | None = None) -> None:
        self.config = config
        self.device = pick_device(device)
        self.share = own_share()
        self.images = place(training_images(config, data), self.device)
        self.batches = Batches(self.images, config.batch_size, config.seed, self.device, self.share)
        self.steps_per_epoch = self.batches.steps_per_epoch
        if config.epochs:
            self._check_images(data.name)
        self.step = 0
        self.total_steps = config.epochs * self.steps_per_epoch
        self.rate = build_schedule(config, self.steps_per_epoch)
        self.classes = len(data.classes)
        self.health = Health(config, self.rate, self.steps_per_epoch, len(self.images), self.classes)
        self.encoder, self.method = build_training(config, len(self.images), self.classes)
        self.encoder.recompute = config.recompute
        self.model = nn.ModuleList([self.encoder, self.method]).to(self.device)
        """Encoder and method: everything that is trained, and everything that is kept between steps except the
        optimiser's state."""
        if lacks_moments(self.model):
            set_moments(self.model, agreed(lambda: measure(self.images, self.device), self.device))
        overlaps = on_nccl() and config.batch_norm_chunk is None  # chunks have several backward passes, some empty
        make_batch_norm_global(self.model, fused=overlaps)
        self.buckets = Buckets(self.model) if overlaps else None
        self._set_numerics(agreed(lambda: fastest_numerics(self.device, config.precision), self.device))
        self.method.progress = self._progress()
        self.optimizer = build_optimizer(config.optimizer, self.model, self.method.groups(self.encoder))
        self.history: list[Epoch] = []
        self._earlier_seconds = 0.0
        self._born = time.perf_counter()
        self.statistics = torch.zeros(self.steps_per_epoch, 1 + len(config.loss.measures), device=self.device)
        """Loss and measures of the epoch's steps, on the device until the epoch ends."""
        self._start_clock()

    @property
    def finished(self) -> bool:
        return self.step >= self.total_steps

    @property
    def at_epoch_end(self) -> bool:
        return self.step % self.steps_per_epoch == 0

    @property
    def seconds(self) -> float:
        """Seconds of training so far, without the time between an interruption and its continuation."""
        return self._earlier_seconds + time.perf_counter() - self._born

    def advance(self) -> None:
        """Take a step on the next batch."""
        self.method.progress = self._progress()
        if self.step % self.steps_per_epoch == 0:
            self._start_clock()
            start = EpochStart(self.encoder, self.images, self.optimizer, self.numerics, self.share, self.device)
            self.method.before_epoch(self.method.progress.epoch, start)
        self.rate.set(self.optimizer, self.step)
        self.optimizer.zero_grad(set_to_none=True)
        done = self.steps.run(self.step, self.batches[self.step])
        if self.buckets:
            self.buckets.average()
        else:
            average_gradients(self.model)
        freeze(self.optimizer, self.step)
        self.optimizer.step()
        with torch.no_grad():
            self.method.after_step(self.encoder, done.outputs, done.known, done.batch)
        self.statistics[self.step % self.steps_per_epoch] = self._numbers(done.outcome)
        self.step += 1

    def end_epoch(self) -> Epoch:
        """Read the epoch's statistics back and add them to the history. Raises ``Diverged`` where a loss is not finite
        or stays above that of a guess, and ``Collapsed``."""
        statistics = self.statistics.cpu()
        self.health.check_losses(statistics, self.step)
        loss, *means = statistics.double().mean(dim=0).tolist()
        measures = zip(self.config.loss.measures, means, strict=True)
        images = (self.step - self._clock_step) * self.config.batch_size
        epoch = Epoch(
            epoch=self.step // self.steps_per_epoch,
            metrics={"loss": loss} | {each.name: 100 * mean if each.is_percentage else mean for each, mean in measures},
            learning_rate=self.rate(self.step - 1),
            images_per_second=images / (time.perf_counter() - self._clock),
            time=time.time(),
        )
        self.health.check_spread(epoch)
        if self.finished:
            self.health.check_guess([*self.history, epoch])
        self.history.append(epoch)
        return epoch

    def state(self) -> dict[str, Any]:
        """Return everything that is needed to continue. Raises ``Diverged`` where a loss or a weight is not finite."""
        self.health.check_losses(self.statistics[: self.step % self.steps_per_epoch].cpu(), self.step)
        self.health.check_weights(self.model, self.step)
        return {
            "version": VERSION,
            "config": self.config.model_dump(mode="json", exclude_none=True),
            "images": len(self.images),
            "step": self.step,
            "encoder": self.encoder.state_dict(),
            "method": self.method.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "statistics": self.statistics,
            "numerics": asdict(self.numerics),
            "history": [epoch.to_json() for epoch in self.history],
            "seconds": self.seconds,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from the state of a training with the same configuration and data, in its numerics."""
        state = in_this_version(state)
        self._set_numerics(Numerics(**state["numerics"]))
        self.step = state["step"]
        self.encoder.load_state_dict(state["encoder"])
        self.method.load_state_dict(state["method"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.statistics.copy_(state["statistics"])
        self.history = history_from_json(state["history"], self.config.loss.measures)
        self._earlier_seconds = state["seconds"]
        self._start_clock()

    def check_together(self) -> None:
        """Raise ``ProcessLost`` where processes are at different steps: a shared folder may show one of them an older
        checkpoint."""
        step = agreed(lambda: self.step, self.device)
        if step != self.step:
            raise ProcessLost(f"this process continues from step {self.step}, the leading one from step {step}")

    def result(self) -> Pretrained:
        """Return what was learned, for this process alone. Raises ``Diverged`` where a weight is not finite."""
        self.health.check_weights(self.model, self.step)
        result = Pretrained(
            self.config, self.classes, self.encoder, self.method.head, self.numerics, self.history, self.seconds
        )
        return result if self.share.processes == 1 else copied(result)

    def _progress(self) -> Progress:
        return Progress(self.step, self.total_steps, self.steps_per_epoch)

    def _numbers(self, outcome: Outcome) -> Tensor:
        """Return the loss and the measures (1 + M,) of all processes."""
        names = [measure.name for measure in self.config.loss.measures]
        if set(names) != set(outcome.statistics):
            raise ValueError(
                f"loss.kind {self.config.loss.kind}: measures promises {names}, and loss returned "
                f"{list(outcome.statistics)}"
            )
        named = [outcome.statistics[name] for name in names]
        numbers = torch.stack([outcome.loss, *named]).detach()
        if self.method.joint or self.share.processes == 1:
            return numbers
        return add_up(numbers).div_(self.share.processes)

    def _set_numerics(self, numerics: Numerics) -> None:
        self.numerics = numerics
        self.steps = Steps(self.config, self.encoder, self.method, numerics, self.share, self.device)
        self.model.to(memory_format=numerics.memory_format)

    def _check_images(self, name: str) -> None:
        if not self.steps_per_epoch:
            more = "" if is_all(self.config.data.subset) else " or raise data.subset"
            raise DataError(
                f"batch_size is {self.config.batch_size}, but {name} has {len(self.images)} training images; "
                f"lower batch_size{more}"
            )
        self.config.loss.check_images(self.config, len(self.images))

    def _start_clock(self) -> None:
        self._clock, self._clock_step = time.perf_counter(), self.step


def training_images(config: PretrainConfig, data: Dataset) -> Split:
    """Return all training images, or those with a label for a supervised training. Raises ``DataError`` where that
    needs one label and the images have several."""
    if not config.loss.supervised:
        return data.train
    if data.train.multi_label:
        raise DataError(f"an image of {data.name} has several labels, and loss.kind {config.loss.kind} needs one")
    return data.train.labelled()
