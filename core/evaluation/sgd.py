"""Training on random crops and flips, for linear evaluation, fine-tuning and distillation. Appendices B.5, B.6,
B.8.2."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from torch import Tensor

from core.augment.mixing import mix
from core.augment.policy import one_view
from core.config.methods.mixing import MixConfig
from core.config.operations import Crop, Flip
from core.config.optimizer import OptimizerConfig, Sgd
from core.config.policies import CustomAugment
from core.data.batches import Batches, place
from core.data.dataset import Batch, Split
from core.errors import Diverged
from core.evaluation.likelihood import cross_entropy
from core.evaluation.network import Network
from core.loss.cross_entropy import cross_entropy as mixed_cross_entropy
from core.loss.mixed import MixedTargets
from core.optimizer.build import build_optimizer
from core.optimizer.schedule import Schedule, peak_rate
from core.randomness import generator
from core.trained.pretrained import Pretrained

CROP_AND_FLIP = CustomAugment(both=(Crop(), Flip()))
NESTEROV = Sgd(momentum=0.9, nesterov=True)

Loss = Callable[[Tensor, Tensor, Batch], Tensor]
"""Loss of a network's logits (B, classes), for the views (B, C, S, S) of a batch."""


@dataclass(frozen=True)
class Recipe:
    """Learning rate and length of a network's training."""

    learning_rate: float
    """Learning rate of the first step; it falls to 0 as a cosine."""
    batch_size: int
    steps: int
    weight_decay: float = 0.0
    """Weight decay of every weight but batch norm and biases."""
    optimizer: OptimizerConfig = NESTEROV
    """Optimiser; its own learning rate and weight decay do not count."""
    mix: MixConfig | None = None
    """How images are mixed, and their labels with them."""


def recipe_of_epochs(epochs: int, learning_rate: float, batch_size: int, images: int) -> Recipe:
    """Return the recipe of ``epochs`` passes over ``images``, rounded to whole steps, at least one; ``learning_rate``
    is that of a batch of 256.

    1 % of ImageNet, 12,811 images, is 3.13 batches of 4096, so 60 epochs of it are 188 steps.
    """
    batch = min(batch_size, images)
    return Recipe(peak_rate(learning_rate, "linear", batch), batch, steps_of(epochs, images, batch))


def steps_of(epochs: int, images: int, batch_size: int) -> int:
    """Return the steps of ``epochs`` passes over ``images``, rounded to whole ones, at least one."""
    return max(1, round(epochs * images / batch_size))


def label_loss(logits: Tensor, views: Tensor, batch: Batch) -> Tensor:
    """Return the cross-entropy of a batch whose images all have labels."""
    return cross_entropy(logits.T, batch.labels)


def train(network: Network, split: Split, recipe: Recipe, pretrained: Pretrained, loss_of: Loss = label_loss) -> None:
    """Train all parameters that require a gradient, in place. Every module stays in its mode. Never waits for the
    device.

    Device and seed are those of ``pretrained``.
    """
    device, seed = pretrained.device, pretrained.config.seed
    batches = Batches(place(split, device), recipe.batch_size, seed, device)
    rate = Schedule(recipe.learning_rate, warmup=0, total=recipe.steps)
    decayed = recipe.optimizer.model_copy(update={"weight_decay": recipe.weight_decay})
    optimizer = build_optimizer(decayed, network)
    with closing(batches):
        for step in range(recipe.steps):
            rate.set(optimizer, step)
            batch = batches[step]
            draws = generator(seed, "evaluation augmentation", step, device)
            views = one_view(batch.images, CROP_AND_FLIP, draws, batch.view_size)
            if recipe.mix:
                views, mixing = mix(views, recipe.mix, generator(seed, "evaluation mix", step))
                mixed = MixedTargets(batch.labels[mixing.partners], mixing.shares)
                loss = mixed_cross_entropy(network(views), batch.labels, mixed).loss
            else:
                loss = loss_of(network(views), views, batch)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()


def check_finite(logits: Tensor, recipe: Recipe) -> None:
    """Raise ``Diverged`` where a logit is not finite."""
    if not logits.isfinite().all():
        raise Diverged(
            f"the logits are not finite after {recipe.steps:,} steps that began with a learning rate of "
            f"{recipe.learning_rate:.3g}; evaluate with a lower one"
        )
