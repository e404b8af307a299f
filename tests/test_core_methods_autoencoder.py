"""The autoencoder: what it draws, what it is charged for, and that nobody scores a picture."""

import pytest
import torch
from pydantic import ValidationError

from core import TrainConfig
from core.encoder.decoder import build_decoder
from core.pretraining.training import Training
from core.randomness import generator
from helpers import random_dataset, small_config


@pytest.mark.parametrize("sparsity", [0.0, 0.5])
def test_the_loss_is_the_squared_error_and_the_penalty(sparsity: float) -> None:
    config = small_config(loss={"kind": "autoencoder", "sparsity": sparsity})
    training = Training(config, random_dataset(), "cpu")
    picture, whole = (torch.rand(3, 3, 2, 2, dtype=torch.float64, generator=generator(0, n)) for n in ("a", "b"))
    l1 = torch.tensor([1.0, 2.0, 6.0], dtype=torch.float64)
    outcome = training.method.loss((picture, l1), whole, training.batches[0])
    pairs = zip(picture.flatten().tolist(), whole.flatten().tolist(), strict=True)
    error = sum((drawn - wanted) ** 2 for drawn, wanted in pairs) / 36
    assert outcome.loss.item() == pytest.approx(error + 3 * sparsity, rel=1e-12)
    assert {name: value.item() for name, value in outcome.statistics.items()} == pytest.approx(
        {"error": error, "l1": 3}
    )


def test_it_draws_the_view_that_the_encoder_saw() -> None:
    training = Training(small_config(loss={"kind": "autoencoder"}), random_dataset(), "cpu")
    views = training.method.views(training.batches[0], generator(0, "augmentation"))
    assert torch.equal(views.trained[0], training.method.known(views, None))  # type: ignore[arg-type]
    h = torch.randn(16, 64, generator=generator(0, "h"))
    picture, l1 = training.method.project((h,))
    assert picture.shape == (16, 3, 16, 16)
    torch.testing.assert_close(l1, h.abs().mean(dim=1))


@pytest.mark.parametrize("side", [4, 7, 8, 20, 32, 96, 224])
def test_a_decoder_draws_any_size(side: int) -> None:
    assert build_decoder(16, side)(torch.randn(2, 16)).shape == (2, 3, side, side)


def test_a_penalty_makes_h_sparser() -> None:
    means = []
    for sparsity in (0.0, 50.0):
        config = small_config(
            loss={"kind": "autoencoder", "sparsity": sparsity},
            optimizer={"kind": "adamw", "learning_rate": 0.05},
            schedule={"warmup_epochs": 0},
        )
        training = Training(config, random_dataset(), "cpu")
        for _ in range(12):
            training.advance()
        means.append(training.end_epoch().metrics["l1"])
    assert means[1] < 0.9 * means[0]


@pytest.mark.parametrize("representation", ["z", 1])
def test_a_picture_is_no_representation(representation: object) -> None:
    config = small_config(loss={"kind": "autoencoder"})
    with pytest.raises(ValidationError, match=r"loss\.kind autoencoder trains no projection; take h"):
        TrainConfig.model_validate({"pretrain": config, "evaluate": {"representation": representation}})
