"""Pixels and colour histograms as representations: what they are, and that nobody trains them."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from core import Frozen, TrainConfig, evaluate, load_pretrained, pretrain
from core.config import PretrainConfig
from core.cost import encoder_cost
from core.encoder.build import build_encoder
from helpers import coloured, random_dataset, random_images, small_config

BASELINES: list[dict[str, object]] = [{"kind": "pixels", "side": 16}, {"kind": "colour_histogram", "bins": 4}]


def made(encoder: dict[str, object]) -> PretrainConfig:
    return small_config(encoder=encoder, epochs=0)


def test_pixels_are_the_image() -> None:
    views = random_images(3, 16).float() / 255
    encoder = build_encoder(made({"kind": "pixels", "side": 16}).encoder, 16)
    assert torch.equal(encoder(views), views.reshape(3, -1))
    smaller = build_encoder(made({"kind": "pixels", "side": 4}).encoder, 16)
    assert smaller(views).shape == (3, 48)
    torch.testing.assert_close(smaller(torch.full((1, 3, 16, 16), 0.25)), torch.full((1, 48), 0.25))


def test_a_histogram_counts_the_colours_of_all_pixels() -> None:
    views = random_images(3, 8).float() / 255
    views[0, :, 0, 0] = 1.0
    found = build_encoder(made({"kind": "colour_histogram", "bins": 4}).encoder, 8)(views)
    for image, shares in zip(views.numpy(), found, strict=True):
        places = (tuple(min(3, int(4 * value)) for value in image[:, row, column]) for row, column in np.ndindex(8, 8))
        expected = torch.zeros(4, 4, 4)
        for place, count in Counter(places).items():
            expected[place] = count / 64
        torch.testing.assert_close(shares, expected.flatten())


@pytest.mark.parametrize("encoder", BASELINES)
def test_a_baseline_is_scored_like_an_encoder(encoder: dict[str, object], tmp_path: Path) -> None:
    data = random_dataset()
    coloured_data = type(data)("coloured", data.classes, coloured(80, 0), coloured(40, 1))
    result = pretrain(made(encoder), coloured_data, device="cpu")
    scores = evaluate(Frozen(l2_count=1, neighbors=5), result, coloured_data).metrics
    assert scores["linear_eval/top1"] > 90
    result.save(tmp_path / "encoder.pt")
    kept = load_pretrained(tmp_path / "encoder.pt", torch.device("cpu"))
    assert kept is not None
    assert evaluate(Frozen(l2_count=1, neighbors=5), kept, coloured_data).metrics == scores


@pytest.mark.parametrize("encoder", BASELINES)
def test_a_baseline_costs_nothing_and_cannot_be_trained(encoder: dict[str, object]) -> None:
    cost = encoder_cost(made(encoder).encoder, 16)
    assert (cost.parameters, cost.activations) == (0, 0)
    with pytest.raises(ValidationError, match=rf"encoder\.kind {encoder['kind']} has nothing to train; take epochs 0"):
        small_config(encoder=encoder)
    with pytest.raises(ValidationError, match=rf"the stages of encoder\.kind {encoder['kind']} are none"):
        TrainConfig.model_validate({"pretrain": made(encoder), "evaluate": {"representation": "stage2"}})
