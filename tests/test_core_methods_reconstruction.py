"""Autoencoders: what the encoder sees, what is drawn and what it is charged for, and that nobody scores a picture."""

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from core import TrainConfig
from core.encoder.decoder import build_decoder
from core.methods.colorization import lab
from core.methods.method import Views
from core.pretraining.training import Training
from core.randomness import generator
from helpers import NOTHING, random_dataset, small_config, squares

KINDS = ("autoencoder", "denoising", "inpainting", "masked_squares", "colorization")
GREY = (117 / 255, 104 / 255, 123 / 255)


def made(kind: str, **settings: object) -> Training:
    return Training(small_config(loss={"kind": kind, **settings}, augment=NOTHING), random_dataset(), "cpu")


def shown(training: Training) -> tuple[Tensor, Views]:
    """The whole images of the first batch, in [0, 1], and the views that the method makes of them."""
    batch = training.batches[0]
    return squares(batch).float() / 255, training.method.views(batch, generator(0, "augmentation"))


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


def test_denoising_draws_the_clean_view_of_a_noisy_one() -> None:
    whole, views = shown(made("denoising", sigma=0.1, dropped=0.25))
    (noisy,), clean = views
    assert torch.equal(clean, whole)
    black = (noisy == 0).all(dim=1)
    assert black.float().mean().item() == pytest.approx(0.25, abs=0.03)  # of 4,096 pixels
    inside = (whole > 0.3) & (whole < 0.7) & ~black[:, None]
    assert (noisy - whole)[inside].std().item() == pytest.approx(0.1, abs=0.01)
    assert noisy.min() == 0
    assert noisy.max() == 1


def test_denoising_without_noise_is_the_autoencoder() -> None:
    whole, views = shown(made("denoising", sigma=0.0))
    assert torch.equal(views.trained[0], whole)


@pytest.mark.parametrize("side", [0.5, 0.25])
def test_inpainting_hides_the_middle_and_counts_the_hole_alone(side: float) -> None:
    training = made("inpainting", side=side)
    whole, views = shown(training)
    edge = int(16 * side)
    hole = range((16 - edge) // 2, (16 + edge) // 2)
    picture = torch.rand(16, 3, 16, 16, generator=generator(0, "picture"))
    total = 0.0
    for row in range(16):
        for column in range(16):
            hidden = row in hole and column in hole
            expected = torch.tensor(GREY).expand(16, 3) if hidden else whole[:, :, row, column]
            assert torch.equal(views.trained[0][:, :, row, column], expected)
            if hidden:
                total += (picture - whole)[:, :, row, column].double().square().sum().item()
    outcome = training.method.loss((picture, torch.zeros(16)), training.method.known(views, None), training.batches[0])  # type: ignore[arg-type]
    assert outcome.loss.item() == pytest.approx(total / (16 * 3 * edge**2), rel=1e-6)


def test_masked_squares_are_as_many_in_every_view_and_at_random_places() -> None:
    training = made("masked_squares", squares=4, hidden=0.75)
    whole, views = shown(training)
    seen, (_, mask) = views.trained[0], views.others
    cells = mask.view(16, 4, 4, 4, 4).float().mean(dim=(2, 4))  # of squares of 4 x 4 pixels
    assert set(cells.unique().tolist()) == {0, 1}
    assert cells.sum(dim=(1, 2)).tolist() == [12] * 16
    assert len(cells.flatten(1).unique(dim=0)) > 10
    for image in range(16):
        changed = (seen[image] != whole[image]).any(dim=0)
        assert torch.equal(changed, mask[image, 0])
        assert all(torch.equal(seen[image][:, row, column], torch.tensor(GREY)) for row, column in changed.nonzero())
    picture = whole + torch.where(mask, 0.5, 7.0)  # an error outside of the squares is not counted
    outcome = training.method.loss((picture, torch.zeros(16)), views.others, training.batches[0])
    assert outcome.loss.item() == pytest.approx(0.25, rel=1e-5)


def test_lab_is_that_of_known_colours() -> None:
    """White, black and the primaries of sRGB, as colour tables print them, and greys."""
    known = {
        (1, 1, 1): (100, 0, 0),
        (0, 0, 0): (0, 0, 0),
        (1, 0, 0): (53.24, 80.09, 67.20),
        (0, 1, 0): (87.73, -86.18, 83.18),
        (0, 0, 1): (32.30, 79.19, -107.86),
    }
    found = lab(torch.tensor(list(known), dtype=torch.float64)[:, :, None, None])[:, :, 0, 0]
    torch.testing.assert_close(found, torch.tensor(list(known.values()), dtype=torch.float64), rtol=0, atol=0.02)
    greys = lab((torch.arange(5) / 4).expand(3, 5).T[:, :, None, None].double())
    assert greys[:, 1:].abs().max() < 1e-4
    dark = lab(torch.full((1, 3, 1, 1), 0.02, dtype=torch.float64))[0, 0].item()  # on the straight part of the curve
    assert dark == pytest.approx(903.3 * 0.02 / 12.92, rel=1e-3)


def test_colorization_draws_the_colours_of_what_the_encoder_saw_in_grey() -> None:
    training = made("colorization")
    whole, views = shown(training)
    (grey,), colours = views
    assert torch.equal(grey[:, 0], grey[:, 1])
    assert torch.equal(grey[:, 0], grey[:, 2])
    assert 0 <= grey.min() < grey.max() <= 1
    together = 100 * torch.cat([grey[:, :1], colours], dim=1)
    torch.testing.assert_close(together, lab(whole))
    picture, _ = training.method.project((torch.randn(16, 64, generator=generator(0, "h")),))
    assert picture.shape == (16, 2, 16, 16)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_of_the_error_is_exact(kind: str) -> None:
    training = made(kind)
    _, views = shown(training)
    shape = (16, 2 if kind == "colorization" else 3, 16, 16)
    picture = torch.rand(shape, dtype=torch.float64, generator=generator(0, "picture")).requires_grad_()
    training.method.error(picture, views.others).backward()  # type: ignore[operator]
    assert picture.grad is not None
    step = torch.randn(shape, dtype=torch.float64, generator=generator(0, "step"))
    with torch.no_grad():
        errors = [training.method.error(picture + sign * 1e-4 * step, views.others) for sign in (1, -1)]  # type: ignore[operator]
    assert (picture.grad * step).sum().item() == pytest.approx((errors[0] - errors[1]).item() / 2e-4, rel=1e-6)


@pytest.mark.parametrize(
    ("loss", "augment", "reason"),
    [
        ({"kind": "inpainting", "side": 0.01}, {}, r"loss\.side is 0\.01, .* 16 pixels has a side of 0; take 0\.5"),
        ({"kind": "masked_squares", "squares": 5}, {}, r"loss\.squares is 5, .* data\.image_size 16; take 4"),
        ({"kind": "masked_squares", "hidden": 0.001}, {}, r"loss\.hidden is 0\.001, so 0 of 64 squares are hidden"),
        (
            {"kind": "colorization"},
            {"policy": "custom", "both": ["crop", {"kind": "grayscale", "probability": 1.0}]},
            r"loss\.kind colorization predicts colours, .* take grayscale out of augment",
        ),
    ],
)
def test_what_cannot_work_is_refused(loss: dict[str, object], augment: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        small_config(loss=loss, augment=augment)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("representation", ["z", 1])
def test_a_picture_is_no_representation(representation: object, kind: str) -> None:
    config = small_config(loss={"kind": kind})
    with pytest.raises(ValidationError, match=rf"loss\.kind {kind} trains no projection; take h"):
        TrainConfig.model_validate({"pretrain": config, "evaluate": {"representation": representation}})
