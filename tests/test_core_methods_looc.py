"""LooC: keys that share draws with their query, the loss in each space, the queues, and spaces that are scored."""

import math

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from core import DataError, Frozen, TrainConfig, evaluate, pretrain
from core.augment.repeated import query_and_keys
from core.config import CustomAugment, PretrainConfig
from core.config.operations import Crop, Grayscale, Jitter, Rotate
from core.pretraining.training import Training
from core.randomness import generator
from core.trained.features import encode, scored_part
from core.trained.representations import Representations
from helpers import random_dataset, random_images, small_config

TURNED = {"policy": "custom", "both": ["crop", "jitter", "grayscale", "rotate"]}
LOOC = {"kind": "looc", "queue": 40, "left_out": [["jitter", "grayscale"], ["rotate"]]}


def config(**loss: object) -> PretrainConfig:
    return small_config(loss=LOOC | loss, augment=TURNED)


def made(**loss: object) -> Training:
    return Training(config(**loss), random_dataset(), "cpu")


def random(*shape: int, name: str = "z") -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=generator(0, name))


def test_keys_share_the_draws_of_their_group_with_the_query_and_no_others() -> None:
    """A rotation is seen by the half that is bright, a colour by channels that are alike."""
    images = random_images(12, 16) // 8
    images[:, :, :, 8:] += 120
    policy = CustomAugment(both=(Rotate(), Jitter(hue=0, probability=1), Grayscale(probability=0.5)))
    groups = ((), ("rotate",), ("jitter", "grayscale"), ("rotate", "jitter", "grayscale"))
    query, *keys = query_and_keys(images, policy, groups, generator(0, "augmentation"))
    grey = [(view.std(dim=1).amax(dim=(1, 2)) < 1e-6).tolist() for view in (query, *keys)]
    halves = slice(None, 8), slice(8, None)
    side = [
        torch.stack(
            [
                turned[:, :, half].mean(dim=(1, 2))
                for turned in (view.mean(dim=1), view.mean(dim=1).mT)
                for half in halves
            ]
        ).argmax(dim=0)
        for view in (query, *keys)
    ]
    assert torch.equal(keys[3], query)
    assert [each == grey[0] for each in grey[1:]] == [False, False, True, True]
    assert [torch.equal(each, side[0]) for each in side[1:]] == [False, True, False, True]


def test_a_key_that_shares_the_crop_covers_the_querys_box() -> None:
    policy = CustomAugment(both=(Crop(), Jitter(probability=1)))
    images = random_images(4, 32)
    query, whole, other = query_and_keys(images, policy, (("crop", "jitter"), ()), generator(0, "augmentation"), 16)
    assert query.shape == (4, 3, 16, 16)
    assert torch.equal(whole, query)
    assert not torch.equal(other, query)


def written_out(queries: Tensor, keys: Tensor, queue: Tensor, tau: float) -> float:
    """queries (N, spaces, d), keys (keys, N, spaces, d) and queue (spaces, K, d) on the sphere."""

    def similar(a: Tensor, b: Tensor) -> float:
        return math.exp(math.fsum(x * y for x, y in zip(a.tolist(), b.tolist(), strict=True)) / tau)

    total = 0.0
    n, spaces, _ = queries.shape
    for row in range(n):
        for space in range(spaces):
            query = queries[row, space]
            positive = similar(query, keys[space, row, space])
            negatives = [similar(query, key) for key in queue[space]]
            if space:
                negatives += [similar(query, keys[j, row, space]) for j in range(spaces) if j != space]
            total -= math.log(positive / (positive + sum(negatives)))
    return total / (n * spaces)


def sphere(z: Tensor) -> Tensor:
    normalised: Tensor = z / z.norm(dim=-1, keepdim=True)
    return normalised


def test_other_keys_of_the_image_are_negatives_in_the_spaces_that_leave_something_out() -> None:
    training = made(temperature=0.3)
    training.method.double()
    z = random(2, 3 * 16).requires_grad_()
    keys, queue = sphere(random(3, 2, 3, 16, name="keys")), training.method.get_buffer("queue")
    outcome = training.method.loss(z, keys, training.batches[0])
    queries = sphere(z.detach().unflatten(1, (3, 16)))
    assert outcome.loss.item() == pytest.approx(written_out(queries, keys, queue, 0.3), rel=1e-9)
    assert torch.autograd.gradcheck(lambda each: training.method.loss(each, keys, training.batches[0]).loss, z)


def test_each_space_has_a_queue_of_its_own_keys() -> None:
    training = made()
    ring, written = training.method.get_buffer("queue").clone(), 0
    after_step = training.method.after_step
    seen: list[Tensor] = []
    training.method.after_step = lambda *step: seen.append(step[2]) or after_step(*step)  # type: ignore[method-assign, func-returns-value]
    for _ in range(3):
        training.advance()
        for row in range(16):
            for space in range(3):
                ring[space, written % 40] = seen[-1][space, row, space]
            written += 1
    assert seen[0].shape == (3, 16, 3, 16)
    torch.testing.assert_close(training.method.get_buffer("queue"), ring)


def test_every_space_is_scored_beside_h_and_all_together() -> None:
    data = random_dataset()
    pretrained = pretrain(config().model_copy(update={"epochs": 0}), data, device="cpu")
    z, _ = encode(scored_part(pretrained, "z"), pretrained, data.test)
    spaces = [encode(scored_part(pretrained, space), pretrained, data.test)[0] for space in ("z0", "z1", "z2")]
    assert z.shape == (40, 48)
    torch.testing.assert_close(torch.cat(spaces, dim=1), z)
    assert not torch.allclose(spaces[0], spaces[1])
    together = Representations(pretrained, ["z2", "h", "z", "stage2", "z0"]).eval()
    views = torch.rand(3, 3, 16, 16, generator=generator(0, "views"))
    found = dict(zip(together.wanted, together(views).split(together.widths, dim=1), strict=True))
    torch.testing.assert_close(found["z2"], scored_part(pretrained, "z2").eval()(views))
    torch.testing.assert_close(found["z0"], scored_part(pretrained, "z0").eval()(views))
    torch.testing.assert_close(found[0], pretrained.encoder.eval()(views))
    scores = evaluate(Frozen(representation="z1", l2_count=1, neighbors=5), pretrained, data).metrics
    assert scores["linear_eval/top1"] > 0


@pytest.mark.parametrize(
    ("loss", "representation", "reason"),
    [
        (LOOC, "z3", r"is z3, but loss.kind looc has the embedding spaces z0, z1, z2; take one of h, z, z0, z1, z2"),
        (LOOC, 1, r"is 1, but loss.kind looc has the embedding spaces"),
        ({"kind": "moco"}, "z0", r"is z0, but loss.kind moco has one projection; take one of h, z"),
        ({"kind": "rotation"}, "z0", r"loss.kind rotation trains no projection; take h"),
    ],
)
def test_a_space_that_is_not_there_is_refused(loss: dict[str, object], representation: object, reason: str) -> None:
    policy = TURNED if loss["kind"] != "rotation" else {"policy": "custom"}
    pretrain = small_config(loss=loss | ({"queue": 40} if "queue" in loss else {}), augment=policy)
    with pytest.raises(ValidationError, match=reason):
        TrainConfig.model_validate({"pretrain": pretrain, "evaluate": {"representation": representation}})


def test_an_augmentation_that_the_policy_lacks_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"loss\.left_out names blur, which augment does not have; it has crop, "):
        config(left_out=[["blur"]])
    with pytest.raises(ValidationError, match=r"loss\.queue is 15, but a batch has 16 keys in each space"):
        config(queue=15)
    with pytest.raises(DataError, match=r"loss\.queue is 49, but the 64 training images without a batch of 16 have 48"):
        made(queue=49)
