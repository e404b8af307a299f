"""Mixup, CutMix and i-Mix: against torchvision's for the same draws, in the distribution of the draws, and trained."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy import stats
from torch import Tensor
from torchvision.transforms import v2

from core import TrainConfig, evaluate, pretrain
from core.augment.mixing import cutmix, mix, mixup
from core.config import FineTune, PretrainConfig
from core.config.methods.mixing import CutMix, MixConfig, Mixup
from core.loss.cross_entropy import cross_entropy
from core.loss.mixed import MixedTargets
from core.loss.n_pair import n_pair
from core.loss.unit import unit
from core.pretraining.training import Training
from core.randomness import generator
from helpers import random_dataset, small_config

TINY: dict[str, Any] = {
    "data": {"name": "random", "image_size": 8},
    "encoder": {"name": "resnet10", "width": 0.0625},
    "schedule": {"warmup_epochs": 0},
    "batch_size": 8,
}


def noise(count: int, side: int = 16) -> Tensor:
    return torch.rand(count, 3, side, side, generator=generator(0, "noise"))


def by_torchvision(transform: v2.MixUp | v2.CutMix, own: Tensor, other: Tensor, labels: Tensor, **params: Any) -> Any:
    """Image and label of torchvision for what it drew; it mixes the second of a batch with the first."""
    images = torch.stack([other, own])
    params |= {"labels": labels, "batch_size": 2}
    return transform.transform(images, params)[1], transform.transform(labels, params)[1]


@pytest.mark.parametrize("config", [Mixup(), CutMix()])
def test_images_and_labels_are_torchvisions_for_the_same_share_and_box(config: MixConfig) -> None:
    """The box of CutMix is read off what was pasted."""
    images, labels = noise(32), torch.arange(32) % 5
    mixed, mixing = mix(images, config, generator(3, "mix"))
    partners, shares = mixing
    logits = torch.randn(32, 5, generator=generator(0, "logits"), dtype=torch.float64)
    losses = []
    for i, (view, partner, share) in enumerate(zip(mixed, partners, shares.tolist(), strict=True)):
        both = labels[torch.stack([partner, torch.tensor(i)])]
        if isinstance(config, Mixup):
            params: dict[str, Any] = {"lam": share}
            transform: v2.MixUp | v2.CutMix = v2.MixUp(num_classes=5)
        else:
            pasted = (view != images[i]).any(dim=0)
            rows, columns = pasted.any(dim=1).nonzero(), pasted.any(dim=0).nonzero()
            box = (0, 0, 0, 0)
            if len(rows):
                box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
            area = (box[2] - box[0]) * (box[3] - box[1])
            params, transform = {"box": box, "lam_adjusted": 1 - area / 16**2}, v2.CutMix(num_classes=5)
            assert partner == i or share == pytest.approx(1 - area / 16**2)
        image, label = by_torchvision(transform, images[i], images[partner], both, **params)
        torch.testing.assert_close(view, image)
        losses.append(-(label * logits[i].log_softmax(dim=0)).sum())
    assert float(cross_entropy(logits, labels, MixedTargets(labels[partners], shares)).loss) == pytest.approx(
        float(torch.stack(losses).mean())
    )


def test_a_square_is_torchvisions_for_the_same_share_and_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its corners, for the numbers that torchvision would draw itself."""
    shares, places = (
        torch.rand(50, generator=generator(0, "shares")),
        torch.rand(50, 2, generator=generator(0, "places")),
    )
    weights = cutmix(shares, places, 13)
    transform = v2.CutMix(num_classes=2)
    for weight, share, place in zip(weights, shares, places, strict=True):
        points = iter((13 * place).long().flip(0))  # it draws x first
        monkeypatch.setattr(transform, "_dist", type("Fixed", (), {"sample": lambda _, size, one=share: one})())
        with monkeypatch.context() as patch:
            patch.setattr(torch, "randint", lambda *_, size, drawn=points: next(drawn))
            params = transform.make_params([torch.zeros(2, 3, 13, 13)])
        x1, y1, x2, y2 = params["box"]
        expected = torch.ones(13, 13)
        expected[y1:y2, x1:x2] = 0
        assert torch.equal(weight[0], expected)
        assert float(weight.mean()) == pytest.approx(params["lam_adjusted"])


@pytest.mark.parametrize("alpha", [0.1, 1.0, 4.0])
def test_shares_are_drawn_from_beta(alpha: float) -> None:
    images = torch.zeros(4000, 1, 1, 1)
    _, (partners, shares) = mix(images, Mixup(alpha=alpha), generator(1, "mix"))
    low = shares[shares < 0.5].numpy().astype(np.float64)  # those next to 1 are 1 in single precision
    assert stats.binomtest(len(low), 4000).pvalue > 0.01
    assert stats.kstest(low, lambda share: 2 * stats.beta(alpha, alpha).cdf(share)).pvalue > 0.01
    assert torch.equal(partners.sort().values, torch.arange(4000))
    _, main = mix(images, Mixup(alpha=alpha), generator(1, "mix"), keep_main=True)
    assert torch.equal(main.shares, shares.maximum(1 - shares))


def test_an_image_is_left_alone_as_often_as_is_said() -> None:
    images = noise(400, side=4)
    mixed, mixing = mix(images, CutMix(probability=0.25), generator(0, "mix"))
    alone = mixing.shares == 1
    assert torch.equal(mixed[alone], images[alone])
    assert mix(images, Mixup(probability=0.0), generator(0, "mix"))[0].equal(images)
    chosen = mix(images, Mixup(probability=0.25), generator(0, "mix"))[1].shares < 1
    assert stats.binomtest(int(chosen.sum()), 400, 0.25).pvalue > 0.01


def test_weights_of_mixup_are_the_shares() -> None:
    shares = torch.rand(5, generator=generator(0, "shares"))
    assert mixup(shares, torch.zeros(5, 2), 9).flatten().equal(shares)


def by_algorithm_1(z: NDArray[np.float64], tau: float, mixed: MixedTargets) -> float:
    """i-Mix as Lee et al. print it, one image at a time."""
    count, losses = len(z) // 2, []
    for i in range(count):
        logits = [float(z[i] @ z[count + j]) / tau for j in range(count)]
        normalizer = math.log(sum(math.exp(each) for each in logits))
        share = float(mixed.shares[i])
        own, other = normalizer - logits[i], normalizer - logits[int(mixed.others[i])]
        losses.append(share * own + (1 - share) * other)
    return sum(losses) / count


def test_the_n_pair_loss_of_mixed_views_is_that_of_algorithm_1() -> None:
    z = unit(torch.randn(12, 4, generator=generator(0, "z"), dtype=torch.float64))
    mixed = MixedTargets(
        torch.randperm(6, generator=generator(0, "p")), torch.rand(6, generator=generator(0, "s")).double()
    )
    assert float(n_pair(z, 0.3, mixed)) == pytest.approx(by_algorithm_1(z.numpy(), 0.3, mixed))
    plain = F.cross_entropy(z[:6] @ z[6:].T / 0.3, torch.arange(6))
    torch.testing.assert_close(n_pair(z, 0.3), plain)
    assert torch.autograd.gradcheck(lambda x: n_pair(x, 0.3, mixed), z.requires_grad_())


@pytest.mark.parametrize(
    "loss",
    [
        {"kind": "cross_entropy", "mix": {"kind": "mixup"}},
        {"kind": "i_mix", "mix": {"kind": "cutmix", "probability": 0.5}},
    ],
    ids=lambda loss: loss["kind"],
)
def test_a_training_on_mixed_images_continues_bit_for_bit(loss: dict[str, Any]) -> None:
    config, data = small_config(**TINY, loss=loss, epochs=1), random_dataset(train=32, side=8)
    whole, begun, continued = (Training(config, data, "cpu") for _ in range(3))
    for _ in range(4):
        whole.advance()
    begun.advance()
    begun.advance()
    continued.restore(begun.state())
    continued.advance()
    continued.advance()
    state = continued.model.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in whole.model.state_dict().items())


def test_chunks_change_nothing_but_batch_norm() -> None:
    """Chunks of one view's batch norm are alike where there is no batch norm: in the views and in what they show."""
    config = small_config(**TINY, loss={"kind": "i_mix"}, epochs=1)
    whole, chunked = (
        Training(config.model_copy(update={"batch_norm_chunk": chunk}), random_dataset(train=32, side=8), "cpu")
        for chunk in (None, 4)
    )
    seen = []
    for training in (whole, chunked):
        batch, draws = training.batches[0], generator(0, "augmentation")
        seen.append(training.method.views(batch, draws))
        training.advance()
    assert torch.equal(seen[0].trained[0], seen[1].trained[0])
    assert torch.equal(seen[0].others.shares, seen[1].others.shares)


def test_what_is_not_mixed_is_the_training_that_it_was() -> None:
    """No draw of a training depends on whether images could be mixed; and its identity is what it was."""
    assert "mix" not in str(
        PretrainConfig.model_validate({"loss": {"kind": "cross_entropy"}}).model_dump(exclude_none=True)
    )
    config = small_config(**TINY, loss={"kind": "cross_entropy"}, epochs=1)
    never = small_config(**TINY, loss={"kind": "cross_entropy", "mix": {"probability": 0.0}}, epochs=1)
    one, other = (pretrain(each, random_dataset(train=32, side=8), device="cpu") for each in (config, never))
    assert one.history[0].loss == pytest.approx(other.history[0].loss, rel=1e-6)


def test_fine_tuning_mixes_labels_too(tmp_path: Path) -> None:
    data = random_dataset(train=32, side=8)
    encoder = pretrain(small_config(**TINY, epochs=0), data, device="cpu")
    scored = [
        evaluate(FineTune(epochs=1, batch_size=8, mix=mix), encoder, data).metrics
        for mix in (None, Mixup(), Mixup(probability=0.0))
    ]
    assert scored[0].keys() == scored[1].keys()
    assert scored[0] == scored[2]


def test_mixing_is_refused_where_a_loss_cannot_share_out_what_is_told_of_an_image() -> None:
    with pytest.raises(ValidationError, match=r"loss\.nt_xent\.mix"):
        small_config(loss={"kind": "nt_xent", "mix": {"kind": "mixup"}})
    with pytest.raises(ValidationError, match="mixup"):
        TrainConfig.model_validate({"pretrain": {"loss": {"kind": "i_mix", "mix": {"kind": "mixupp"}}}})
