"""CPC: the encoder of patches, what a prediction may see, which patch it is of, and patches that are augmented."""

import math

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from torch import Tensor, nn

from core.config import PretrainConfig
from core.config.encoder import PatchResNet
from core.config.encoder import ResNet as ResNetSettings
from core.encoder.build import build_encoder
from core.encoder.resnets.patches import cut, tiled
from core.encoder.resnets.resnet import ResNet
from core.methods.cpc import CPC, turned
from core.pretraining.training import Training
from core.randomness import generator
from helpers import random_dataset, small_config

PATCHES = {"name": "resnet10", "width": 0.125, "kind": "patches", "grid": 3, "patch": 8}
CPC_LOSS = {"kind": "cpc", "first_step": 1, "last_step": 2, "target": 4, "context": 6, "blocks": 3}


def config(grid: int = 3, **loss: object) -> PretrainConfig:
    return small_config(loss=CPC_LOSS | loss, encoder=PATCHES | {"grid": grid})


def made(grid: int = 3, **loss: object) -> CPC:
    method = Training(config(grid, **loss), random_dataset(), "cpu").method
    assert isinstance(method, CPC)
    return method


def random(*shape: int, name: str = "z") -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=generator(0, name))


def test_patches_are_spread_evenly_and_found_again_where_they_lie_side_by_side() -> None:
    views = random(2, 3, 32, 32)
    patches = cut(views, 7, 8)
    expected = views.unfold(2, 8, 4).unfold(3, 8, 4).permute(2, 3, 0, 1, 4, 5).flatten(0, 2)
    assert torch.equal(patches, expected)
    assert tiled(patches, 7).shape == (2, 3, 56, 56)
    assert torch.equal(cut(tiled(patches, 7), 7, 8), patches)
    last = cut(random(1, 1, 10, 10), 3, 5)[-1]
    assert torch.equal(last, random(1, 1, 10, 10)[0, :, 5:, 5:])


def test_h_is_the_mean_of_the_patches_representations() -> None:
    settings = PatchResNet(name="resnet10", width=0.125, grid=3, patch=8, norm="batch")
    encoder = build_encoder(settings, 16).eval()
    plain = ResNet(ResNetSettings(name="resnet10", width=0.125), small_stem=True).eval()
    plain.load_state_dict({name.removeprefix("network."): weight for name, weight in encoder.state_dict().items()})
    views = torch.rand(2, 3, 16, 16, generator=generator(0, "views"))
    patches = [views[..., row : row + 8, column : column + 8] for row in (0, 4, 8) for column in (0, 4, 8)]
    torch.testing.assert_close(encoder(views), sum(map(plain, patches)) / 9)
    stages = encoder.stages(views)
    torch.testing.assert_close(stages["stage2"], sum(plain.stages(each)["stage2"] for each in patches) / 9)
    assert encoder.map(views).shape == (2, 64, 3, 3)
    torch.testing.assert_close(encoder.map(views)[:, :, 0, 2], plain(patches[2]))


def test_a_layer_norm_sees_one_patch() -> None:
    """In training too: batch norm's statistics would tell patches of an image by each other."""
    encoder = build_encoder(PatchResNet(name="resnet10", width=0.125, grid=3, patch=8), 16)
    views = torch.rand(4, 3, 16, 16, generator=generator(0, "views"))
    torch.testing.assert_close(encoder(views)[:1], encoder(views[:1]))
    norms = [module for module in encoder.modules() if isinstance(module, nn.GroupNorm | nn.BatchNorm2d)]
    assert {type(module).__name__ for module in norms} == {"GroupNorm"}
    x = torch.randn(3, 8, 2, 2, generator=generator(0, "x"))
    torch.testing.assert_close(norms[0](x), F.layer_norm(x, (8, 2, 2)))


PLACES = {
    "down": lambda r, c, last: (r, c),
    "up": lambda r, c, last: (last - r, c),
    "right": lambda r, c, last: (c, r),
    "left": lambda r, c, last: (c, last - r),
}
"""Row and column of what is at row r and column c once the direction is turned to point down."""


def test_each_prediction_is_told_from_all_patches_of_all_images() -> None:
    method = made().double()
    maps = random(2, 64, 3, 3)
    outputs = method.project((maps,))
    patches = outputs[0]
    embedded = method.head(maps)
    losses = []
    for predicted, (direction, step) in zip(outputs[1:], method.predicted, strict=True):
        costs = []
        for row, column, image in [(r, c, b) for r in range(3 - step) for c in range(3) for b in range(2)]:
            own = predicted[(row * 3 + column) * 2 + image]
            logits = [0.1 * math.fsum((own * each).tolist()) for each in patches]
            r, c = PLACES[direction](row + step, column, 2)
            positive = 0.1 * math.fsum((own * embedded[image, :, r, c]).tolist())
            costs.append(math.log(sum(map(math.exp, logits))) - positive)
        losses.append(sum(costs) / len(costs))
    assert len(losses) == 8
    outcome = method.loss(outputs, None, None)  # type: ignore[arg-type]
    assert outcome.loss.item() == pytest.approx(sum(losses) / 8, rel=1e-9)
    free = [each.detach().requires_grad_() for each in made(directions=["left"]).double().project((maps,))]
    one = made(directions=["left"])
    assert torch.autograd.gradcheck(lambda *each: one.loss(each, None, None).loss, free)  # type: ignore[arg-type]


def test_no_logits_are_kept_for_the_backward_pass() -> None:
    """Those of all directions and steps together are the largest tensors of a training."""
    method, kept = made(), list[torch.Size]()
    outputs = method.project((random(2, 64, 3, 3).float(),))

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor.shape)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        method.loss(outputs, None, None)  # type: ignore[arg-type]
    assert not [shape for shape in kept if len(shape) == 2 and shape[1] == len(outputs[0])]


@pytest.mark.parametrize("direction", PLACES)
def test_a_prediction_sees_the_patches_on_one_side_only(direction: str) -> None:
    """A prediction of the patch at distance k depends on no patch nearer to it than k rows, and on some beyond."""
    method = made(4, directions=[direction], first_step=2).double()
    maps = random(1, 64, 4, 4).requires_grad_()
    _, predicted = method.project((maps,))
    for row in range(2):
        (gradient,) = torch.autograd.grad(predicted[4 * row : 4 * row + 4].sum(), maps, retain_graph=True)
        seen = turned(gradient.abs().sum(dim=1)[0], direction).sum(dim=1) > 0
        assert seen.tolist() == [True, row == 1, False, False]


def test_patches_are_augmented_each_on_its_own() -> None:
    training = Training(config(patch_augment=[{"kind": "one_channel", "probability": 1.0}]), random_dataset(), "cpu")
    (views,) = training.method.views(training.batches[0], generator(0, "augmentation")).trained
    assert views.shape == (16, 3, 24, 24)
    kept = cut(views, 3, 8).amax(dim=(2, 3)) > 0
    assert (kept.sum(dim=1) == 1).all()
    assert len(kept[::16].unique(dim=0)) > 1
    assert kept.float().mean(dim=0).min() > 0.2
    training.advance()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"encoder": {"name": "resnet10"}}, r"encoder.kind resnet encodes whole views; take encoder.kind patches"),
        ({"encoder": PATCHES | {"patch": 17}}, r"encoder.patch is 17, but views have data.image_size 16; .* about 8"),
        (
            {"encoder": PATCHES | {"patch": 12}, "loss": {"kind": "swav", "small_crops": 1, "small_size": 8}},
            r"encoder.patch is 12, but the method has views of 8 pixels; .* about 4",
        ),
        ({"loss": CPC_LOSS | {"last_step": 3}}, r"loss.last_step is 3, but encoder.grid 3 has at most 2 rows"),
        ({"loss": CPC_LOSS | {"first_step": 3}}, r"loss.last_step is 2, before loss.first_step 3"),
    ],
)
def test_a_grid_that_cannot_work_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        small_config(**{"loss": CPC_LOSS, "encoder": PATCHES, **changes})
