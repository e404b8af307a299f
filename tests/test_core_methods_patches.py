"""Patches of a grid, and the tasks on them: relative position and jigsaw."""

import math

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from torch import Tensor

from core import TrainConfig
from core.methods.jigsaw import different_orders
from core.methods.patches import grid_patches
from core.pretraining.training import Training
from core.randomness import generator
from helpers import NOTHING, random_dataset, small_config, squares

TASKS = ({"kind": "relative_position", "hidden": 8}, {"kind": "jigsaw", "grid": 2, "permutations": 24, "embedding": 8})


def made(loss: dict[str, object]) -> Training:
    return Training(small_config(loss=loss, augment=NOTHING), random_dataset(), "cpu")


def places(side: int, images: int = 1) -> Tensor:
    """Images (images, 3, side, side) whose channels are the row, the column and the number of the image."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    numbers = torch.arange(images)[:, None, None].expand(-1, side, side)
    return torch.stack([rows.expand_as(numbers), columns.expand_as(numbers), numbers], dim=1).float()


def draws() -> torch.Generator:
    return generator(0, "patches")


@pytest.mark.parametrize(
    ("side", "grid", "size", "corners"),
    [(16, 2, 8, [0, 8]), (16, 3, 4, [0, 6, 12]), (64, 7, 16, [0, 8, 16, 24, 32, 40, 48]), (8, 1, 8, [0])],
)
def test_patches_are_spread_evenly_from_edge_to_edge(side: int, grid: int, size: int, corners: list[int]) -> None:
    patches = grid_patches(places(side, 2), grid, size, 0, draws())
    assert patches.shape == (2 * grid**2, 3, size, size)
    expected = [(row, column, image) for row in corners for column in corners for image in range(2)]
    assert [tuple(map(int, patch[:, 0, 0])) for patch in patches] == expected
    assert torch.equal(patches[0], places(side)[0, :, :size, :size])


def test_a_patch_lies_anywhere_in_its_cell_by_a_draw_of_its_own() -> None:
    patches = grid_patches(places(16, 200), 3, 3, 2, draws()).unflatten(0, (9, 200))
    for place in range(9):
        top, left = (int(5.5 * number + 0.5) for number in divmod(place, 3))
        shifts = patches[place, :, :2, 0, 0] - torch.tensor([top, left])
        assert {tuple(each) for each in shifts.tolist()} == {(row, column) for row in range(3) for column in range(3)}
    inside = patches - patches[..., :1, :1]
    assert torch.equal(inside[..., 0, :, :], torch.arange(3.0)[:, None].expand(9, 200, 3, 3))
    assert torch.equal(inside[..., 1, :, :], torch.arange(3.0).expand(9, 200, 3, 3))
    assert torch.equal(patches[:, :, 2, 0, 0], torch.arange(200.0).expand(9, 200))


def test_relative_position_pairs_each_outer_patch_with_the_middle_one() -> None:
    training = made(TASKS[0])
    method = training.method.double().eval()
    h = torch.randn(9 * 16, 64, dtype=torch.float64, generator=draws())
    logits = method.project((h,))
    total, right = 0.0, 0
    for position, place in enumerate([0, 1, 2, 3, 5, 6, 7, 8]):
        for image in range(16):
            pair = torch.cat([h[place * 16 + image], h[4 * 16 + image]])
            row = method.head(pair[None])[0]
            torch.testing.assert_close(logits[position * 16 + image], row)
            total -= math.log(F.softmax(row, dim=0)[position].item())
            right += int(row.argmax()) == position
    outcome = method.loss(logits, None, training.batches[0])
    assert outcome.loss.item() == pytest.approx(total / 128, rel=1e-12)
    assert outcome.statistics["position_top1"].item() == pytest.approx(right / 128)
    h.requires_grad_()
    method.loss(method.project((h,)), None, training.batches[0]).loss.backward()
    assert h.grad is not None
    assert h.grad.any(dim=1).all()


def test_relative_position_sees_nine_patches_of_each_view() -> None:
    training = made(TASKS[0])
    (views,) = training.method.views(training.batches[0], draws()).trained
    assert views.shape == (9 * 16, 3, 4, 4)
    whole = squares(training.batches[0]).float() / 255
    corners = [(top, left) for top in range(2) for left in range(2)]  # the first cell is of 5 x 5 pixels
    found = [any(torch.equal(views[0], whole[0, :, t : t + 4, s : s + 4]) for t, s in corners)]
    assert found == [True]


def test_jigsaw_puts_patches_in_the_order_that_it_asks_for() -> None:
    training = made(TASKS[1] | {"patch": 1.0})
    views = training.method.views(training.batches[0], draws())
    (patches,), order = views.trained, views.others
    whole = squares(training.batches[0]).float() / 255
    assert len(order.unique()) > 5
    for image in range(16):
        for slot, place in enumerate(training.method.orders[order[image]].tolist()):  # type: ignore[index]
            top, left = 8 * (place // 2), 8 * (place % 2)
            assert torch.equal(patches[slot * 16 + image], whole[image, :, top : top + 8, left : left + 8])


def test_jigsaw_tells_the_order_from_all_patches_together() -> None:
    training = made(TASKS[1])
    method = training.method.double().eval()
    h = torch.randn(4 * 16, 64, dtype=torch.float64, generator=draws())
    order = torch.arange(16) + 3
    logits, total = method.project((h,)), 0.0
    embed, classify = method.head
    for image in range(16):
        joined = torch.cat([embed(h[slot * 16 + image][None])[0] for slot in range(4)])
        torch.testing.assert_close(logits[image], classify(joined))
        total -= math.log(F.softmax(logits[image], dim=0)[image + 3].item())
    outcome = method.loss(logits, order, training.batches[0])
    assert outcome.loss.item() == pytest.approx(total / 16, rel=1e-12)


def test_orders_differ_as_much_as_possible() -> None:
    orders = different_orders(4, 24)
    assert orders[0].tolist() == [0, 1, 2, 3]
    assert len(orders.unique(dim=0)) == 24
    for count in range(1, 6):
        chosen = orders[:count]
        means = [(chosen != other).sum(dim=1).float().mean().item() for other in orders[count:]]
        assert means[0] == max(means)
    assert different_orders(9, 2)[1].tolist() == [1, 0, 3, 2, 5, 4, 7, 8, 6]  # the first that moves every patch


def test_each_jigsaw_has_orders_of_its_own() -> None:
    """They are kept for the next training of the process, which a loaded checkpoint must not change."""
    training = made(TASKS[1])
    training.method.orders.zero_()  # type: ignore[operator]
    assert made(TASKS[1]).method.orders.any()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("loss", "size", "reason"),
    [
        ({"kind": "relative_position"}, 12, r"loss\.kind relative_position: a patch of a view of 12 pixels has .* 3;"),
        ({"kind": "jigsaw", "patch": 0.5}, 16, r"loss\.kind jigsaw: a patch of a view of 16 pixels has a side of 2;"),
        ({"kind": "jigsaw", "grid": 2}, 16, r"loss\.permutations is 100, but 4 patches have 24 orders; lower it"),
    ],
)
def test_what_cannot_work_is_refused(loss: dict[str, object], size: int, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        small_config(loss=loss, data={"name": "random", "image_size": size})


@pytest.mark.parametrize("kind", ["relative_position", "jigsaw"])
def test_patches_are_those_of_the_papers_at_the_papers_size(kind: str) -> None:
    loss = small_config(loss={"kind": kind}).loss
    assert (loss.size(255), loss.jitter(255)) == (64, 21)  # type: ignore[attr-defined]
    cost = sum(3 * each.copies * each.size**2 / 224**2 for each in loss.passes(255))
    assert cost == pytest.approx(2.2, abs=0.01)


@pytest.mark.parametrize("kind", ["relative_position", "jigsaw"])
def test_positions_are_no_representation(kind: str) -> None:
    with pytest.raises(ValidationError, match=rf"loss\.kind {kind} trains no projection; take h"):
        TrainConfig.model_validate({"pretrain": small_config(loss={"kind": kind}), "evaluate": {"representation": "z"}})
