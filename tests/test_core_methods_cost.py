"""The cost and memory of a method in the plan, counted on a training step and on the modules themselves."""

import pytest
from small_methods import SHIPPED, each
from torch.utils.flop_counter import FlopCounterMode

from core.config.methods.reconstruction import Reconstruction, decoder_maps
from core.cost import forward_flops, parameters, training_bytes, training_flops, training_pixels
from core.pretraining.training import Training
from helpers import random_dataset, small_config

HEAD = {"kind": "nonlinear", "layers": 3, "hidden": 48, "output": 24}
TABLES = {
    "barlow_twins": 2 * 24**2,
    "vicreg": 4 * 24**2,
    "i_mix": 3 * 16 * 16,
    "moco": 3 * 16 * 40,
    "moco, symmetric": 3 * 2 * 16 * 40,
    "moco_v3": 3 * 2 * 16 * 16,
    "looc": 3 * 2 * 16 * 40,
    "cpc": 3 * 12 * 16 * 16 * 16,
    "instance_discrimination": 16 * 21 * (24 + 3),
    "deepcluster": 3 * 16 * 12 + 2 * 64 * 64,
    "deepcluster_v2": 3 * 2 * 16 * 3 * 12,
    "swav": 3 * 2 * 16 * 12,
    "swav, no queue": 3 * 2 * 16 * 12,
    "swav, small crops": 3 * 4 * 16 * 12,
}
"""Numbers that are kept for a while and are in no module: correlations, logits, scores, and all images' features."""
KEPT = ("queue", "memory", "centres", "clusters", "sizes")
"""Buffers of any size."""
MAPS = 2 * 16 * sum(each.channels * each.side**2 for each in decoder_maps(64, 16))
"""Numbers of a decoder's maps that are kept during a step."""


def made(name: str, **settings: object) -> Training:
    return Training(small_config(loss=SHIPPED[name] | settings, head=HEAD), random_dataset(), "cpu")


@pytest.mark.parametrize("name", each(SHIPPED))
def test_the_operations_of_a_step_are_those_that_are_counted(name: str) -> None:
    """The gradient of the first convolution's input is not needed, and the loss of a batch has no views."""
    training = made(name)
    for _ in range(4):  # with a queue that is full, and clusters that are found at an epoch's start
        training.advance()
    with FlopCounterMode(display=False) as counter:
        for _ in range(4 if "clusters" in training.config.loss.model_fields_set else 1):
            training.advance()
    images = 16 * (training.step - 4)
    assert counter.get_total_flops() / images == pytest.approx(training_flops(training.config), rel=0.05)


@pytest.mark.parametrize("between", [2, 3])
def test_features_that_are_not_needed_in_every_epoch_count_by_their_share(between: int) -> None:
    training = made("deepcluster", epochs_between=between)
    with FlopCounterMode(display=False) as counter:
        for _ in range(4 * between):
            training.advance()
    counted = training_flops(training.config)
    assert counter.get_total_flops() / (64 * between) == pytest.approx(counted, rel=0.05)
    assert training_pixels(training.config) == round(16**2 * (1 + 1 / between))


PASSES = {
    "simsiam": 6,
    "byol": 8,
    "barlow_twins": 6,
    "vicreg": 6,
    "i_mix": 6,
    "rotation": 12,
    "moco": 4,
    "moco, symmetric": 8,
    "moco_v3": 8,
    "looc": 5,
    "cpc": 3,
    "instance_discrimination": 3,
    "autoencoder": 3,
    "autoencoder, sparse": 3,
    "denoising": 3,
    "inpainting": 3,
    "masked_squares": 3,
    "colorization": 3,
    "deepcluster": 4,
    "deepcluster_v2": 6,
    "relative_position": {4: 27},
    "jigsaw": {6: 12},
    "swav": 6,
    "swav, no queue": 6,
    "swav, small crops": {16: 6, 8: 6},
}
"""Forward passes of an image, or of views by their side in pixels where these are smaller than the image's 16."""


@pytest.mark.parametrize(("name", "passes"), PASSES.items())
def test_passes_through_the_encoder_are_those_of_the_papers(name: str, passes: int | dict[int, int]) -> None:
    config = small_config(loss=SHIPPED[name])
    by_side = {16: passes} if isinstance(passes, int) else passes
    expected = sum(count * forward_flops(config.encoder, side) for side, count in by_side.items())
    assert training_flops(config) - config.loss.flops(config) == expected


@pytest.mark.parametrize("name", each(SHIPPED))
def test_the_memory_of_a_method_is_that_of_its_modules(name: str) -> None:
    """Matrices with gradient and momentum, those of a target's head without, queues, and what is kept in a step."""
    training = made(name)
    tables = MAPS if isinstance(training.config.loss, Reconstruction) else TABLES.get(name, 0)
    method, expected = training.method, 4 * tables
    for part, weight in method.named_parameters():
        if weight.ndim > 1 and not part.startswith("target.encoder"):
            expected += (12 if weight.requires_grad else 4) * weight.numel()
    expected += sum(buffer.nbytes for part, buffer in method.named_buffers() if part in KEPT)
    if name == "rotation":
        expected = 0  # a matrix of four rows
    config = training.config
    assert config.loss.state_bytes(config, 64) == expected
    assert config.loss.has_target == hasattr(method, "target")


def test_a_target_counts_as_a_second_encoder() -> None:
    config = small_config(loss=SHIPPED["byol"])
    rest = training_bytes(config, 4) - config.loss.state_bytes(config, 0)
    plain = small_config(loss=SHIPPED["simsiam"])
    assert rest - training_bytes(plain, 4) + plain.loss.state_bytes(plain, 0) == 4 * parameters(config.encoder, 16)
