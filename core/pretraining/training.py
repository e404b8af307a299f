"""The steps of one training, and the state that they leave between them."""

import math
import time
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from core.augment.draw import shared
from core.config.train import PretrainConfig
from core.data.batches import Batches, place
from core.data.dataset import Batch, Dataset
from core.distributed import agreed, average_gradients, gather, own_share
from core.encoder.global_norm import make_batch_norm_global
from core.errors import DataError, Diverged, ProcessLost
from core.hardware import pick_device
from core.loss.contrast import Contrast
from core.numerics import Numerics, fastest_numerics
from core.optimizer.build import build_optimizer
from core.optimizer.schedule import build_schedule
from core.pretraining.backward import Backward, Loss, own_rows, random_chunks
from core.pretraining.history import Epoch
from core.pretraining.objective import build_objective, training_images
from core.pretraining.pretrained import Pretrained, build_model, copied
from core.randomness import generator


class Training:
    """One training. ``advance`` takes a step and never waits for the device; ``end_epoch`` and ``state`` do.

    In a process group every process has one, and takes each step with the others: on its share of the batch's images,
    to the same weights.
    """

    def __init__(self, config: PretrainConfig, data: Dataset, device: str | None = None) -> None:
        self.config = config
        self.device = pick_device(device)
        self.share = own_share()
        images = training_images(config, data)
        self.batches = Batches(place(images, self.device), config.batch_size, config.seed, self.device, self.share)
        self.steps_per_epoch = self.batches.steps_per_epoch
        if config.epochs and not self.steps_per_epoch:
            raise DataError(
                f"batch_size is {config.batch_size}, but {data.name} has {len(images)} training images; "
                "lower batch_size or raise data.subset"
            )
        self.step = 0
        self.total_steps = config.epochs * self.steps_per_epoch
        self.rate = build_schedule(config, self.steps_per_epoch)
        self.classes = len(data.classes)
        self.encoder, self.head = build_model(config, self.classes)
        self.encoder.recompute = config.recompute
        self.objective = build_objective(config)
        self.model = nn.Sequential(self.encoder, self.head).to(self.device)
        make_batch_norm_global(self.model)
        self._set_numerics(agreed(lambda: fastest_numerics(self.device, config.precision), self.device))
        self.optimizer = build_optimizer(config.optimizer, self.model)
        self.history: list[Epoch] = []
        self._earlier_seconds = 0.0
        self._born = time.perf_counter()
        self._statistics = torch.zeros(self.steps_per_epoch, 3, device=self.device)
        """Loss, entropy and contrastive top-1 of the epoch's steps, on the device until the epoch ends."""
        self._start_clock()

    @property
    def finished(self) -> bool:
        return self.step >= self.total_steps

    @property
    def at_epoch_end(self) -> bool:
        return self.step % self.steps_per_epoch == 0

    @property
    def seconds(self) -> float:
        """Since the training began, without the time between an interruption and its continuation."""
        return self._earlier_seconds + time.perf_counter() - self._born

    def advance(self) -> None:
        """One step on the next batch."""
        self.rate.set(self.optimizer, self.step)
        augmentation = generator(self.config.seed, "augmentation", self.step, self.device)
        batch = self.batches[self.step]
        views = self.objective.views(batch, shared(augmentation, self.share, self.config.batch_size))
        self.optimizer.zero_grad(set_to_none=True)
        result = self._backward(views, partial(self._loss, batch=batch))
        average_gradients(self.model)
        self.optimizer.step()
        self._statistics[self.step % self.steps_per_epoch] = torch.stack(result).detach()
        self.step += 1

    def _loss(self, outputs: Tensor, batch: Batch) -> Contrast:
        """Of the whole batch, whatever this process' share of it is."""
        return self.objective.loss(gather(outputs, self.config.views // self.config.batch_size), batch)

    def _backward(self, views: Tensor, loss: Loss) -> Contrast:
        """All views in one pass, or in chunks."""
        backward, chunk = Backward(self.encoder, self.head, self.numerics), self.config.batch_norm_chunk
        if chunk is None or self.config.views <= chunk:
            return backward.whole(views, loss)
        draw = generator(self.config.seed, "chunks", self.step, self.device)
        chunks = random_chunks(views, chunk, draw, self.share.processes)
        return backward.in_chunks(views, loss, own_rows(chunks, self.share, self.config.batch_size))

    def end_epoch(self) -> Epoch:
        """Read the epoch's statistics back. Raises ``Diverged`` where a loss is not finite."""
        statistics = self._statistics.cpu()
        self._check_losses(statistics)
        loss, entropy, top1 = statistics.double().mean(dim=0).tolist()
        images = (self.step - self._clock_step) * self.config.batch_size
        epoch = Epoch(
            epoch=self.step // self.steps_per_epoch,
            loss=loss,
            contrastive_top1=100 * top1,
            entropy=entropy,
            learning_rate=self.rate(self.step - 1),
            images_per_second=images / (time.perf_counter() - self._clock),
            time=time.time(),
        )
        self.history.append(epoch)
        self._start_clock()
        return epoch

    def state(self) -> dict[str, Any]:
        """Everything needed to continue. Raises ``Diverged`` rather than give a state that is beyond repair."""
        self._check_losses(self._statistics[: self.step % self.steps_per_epoch].cpu())
        self._check_weights()
        return {
            "config": self.config.model_dump(mode="json", exclude_none=True),
            "images": len(self.batches.images),
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "statistics": self._statistics,
            "numerics": asdict(self.numerics),
            "history": [asdict(epoch) for epoch in self.history],
            "seconds": self.seconds,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from ``state``, of the same configuration and data, in the numerics that it was computed with."""
        self._set_numerics(Numerics(**state["numerics"]))
        self.step = state["step"]
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self._statistics.copy_(state["statistics"])
        self.history = [Epoch(**epoch) for epoch in state["history"]]
        self._earlier_seconds = state["seconds"]
        self._start_clock()

    def check_together(self) -> None:
        """Raises ``ProcessLost`` where processes stand at different steps: a shared folder may show one of them an
        older checkpoint."""
        step = agreed(lambda: self.step, self.device)
        if step != self.step:
            raise ProcessLost(f"this process continues from step {self.step}, the leading one from step {step}")

    def result(self) -> Pretrained:
        """What was learned, for this process alone. Raises ``Diverged`` where a weight is not finite."""
        self._check_weights()
        result = Pretrained(
            self.config, self.classes, self.encoder, self.head, self.numerics, self.history, self.seconds
        )
        return result if self.share.processes == 1 else copied(result)

    def _set_numerics(self, numerics: Numerics) -> None:
        self.numerics = numerics
        self.encoder.to(memory_format=numerics.memory_format)

    def _check_losses(self, statistics: Tensor) -> None:
        wrong = (~statistics[:, 0].isfinite()).nonzero()
        if len(wrong):
            position = int(wrong[0])
            first = (self.step - 1) // self.steps_per_epoch * self.steps_per_epoch
            raise self._diverged(f"the loss is {statistics[position, 0].item()}", first + position)

    def _check_weights(self) -> None:
        """Of the running statistics of batch norm too: they are what an evaluation computes with."""
        numbers = [tensor for tensor in self.model.state_dict().values() if tensor.is_floating_point()]
        if not torch.stack(torch._foreach_norm(numbers, math.inf)).isfinite().all():
            raise self._diverged("a weight is no longer finite", self.step - 1)

    def _diverged(self, what: str, step: int) -> Diverged:
        return Diverged(
            f"{what} at step {step} of {self.total_steps} (epoch {step // self.steps_per_epoch + 1}, learning rate "
            f"{self.rate(step):.3g}); try an optimizer.learning_rate below {self.config.optimizer.learning_rate:g}, "
            "a longer schedule.warmup_epochs, or a higher loss.temperature"
        )

    def _start_clock(self) -> None:
        self._clock, self._clock_step = time.perf_counter(), self.step
