"""Rotation: which views it makes, what it asks of them, and which policies leave it nothing to ask."""

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError

from core import TrainConfig
from core.augment.policy import one_view
from core.pretraining.training import Training
from core.randomness import generator
from helpers import NOTHING, random_dataset, small_config


def made(angles: int) -> Training:
    config = small_config(loss={"kind": "rotation", "angles": angles}, augment=NOTHING)
    return Training(config, random_dataset(), "cpu")


@pytest.mark.parametrize("angles", [2, 4])
def test_views_are_all_images_at_every_angle(angles: int) -> None:
    training = made(angles)
    batch = training.batches[0]
    (views,) = training.method.views(batch, generator(0, "augmentation")).trained
    upright = one_view(batch.images, NOTHING, generator(0, "augmentation"))
    assert views.shape == (angles * 16, 3, 16, 16)
    for number, view in enumerate(views):
        image, turn = upright[number % 16], number // 16 * (4 // angles)
        for _ in range(turn):  # a quarter counterclockwise: the last column becomes the first row
            image = torch.stack([image[:, :, 15 - row] for row in range(16)], dim=1)
        assert torch.equal(view, image)


@pytest.mark.parametrize("angles", [2, 4])
def test_the_loss_is_the_cross_entropy_with_the_angle(angles: int) -> None:
    training = made(angles)
    logits = torch.randn(angles * 16, angles, dtype=torch.float64, generator=generator(0, "logits"))
    outcome = training.method.loss(logits, None, training.batches[0])
    expected = -sum(F.softmax(row, dim=0)[number // 16].log().item() for number, row in enumerate(logits))
    assert outcome.loss.item() == pytest.approx(expected / len(logits), rel=1e-12)
    right = sum(int(row.argmax()) == number // 16 for number, row in enumerate(logits))
    assert outcome.statistics["rotation_top1"].item() == pytest.approx(right / len(logits))


@pytest.mark.parametrize(
    "augment",
    [
        {"policy": "simclr", "also": ["rotate"]},
        {"policy": "composition", "first": "rotate", "second": "crop"},
        {"policy": "custom", "shared": ["rotate"]},
        {"policy": "custom", "both": ["crop", "rotate"]},
    ],
)
def test_a_policy_that_turns_views_is_refused(augment: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"loss\.kind rotation .* take rotate out of augment"):
        small_config(loss={"kind": "rotation"}, augment=augment)


def test_a_policy_that_turns_only_the_branch_that_is_not_seen_is_not() -> None:
    small_config(loss={"kind": "rotation"}, augment={"policy": "custom", "second": ["rotate"]})
    small_config(loss={"kind": "rotation"}, augment={"policy": "auto_augment"})


@pytest.mark.parametrize("representation", ["z", 1])
def test_angles_are_no_representation(representation: object) -> None:
    config = small_config(loss={"kind": "rotation"})
    with pytest.raises(ValidationError, match=r"loss\.kind rotation trains no projection; take h"):
        TrainConfig.model_validate({"pretrain": config, "evaluate": {"representation": representation}})
