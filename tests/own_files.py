"""A study with a file of one's own, as a user has them in a folder."""

from pathlib import Path

IDEAS = '''"""An operation and a loss of my own."""

from typing import Annotated, Literal

import torch
from my_math import halfway
from pydantic import Field
from torch import Tensor

from core.augment.select import apply_where, uniform
from core.config import LOSSES, OPERATIONS, ContrastiveLoss, OperationConfig


class Fade(OperationConfig):
    """Fade towards gray. Ours."""

    kind: Literal["fade"] = "fade"
    amount: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Largest share of the way to gray."""


def fade(images: Tensor, generator: torch.Generator, config: Fade) -> Tensor:
    share = uniform(images, generator, 0.0, config.amount)
    chosen = uniform(images, generator) < config.probability
    return apply_where(chosen, halfway, images, share)


class Pull(ContrastiveLoss):
    """Pull positive pairs together. Ours."""

    kind: Literal["pull"] = "pull"
    strength: Annotated[float, Field(gt=0)] = 1.0
    """Factor of the loss."""


def pull(z: Tensor, config: Pull) -> Tensor:
    first, second = z.chunk(2)
    return -config.strength * (first * second).sum(dim=1).mean()


OPERATIONS.register(Fade, fade)
LOSSES.register(Pull, pull)
'''

MATH = '''"""What my ideas need."""


def halfway(images, share):
    return images + share[:, None, None, None] * (0.5 - images)
'''

STUDY = """name: own
uses: [my_ideas.py]
base:
  data: {name: shapes, image_size: 16, subset: 200}
  epochs: 1
  batch_size: 64
  schedule: {warmup_epochs: 0}
  evaluate: {l2_count: 2}
  augment: {policy: custom, both: [crop, flip]}
grid:
  loss.kind: [nt_xent, pull]
"""


def write_own(folder: Path, ideas: str = IDEAS, study: str = STUDY) -> Path:
    """Write a study, the file that it uses, and a module beside that."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "my_math.py").write_text(MATH)
    (folder / "my_ideas.py").write_text(ideas)
    (folder / "own.yaml").write_text(study)
    return folder / "own.yaml"
