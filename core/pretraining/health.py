"""Checks whether a training still learns."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.config.measures import SPREAD
from core.config.train import PretrainConfig
from core.errors import Collapsed, Diverged
from core.history import Epoch
from core.optimizer.schedule import Schedule

COLLAPSED = 0.01
"""Mean spread of an epoch below which all images have one projection. Half precision alone leaves about 0.003."""
WORSE = 1.1
"""Times the loss of a guess above which an epoch tells nothing. MoCo with a key encoder that is too fast stays within a
thousandth of a guess, and its inner stages learn all the same."""
FEWEST = 2
"""Epochs above that loss for which a training has diverged. In the first, a memory still has random entries."""


@dataclass(frozen=True)
class Health:
    """Raises where a training has failed: a loss or a weight is not finite, all images have one projection, or the loss
    stays above that of a guess."""

    config: PretrainConfig
    rate: Schedule
    steps_per_epoch: int
    images: int
    """Number of training images."""
    classes: int

    def check_losses(self, statistics: Tensor, step: int) -> None:
        """Raise ``Diverged`` where a loss is not finite, of statistics (steps, 1 + M) of the epoch whose last step
        comes before ``step``."""
        wrong = (~statistics[:, 0].isfinite()).nonzero()
        if len(wrong):
            position = int(wrong[0])
            first = (step - 1) // self.steps_per_epoch * self.steps_per_epoch
            raise self._diverged(f"the loss is {statistics[position, 0].item()}", first + position)

    def check_spread(self, epoch: Epoch) -> None:
        """Raise ``Collapsed`` where all images have one projection."""
        spread = epoch.metrics.get(SPREAD.name, math.inf)
        if self.config.end_on_collapse and spread < COLLAPSED:
            off = [name for name in ("predictor", "stop_gradient") if getattr(self.config.loss, name, True) is False]
            guards = "".join(f"loss.{name}: true, " for name in off)
            rate = self.config.optimizer.learning_rate
            raise Collapsed(
                f"all images have one projection in epoch {epoch.epoch} of {self.config.epochs}: its spread is "
                f"{spread:.2g}, and 1 on the whole sphere. loss.kind {self.config.loss.kind} has collapsed; try "
                f"{guards}head.hidden_norm: true, or an optimizer.learning_rate below {rate:g}. end_on_collapse: false "
                "trains to the end all the same"
            )

    def check_guess(self, history: Sequence[Epoch]) -> None:
        """Raise ``Diverged`` where the loss has been above that of a guess in the last half of all epochs, of the whole
        ``history``. Before the end this tells nothing: a training may begin so and learn later."""
        config = self.config
        guess = config.loss.guess(config, self.images, self.classes)
        half = max(FEWEST, math.ceil(config.epochs / 2))
        losses = [each.loss for each in history[-half:]]
        if not (config.end_on_collapse and guess and len(losses) == half):
            return
        if min(losses) > WORSE * guess:
            remedy = f"{config.loss.remedy}, or " if config.loss.remedy else ""
            raise Diverged(
                f"the loss is {losses[-1]:.3g} at the end, and has been above {guess:.3g}, that of a guess, in the "
                f"last {half} of {config.epochs} epochs. loss.kind {config.loss.kind} has diverged; try {remedy}an "
                f"optimizer.learning_rate below {config.optimizer.learning_rate:g}. end_on_collapse: false scores it "
                "all the same"
            )

    def check_weights(self, model: nn.Module, step: int) -> None:
        """Raise ``Diverged`` where a weight or a buffer is not finite. Running statistics are checked too, since an
        evaluation computes with them."""
        state = model.state_dict().values()
        numbers = [tensor for tensor in state if tensor.is_floating_point() and tensor.numel()]
        if not torch.stack(torch._foreach_norm(numbers, math.inf)).isfinite().all():
            raise self._diverged("a weight is no longer finite", step - 1)

    def _diverged(self, what: str, step: int) -> Diverged:
        softer = ", or a higher loss.temperature" if hasattr(self.config.loss, "temperature") else ""
        return Diverged(
            f"{what} at step {step} of {self.rate.total} (epoch {step // self.steps_per_epoch + 1}, learning rate "
            f"{self.rate(step):.3g}); try an optimizer.learning_rate below {self.config.optimizer.learning_rate:g}, "
            f"a longer schedule.warmup_epochs{softer}"
        )
