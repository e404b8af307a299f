"""Every method learns something of the embedded images, in a second or two of training."""

from dataclasses import replace
from functools import cache

import pytest
import torch
from small_methods import SHIPPED, each

from core import DataConfig, Pretrained, load_data, pretrain
from core.data.dataset import Dataset
from core.trained.accuracy import top_k
from core.trained.features import encode
from core.trained.neighbours import nearest_neighbours
from helpers import NOTHING, random_dataset, random_images, small_config

SHAPES = DataConfig(name="shapes", image_size=16, subset=512)
MILD = {"kind": "jitter", "brightness": 0.4, "contrast": 0.4, "saturation": 0.2, "hue": 0.1}
VIEWS = {"policy": "custom", "both": [{"kind": "crop", "area": [0.3, 1.0]}, "flip", MILD]}
CHANCE, ERROR = 10.0, 0.7
"""Percent of guesses among ten classes that are right, and their standard error over 2,000 images."""
BETTER_THAN_RANDOM = (
    "barlow_twins",
    "vicreg",
    "moco",
    "moco, symmetric",
    "moco_v3",
    "looc",
    "instance_discrimination",
    "swav",
)
"""Methods whose encoder is better than its initialisation after 96 steps."""
TASKS = ("rotation", "relative_position", "jigsaw")
"""Methods that ask of a view what the embedded shapes do not tell: they are wallpapers, and stand at any angle."""
LONGER = (
    "masked_squares",
    "deepcluster",
    "deepcluster_v2",
    "cpc",
    "moco, symmetric",
    "swav, no queue",
    "swav, small crops",
)
"""Methods that are seen to learn with the slow tests."""
QUEUES = ("moco", "moco, symmetric", "looc", "swav", "swav, small crops")
SETTINGS: dict[str, dict[str, float]] = {
    **{name: {"queue": 64} for name in QUEUES},
    "deepcluster": {"epochs_between": 6},
    "instance_discrimination": {"normaliser_momentum": 0.9},  # the fixed normaliser diverges in short trainings
}
"""Settings for more images than the methods' other tests have."""
LAST_NORM = {"simsiam": "plain", "moco_v3": "plain", "instance_discrimination": "plain"}
AT_RANDOM_FIRST = ("instance_discrimination",)
"""Methods whose loss begins with a memory of random entries, and so with another task than it ends with."""


@cache
def shapes() -> Dataset:
    return load_data(SHAPES)


def trained(name: str, epochs: int = 6) -> Pretrained:
    loss = SHIPPED[name] | SETTINGS.get(name, {})
    head = {"hidden": 64, "output": 16, "last_norm": LAST_NORM.get(name, "none")}
    optimizer = {"kind": "sgd", "learning_rate": 0.5}
    config = small_config(
        data=SHAPES, loss=loss, head=head, augment=VIEWS, optimizer=optimizer, batch_size=32, epochs=epochs
    )
    return pretrain(config, shapes(), device="cpu")


def neighbours(pretrained: Pretrained) -> float:
    """Percent of the test images whose nearest training images have their class."""
    (keys, labels), (queries, wanted) = (
        encode(pretrained.encoder, pretrained, split) for split in (shapes().train, shapes().test)
    )
    (votes,) = nearest_neighbours(keys, labels, queries, 10, [20], 0.1)
    return top_k(votes, wanted, 1)


@cache
def at_random() -> float:
    return neighbours(trained("byol", epochs=0))


@pytest.mark.parametrize("name", each((name for name in SHIPPED if name not in TASKS), LONGER))
def test_the_loss_falls_and_neighbours_have_one_class(name: str) -> None:
    result = trained(name)
    assert result.history[-1].loss < result.history[0].loss or name in AT_RANDOM_FIRST
    assert neighbours(result) > (at_random() + 2 * ERROR if name in BETTER_THAN_RANDOM else CHANCE + 4 * ERROR)
    assert result.history[-1].metrics.get("spread", 1.0) > 0.15


@pytest.mark.parametrize(("name", "told"), [("rotation", 80), ("relative_position", 60), ("jigsaw", 80)])
def test_tasks_on_images_that_grow_brighter_downwards_and_to_the_right_are_told(name: str, told: float) -> None:
    data = random_dataset(train=128)
    brighter = 3 * torch.arange(16)[:, None] + 9 * torch.arange(16)
    images = (random_images(128, 16) // 4 + brighter).to(torch.uint8)
    config = small_config(
        loss=SHIPPED[name], augment=NOTHING, optimizer={"kind": "sgd", "learning_rate": 0.5}, epochs=12
    )
    result = pretrain(config, replace(data, train=replace(data.train, images=images)), device="cpu")
    assert result.history[-1].loss < 0.5 * result.history[0].loss
    assert result.history[-1].metrics[config.loss.measures[0].name] > told
