"""Base class of the methods: everything in which one method differs from another."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from core.config.train import PretrainConfig
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.encoder.head import build_head
from core.loss.outcome import Outcome
from core.optimizer.groups import Group

Head = Callable[[Tensor], Tensor]


class Views(NamedTuple):
    """Views of the images of a batch."""

    trained: tuple[Tensor, ...]
    """Blocks of views, float32 (copies * B, C, S, S) in [0, 1], each ordered by copy: all images, then all images
    again. Each block goes through the encoder on its own, with its own batch norm statistics, and with a gradient."""
    others: Any = None
    """Anything else that ``known`` needs, such as the views that a target sees."""


class See(Protocol):
    """Runs an encoder and a head without a gradient, as a step runs them: in the training's precision, and in chunks
    where batch norm has chunks."""

    def __call__(self, encoder: Encoder, head: Head, views: Tensor) -> Tensor:
        """Return the outputs for views (copies * B, C, S, S): those of the whole batch, or of this process's share
        where the method is not ``joint``."""


class Trainer(Protocol):
    """Services of the training that a method may use before an epoch."""

    def features(self, head: nn.Module | None = None) -> Tensor:
        """Return float32 (n, d), the same in all processes: h of every training image, neither cropped nor flipped, in
        evaluation mode, passed through ``head`` where one is given."""

    def forget(self, parameters: Iterable[nn.Parameter]) -> None:
        """Drop what the optimiser remembers about these parameters, such as their momentum."""


@dataclass(frozen=True)
class Progress:
    """Position of a training."""

    step: int
    """Number of steps before this one."""
    total: int
    """Number of steps of the whole training."""
    steps_per_epoch: int

    @property
    def epoch(self) -> int:
        """Number of the epoch, counted from 0."""
        return self.step // self.steps_per_epoch

    @property
    def share(self) -> float:
        """Share of the training that is done, from 0 to just below 1."""
        return self.step / self.total


class Method(nn.Module):
    """Base of all methods.

    A method owns its head, and every other module and buffer it needs: predictors, targets, decoders, queues, clusters.
    Its parameters that require a gradient are trained with the encoder's. All its parameters and buffers are its whole
    state: they are in every checkpoint and are equal in all processes, so nothing else may be kept between steps.
    Random numbers are drawn from the generator that ``views`` is given, or from ``core.randomness.generator``.

    In each step the training calls ``views``, ``known``, ``project``, ``loss`` and ``after_step`` in this order. If
    several processes share a batch, ``views`` has this process's images. The arguments of the other hooks have the rows
    of the whole batch if the method is ``joint``, else those of this process's share: ``loss`` returns the mean over
    its rows either way, and statistics are then averaged over the processes.
    """

    joint: ClassVar[bool] = True
    """Whether the loss relates the images of a batch to each other, so that it needs the outputs of all processes."""
    reads: ClassVar[Literal["h", "map", "tokens"]] = "h"
    """Output of the encoder that ``project`` takes: h, or the last map before pooling, or the tokens of visible
    patches; see ``Encoder.tokens``."""
    visible: int = 0
    """Number of visible patches of each view, where it reads tokens."""

    head: nn.Sequential

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        """Build the head. ``images`` is the number of training images. A subclass calls this first, then adds its own
        modules."""
        super().__init__()
        self.config = config
        self.settings: Any = config.loss
        """Configuration of the method, ``config.loss``."""
        self.progress = Progress(0, 1, 1)
        """Position of the training, set before every step."""
        self.head = self.build_head(config, encoder, classes)

    @classmethod
    def build_head(cls, config: PretrainConfig, encoder: Encoder, classes: int) -> nn.Sequential:
        """Build what follows the encoder, one module for each layer: the projection head g, a classifier, a decoder."""
        return build_head(config.head, encoder.width)

    def groups(self, encoder: Encoder) -> Sequence[Group]:
        """Return parameters that do not follow the optimiser's common settings, for instance with their own rate."""
        return ()

    def before_epoch(self, epoch: int, trainer: Trainer) -> None:
        """Prepare an epoch, before its first step: for what needs all images, such as clusters."""

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        """Return the views of this process's images. Their numbers and sizes are those of the configuration's
        ``passes``."""
        raise NotImplementedError

    def known(self, views: Views, see: See) -> Any:
        """Return what the loss compares outputs with: keys, a teacher's outputs, clean pictures. Runs without a
        gradient."""
        return None

    def project(self, h: tuple[Tensor, ...]) -> Any:
        """Return the outputs for the h of each block: a tensor or a tuple of tensors, with rows in the order of the
        views. Runs in the training's precision, on this process's share."""
        return self.head(joined(h))

    def loss(self, outputs: Any, known: Any, batch: Batch) -> Outcome:
        """Return the loss and its statistics, from the results of ``project`` and ``known``. ``batch`` has the labels
        and the numbers of the same images."""
        raise NotImplementedError

    def after_step(self, encoder: Encoder, outputs: Any, known: Any, batch: Batch) -> None:
        """Update the method after a step, without a gradient: move targets, fill queues or memories."""


def joined(blocks: tuple[Tensor, ...]) -> Tensor:
    """Return all rows as one tensor; a single block is not copied."""
    return blocks[0] if len(blocks) == 1 else torch.cat(blocks)
