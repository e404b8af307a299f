"""The masked autoencoder: the released code's steps one by one, what the encoder does not see, and its cost."""

import math
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from small_methods import MAE
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from core.config import ResNet
from core.cost import training_flops
from core.encoder.build import build_encoder
from core.encoder.patch_tokens import marked, patch_pixels, sine_positions
from core.pretraining.training import Training
from helpers import random_dataset, small_config

STILL = {"policy": "custom"}


def made(**changes: Any) -> Training:
    loss = MAE | changes.pop("loss", {})
    return Training(small_config(loss=loss, **changes), random_dataset(), "cpu")


def by_hand(training: Training, whole: Tensor, hidden: Tensor) -> Tensor:
    """One image after the other: the visible patches alone through the transformer, its decoder on all places, and the
    squared error of every pixel of every hidden patch."""
    network: Any = training.encoder.network
    decoder: Any = training.method.head[0]
    total, count = torch.zeros(()), 0
    for picture, missing in zip(whole, hidden.tolist(), strict=True):
        corners = [(4 * (place // 4), 4 * (place % 4)) for place in range(16)]
        patches = [picture[:, top : top + 4, left : left + 4] for top, left in corners]
        kernel, bias = network.patch_embed.proj.weight, network.patch_embed.proj.bias
        seen = [place for place in range(16) if not missing[place]]
        embedded = [(kernel * patches[place]).sum(dim=(1, 2, 3)) + bias for place in seen]
        tokens = [network.cls_token[0, 0] + network.pos_embed[0, 0]]
        tokens += [each + network.pos_embed[0, 1 + place] for each, place in zip(embedded, seen, strict=True)]
        encoded = decoder.embed(network.norm(network.blocks(torch.stack(tokens)[None])))[0]
        every = [decoder.missing + decoder.positions[place] for place in range(16)]
        for row, place in enumerate(seen):
            every[place] = encoded[1 + row] + decoder.positions[place]
        x = torch.stack([encoded[0], *every])[None]
        for block in decoder.blocks:
            x = block(x)
        drawn = decoder.predict(decoder.norm(x))[0, 1:]
        for place in range(16):
            if missing[place]:
                values = patches[place].flatten()
                mean = values.mean()
                variance = (values - mean).square().sum() / (len(values) - 1)
                total = total + ((values - mean) / (variance + 1e-6).sqrt() - drawn[place]).square().mean()
                count += 1
    return total / count


def test_loss_and_gradient_are_those_of_the_released_code_by_hand() -> None:
    training = made(augment=STILL)
    views = training.method.views(training.batches[0], torch.Generator().manual_seed(0))
    (seen,), (whole, hidden) = views
    assert hidden.sum(dim=1).tolist() == [12] * 16
    assert len({tuple(row) for row in hidden.tolist()}) > 8  # every view has its own
    outputs = training.method.project((training.encoder.tokens(seen, 4),))
    outcome = training.method.loss(outputs, (whole, hidden), training.batches[0])
    expected = by_hand(training, whole, hidden)
    assert outcome.loss.item() == pytest.approx(expected.item(), rel=1e-5)
    weights = [weight for weight in training.model.parameters() if weight.requires_grad]
    found = torch.autograd.grad(outcome.loss, weights, allow_unused=True)
    for ours, theirs in zip(found, torch.autograd.grad(expected, weights, allow_unused=True), strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None and theirs is not None:
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-6)


def test_the_decoder_computes_in_the_trainings_precision() -> None:
    """It is larger than a small encoder, and several times slower in float32 on a GPU."""
    training, seen = made(precision="bfloat16"), list[torch.dtype]()
    training.method.head[0].predict.register_forward_hook(lambda *each: seen.append(each[2].dtype))  # type: ignore[union-attr]
    training.advance()
    assert seen == [torch.bfloat16]
    assert training.statistics[0].isfinite().all()


def test_what_is_hidden_is_not_seen_and_what_is_visible_is_encoded_as_ever() -> None:
    encoder = made().encoder
    pictures = torch.rand(2, 3, 16, 16)
    hidden = torch.rand(2, 16).argsort(dim=1) >= 4
    other = torch.where(marked(pictures, hidden, 4)[:, 3:] == 1, torch.rand(2, 3, 16, 16), pictures)
    both = [encoder.tokens(marked(each, hidden, 4), 4) for each in (pictures, other)]
    assert both[0].shape == (2, 5, 64)
    assert torch.equal(both[0], both[1])
    everything = encoder.tokens(marked(pictures, torch.zeros(2, 16), 4), 16)
    torch.testing.assert_close(everything, encoder.network.forward_features(pictures))  # type: ignore[operator, union-attr]
    assert not encoder.network.norm_pre._forward_pre_hooks  # type: ignore[union-attr]


def test_patches_come_row_by_row_and_have_sines_for_positions() -> None:
    pictures = torch.arange(3 * 8 * 8.0).view(1, 3, 8, 8)
    assert torch.equal(patch_pixels(pictures, 4)[0, 1].view(3, 4, 4), pictures[0, :, :4, 4:])
    found = sine_positions(3, 8)[5]  # row 1, column 2
    waves = [math.sin(2), math.sin(2 / 100), math.cos(2), math.cos(2 / 100)]
    waves += [math.sin(1), math.sin(1 / 100), math.cos(1), math.cos(1 / 100)]
    assert found.tolist() == pytest.approx(waves)


def test_the_cost_is_that_of_a_quarter_of_the_tokens() -> None:
    training = made(loss={"decoder_width": 64})
    with FlopCounterMode(display=False) as counter:
        training.advance()
    assert counter.get_total_flops() / 16 == pytest.approx(training_flops(training.config), rel=0.15)
    decoder = sum(weight.numel() for weight in training.method.head.parameters() if weight.ndim > 1)
    assert training.config.loss.state_bytes(training.config, 64) == pytest.approx(12 * decoder, rel=0.02)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"encoder": {"kind": "resnet"}},
            "leaves patches out, which encoder.kind resnet cannot: take encoder.kind timm",
        ),
        (
            {"encoder": {"kind": "timm", "name": "test_convnext"}, "data": {"image_size": 32}},
            "which encoder.kind timm cannot",
        ),
        ({"loss": MAE | {"hidden": 0.95}}, "none of the 16 patches of a view is visible"),
        ({"loss": MAE | {"decoder_heads": 3}}, "decoder_heads .3. does not divide"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        small_config(**{"loss": MAE} | changes)


def test_an_encoder_without_tokens_says_so() -> None:
    with pytest.raises(TypeError, match="has no tokens of patches, only h"):
        build_encoder(ResNet(name="resnet10", width=0.125), 16).tokens(torch.zeros(2, 4, 16, 16), 4)
