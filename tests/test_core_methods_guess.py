"""The loss of a guess: that each method states it right, and that a training whose loss stays above it ends."""

import math
from typing import Any

import pytest
import torch
from small_methods import SHIPPED, each
from torch.utils._pytree import tree_map

from core import Diverged
from core.methods.method import Progress
from core.pretraining.training import Training
from helpers import random_dataset, small_config

WITHOUT = ("simsiam", "byol", "barlow_twins", "vicreg")
"""Losses that choose among no candidates, besides those of pictures."""
CHOOSING: dict[str, dict[str, object]] = {
    "nt_xent": {"kind": "nt_xent"},
    "one view": {"kind": "nt_xent", "negatives": "one_view"},
    "supervised": {"kind": "cross_entropy"},
    "moco, of the batch": SHIPPED["moco"] | {"batch_negatives": True},
    "instance_discrimination, softmax": {"kind": "instance_discrimination", "negatives": 0},
    "deepcluster": SHIPPED["deepcluster"] | {"uniform": False},
}
CHOOSING = {name: loss for name, loss in SHIPPED.items() if name not in WITHOUT} | CHOOSING


def made(loss: dict[str, object], **changes: object) -> Training:
    return Training(small_config(loss=loss, **changes), random_dataset(), "cpu")


def stated(training: Training) -> float | None:
    return training.config.loss.guess(training.config, len(training.images), training.classes)


@pytest.mark.parametrize("name", each(CHOOSING, ("moco, symmetric", "swav, no queue", "swav, small crops", "one view")))
def test_the_loss_of_a_guess_is_that_of_outputs_which_tell_nothing(name: str) -> None:
    training = made(CHOOSING[name])
    if training.config.loss.gives == "picture":
        assert stated(training) is None
        return
    method, seen = training.method, list[Any]()
    method.after_step = lambda *step: seen.extend(step)  # type: ignore[method-assign]
    training.advance()
    _, outputs, known, batch = seen
    method.progress = Progress(0, 12, 4)  # where noise-contrastive estimation finds its normaliser
    nothing = method.loss(tree_map(torch.zeros_like, outputs), known, batch)
    assert nothing.loss.item() == pytest.approx(stated(training), rel=1e-5)


@pytest.mark.parametrize("loss", [{"kind": kind} for kind in WITHOUT] + [{"kind": "nt_xent", "normalize": False}])
def test_other_losses_have_no_guess(loss: dict[str, object]) -> None:
    config = small_config(loss=loss)
    assert config.loss.guess(config, 64, 10) is None


def test_a_distance_from_the_memory_is_part_of_a_guess() -> None:
    config = small_config(loss={"kind": "instance_discrimination", "negatives": 0, "proximal": 3.0})
    assert config.loss.guess(config, 64, 10) == pytest.approx(math.log(64) + 6)


def after_epochs(losses: list[float], epochs: int = 6, ends: bool = True) -> Training:
    """A training whose epochs have these losses, as multiples of a guess's."""
    changes = {"epochs": epochs, "schedule": {"warmup_epochs": 0}, "end_on_collapse": ends}
    training = made(SHIPPED["instance_discrimination"], **changes)
    guess = stated(training)
    assert guess is not None
    for loss in losses:
        training.step += 4
        training.statistics[:] = 1.0
        training.statistics[:, 0] = loss * guess
        training.end_epoch()
    return training


@pytest.mark.parametrize("losses", [[2.2, 2.2, 2.2, 2.2, 1.0, 2.2], [1.9] * 6, [2.2] * 5])
def test_a_loss_that_falls_below_that_of_a_guess_or_still_may_goes_on(losses: list[float]) -> None:
    assert len(after_epochs(losses).history) == len(losses)


def test_a_loss_that_stays_above_that_of_a_guess_fails_at_the_end_unless_it_is_to_be_scored() -> None:
    told = r"the loss is 9\.65 at the end, and was more than 2 times 4\.02, that of a guess, in the last 3 of 6 epochs"
    remedy = r"try loss\.normaliser_momentum: 0\.9, or loss\.negatives: 0 .*optimizer\.learning_rate below 0\.3"
    with pytest.raises(Diverged, match=f"{told}.*{remedy}"):
        after_epochs([0.9, 0.9, 0.9, 2.2, 2.3, 2.4])
    assert len(after_epochs([2.2] * 6, ends=False).history) == 6


@pytest.mark.parametrize("epochs", [1, 4])
def test_a_few_epochs_above_it_are_no_end(epochs: int) -> None:
    """A first try of a study has few. Random weights whose batch norms see the images, a baseline, have one."""
    assert after_epochs([2.2] * epochs, epochs).finished
