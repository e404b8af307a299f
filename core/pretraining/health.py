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
WORSE = 2.0
"""Multiple of a guess's loss that a diverged training stays above. Short trainings of NT-Xent on a few hundred images
end at up to 1.9 times it, since they are sure of wrong positives; diverged ones were at 2.7 to 17 times."""
FEWEST = 3
"""Smallest number of epochs in the last half of a training for which its loss is compared with a guess's."""


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
        """Raise ``Diverged`` if the loss was far above that of a guess in each epoch of the last half of the whole
        ``history``. Before the end this tells nothing, since a training may begin so and learn later."""
        config = self.config
        guess = config.loss.guess(config, self.images, self.classes)
        half = math.ceil(config.epochs / 2)
        if not (config.end_on_collapse and guess and half >= FEWEST):
            return
        losses = [each.loss for each in history[-half:]]
        if min(losses) > WORSE * guess:
            remedy = f"{config.loss.remedy}, or " if config.loss.remedy else ""
            raise Diverged(
                f"the loss is {losses[-1]:.3g} at the end, and was more than {WORSE:g} times {guess:.3g}, that of a "
                f"guess, in the last {half} of {config.epochs} epochs. loss.kind {config.loss.kind} has diverged; try "
                f"{remedy}an optimizer.learning_rate below {config.optimizer.learning_rate:g}. end_on_collapse: false "
                "scores it all the same"
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
