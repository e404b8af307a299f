"""Views with the transformation that they had as their label."""

from collections.abc import Iterator

import torch
from torch import Tensor

from core.augment.operations.rotate import quarter_turns
from core.augment.policy import apply, apply_all, as_float
from core.augment.select import apply_where
from core.config.operations import Grayscale, Noise, Operation, Operations, Rotate, Sobel
from core.config.policies import AugmentConfig
from core.config.protocols.probes import Task, TransformationProbe
from core.data.batches import in_order
from core.data.dataset import Split
from core.randomness import generator
from core.resample import resize
from core.trained.features import BATCH

TASKS: dict[Task, tuple[Operation, tuple[float, ...]]] = {
    "color": (Grayscale(), (0.8, 0.2)),
    "rotation": (Rotate(), (0.25, 0.25, 0.25, 0.25)),
    "noise": (Noise(), (0.5, 0.5)),
    "sobel": (Sobel(), (0.5, 0.5)),
}
"""Operation of each task, and frequency of each label. Table 3, "random guess"."""


def label_count(task: Task) -> int:
    return len(TASKS[task][1])


def draw_labels(count: int, config: TransformationProbe, name: str) -> Tensor:
    """Draw labels int64 (count,): quarter turns, or 1 where the operation is applied and 0 where it is not."""
    frequencies = torch.tensor(TASKS[config.task][1])
    draws = generator(config.seed, f"transformation labels {name}")
    return frequencies.multinomial(count, replacement=True, generator=draws)


def transformed_views(
    split: Split,
    labels: Tensor,
    policy: AugmentConfig,
    config: TransformationProbe,
    name: str,
    device: torch.device,
) -> Iterator[Tensor]:
    """Yield batches of float32 views (B, C, S, S) in [0, 1] on ``device``, of the images of a split with labels (N,).

    Each view also had the policy's other operations, as its first branch has them.
    """
    before, operation, after = split_policy(policy, config.task)
    batches = in_order(split.images, BATCH, device)
    for step, (some, chosen) in enumerate(zip(batches, labels.split(BATCH), strict=True)):
        draws = generator(config.seed, f"transformation views {name}", step, device)
        views = resize(apply_all(before, as_float(some), draws, split.view_size), split.view_size)
        views = transform(views, chosen.to(device, non_blocking=True), operation, draws)
        yield resize(apply_all(after, views, draws), None)


def split_policy(policy: AugmentConfig, task: Task) -> tuple[Operations, Operation, Operations]:
    """Return the first branch's operations before the task's, that operation, and those after it.

    If the policy has the task's operation more than once, the first counts and the others are left out, or a label
    would not be true. If it has none, the operation comes last.
    """
    default, _ = TASKS[task]
    operations = policy.branches().first_branch
    of_task = [place for place, operation in enumerate(operations) if operation.kind == default.kind]
    first = of_task[0] if of_task else len(operations)
    after = tuple(operation for operation in operations[first:] if operation.kind != default.kind)
    return operations[:first], operations[first] if of_task else default, after


def transform(views: Tensor, labels: Tensor, operation: Operation, draws: torch.Generator) -> Tensor:
    """Return views (B, C, S, S) turned by as many quarters as labels (B,) say, or with the operation applied where
    labels are 1."""
    if isinstance(operation, Rotate):
        return quarter_turns(views, labels)
    always = operation.model_copy(update={"probability": 1.0})
    return apply_where(labels == 1, lambda some: apply(always, some, draws), views)
