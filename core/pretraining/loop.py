"""Pretraining that can be stopped and continued at any step."""

import time
import warnings
from collections.abc import Callable, Collection
from contextlib import closing
from typing import Any

import torch

from core.config.train import PretrainConfig
from core.data.dataset import Dataset
from core.errors import DataError, check_type
from core.files import as_path
from core.history import Epoch
from core.pretraining.training import Training
from core.remote import AnyPath
from core.trained.checkpoint import load_checkpoint, save_checkpoint, set_aside
from core.trained.pretrained import Pretrained
from core.trained.training_knn import training_knn

CHECKPOINT_SECONDS = 30.0
CHECKPOINT_SHARE = 0.1
"""Largest share of a training's time that its checkpoints take: a large one on a slow storage is written less often."""


def warn_of_damage(kept: AnyPath) -> None:
    """Warn that a checkpoint could not be read, and is kept under this name."""
    warnings.warn(f"the checkpoint is damaged, so the training begins anew; it is kept as {kept}", stacklevel=3)


def pretrain(
    config: PretrainConfig,
    data: Dataset,
    *,
    device: str | torch.device | None = None,
    checkpoint: str | AnyPath | None = None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    on_checkpoint: Callable[[list[Epoch]], None] = lambda history: None,
    on_damage: Callable[[AnyPath], None] = warn_of_damage,
    judged: Collection[int] = (),
) -> Pretrained:
    """Train an encoder and return it with its head and the history of its epochs.

    ``device`` is where to train; None: the first GPU, else the CPU.

    If ``checkpoint`` is given, the state is written to this file every ``checkpoint_seconds``, or after every step
    where that is 0, and less often where it would take more than ``CHECKPOINT_SHARE`` of the time. A training that was
    interrupted continues from it; on a CPU, with the same number of threads, the result is the same, bit for bit, as
    without interruption. If the file is damaged, it is renamed, ``on_damage`` is given its new name, and the training
    begins anew. ``on_checkpoint`` is given the epochs that are safe on disk. After each epoch of ``judged`` the history
    has the encoder's ``knn_top1``, which does not change the training, and the state is written at once.

    In a process group of torch.distributed (NCCL or gloo), every process calls this, with the same data and a device of
    its own. The processes share each batch's images, and reach what one process would: the same views, global batch
    norm, the loss of the whole batch, up to rounding. The first writes the checkpoint, which all read, and calls the
    callbacks. If it ends early, for instance since a callback raises, the others wait for it in vain: whoever
    started them must end them.

    Raises ``DataError`` where the data is smaller than a batch, has grown or shrunk since the checkpoint, or is
    streamed and has a file that does not decode, ValueError where the checkpoint is of another configuration or the
    batch cannot be shared out evenly, ``TypeError`` where an argument is of a wrong type, ``Diverged`` where the loss
    or a weight is not finite or the loss stays above that of a guess, ``Collapsed`` where all images have one
    projection, ``ProcessLost`` where another process of the group is gone.
    """
    check_type(config, PretrainConfig, "config")
    check_type(data, Dataset, "data")
    path = None if checkpoint is None else as_path(checkpoint)
    training = Training(config, data, device)
    state = load_checkpoint(path) if path else None
    if path and state:
        _check_same(state, config, data, path)
        training.restore(state)
    training.check_together()
    leads = training.share.leads
    if path and leads and not state and (kept := set_aside(path)):  # by now, all processes have looked for it
        on_damage(kept)
    saved, pause = time.monotonic(), checkpoint_seconds
    with closing(training.batches):
        while not training.finished:
            training.advance()
            is_judged = False
            if training.at_epoch_end:
                is_judged = training.end_epoch().epoch in judged
                if is_judged and leads:
                    _judge(training, data)
                if leads:
                    on_epoch(training.history[-1])
            if path and leads and (is_judged or time.monotonic() - saved >= pause):
                begun = time.monotonic()
                save_checkpoint(path, training.state())
                on_checkpoint(training.history)
                saved = time.monotonic()
                pause = max(checkpoint_seconds, (saved - begun) / CHECKPOINT_SHARE) if checkpoint_seconds else 0
    return training.result()


def _judge(training: Training, data: Dataset) -> None:
    training.history[-1] = training.history[-1].judged(training_knn(training.result(), data))


def _check_same(state: dict[str, Any], config: PretrainConfig, data: Dataset, path: AnyPath) -> None:
    """Raise where a checkpoint is of another configuration or of other data. A field that is None counts as left out,
    so that an optional field of a later version does not make a configuration another one."""
    if state.get("config") != config.model_dump(mode="json", exclude_none=True):
        raise ValueError(f"{path} is the checkpoint of another configuration; delete it, or name another file")
    if state["images"] != len(data.train):
        raise DataError(
            f"{path} is the checkpoint of a training on {state['images']:,} images, but {data.name} now has "
            f"{len(data.train):,} training images; restore the data, or delete the checkpoint to train again"
        )
