"""Global batch norm: several processes compute what one does on all their views."""

from pathlib import Path

import pytest
import torch
import torch.distributed as distributed
from processes import in_processes
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from core.config import ResNet
from core.distributed import Share
from core.encoder.build import build_encoder
from core.encoder.layers import global_norm
from core.encoder.layers.global_norm import GlobalBatchNorm, make_batch_norm_global
from core.encoder.layers.recompute import running_statistics_kept
from core.randomness import generator

SHARES = {2: [5, 3], 4: [1, 4, 2, 1]}
"""Views of each of so many processes."""
ALL = slice(sum(SHARES[2]))
SHAPES = {
    "vectors": (3,),
    "without weights": (3,),
    "images": (3, 4, 2),
    "in bfloat16": (3, 4, 2),
    "far from 0": (3, 4, 2),
}
FAR = 1000.0
"""Mean of the last one's inputs, in standard deviations: a difference of sums of squares would lose the variance."""
Results = dict[str, dict[str, Tensor]]


def drawn(purpose: str, *shape: int) -> Tensor:
    return torch.randn(shape, generator=generator(0, purpose))


def norms() -> nn.ModuleDict:
    """Batch norms, each with running statistics of its own, and all but one with weights and biases."""
    made = nn.ModuleDict(
        {
            name: nn.BatchNorm1d(3, affine=name == "vectors") if len(shape) == 1 else nn.BatchNorm2d(3)
            for name, shape in SHAPES.items()
        }
    )
    state = {key: drawn(key, 3).square() for key in made.state_dict() if not key.endswith("num_batches_tracked")}
    made.load_state_dict(state, strict=False)
    return made


def run_norm(name: str, norm: nn.Module, share: slice) -> dict[str, Tensor]:
    """Two training steps on a share of the views, then an evaluation."""
    far = FAR if name == "far from 0" else 0.0
    kind = torch.bfloat16 if name == "in bfloat16" else torch.float32
    x = (far + drawn(f"{name}/x", ALL.stop, *SHAPES[name]))[share].to(kind).requires_grad_()
    for _ in range(2):
        y = norm(x)
        (y * drawn(f"{name}/upstream", ALL.stop, *SHAPES[name])[share]).sum().backward()
    evaluated = norm.eval()(x).detach()
    assert x.grad is not None
    return {"y": y.detach(), "eval": evaluated, "x.grad": x.grad, **left_in(norm)}


def encoder(recompute: bool = False) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build_encoder(ResNet(name="resnet10", width=0.125), 16)
    for parameter in model.parameters():
        if parameter.ndim == 1:
            nn.init.ones_(parameter)  # the last gamma of a block too, so that its whole path counts
    model.recompute = recompute
    return model.double()


def run_encoder(model: nn.Module, share: slice) -> dict[str, Tensor]:
    """A training step on a share of the views."""
    h = model(drawn("views", ALL.stop, 3, 16, 16)[share].double())
    (h * drawn("upstream", ALL.stop, 64)[share]).sum().backward()
    return {"h": h.detach(), **left_in(model)}


def left_in(model: nn.Module) -> dict[str, Tensor]:
    """Gradients of the weights, running statistics."""
    gradients = {f"{key}.grad": p.grad for key, p in model.named_parameters() if p.grad is not None}
    assert len(gradients) == len(list(model.parameters()))
    return {**gradients, **dict(model.named_buffers())}


def on_own_share(folder: Path) -> Results:
    """Results of one of several processes, which does on its share of the views what a single one does on all."""
    shares, rank = SHARES[distributed.get_world_size()], distributed.get_rank()
    start = sum(shares[:rank])
    share = slice(start, start + shares[rank])
    model = norms()
    make_batch_norm_global(model)
    results = {name: run_norm(name, norm, share) for name, norm in model.items()}
    for recompute in (False, True):
        whole = encoder(recompute)
        make_batch_norm_global(whole)
        results[f"encoder {recompute}"] = run_encoder(whole, share)
    return results


@pytest.fixture(scope="module", params=SHARES)
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Results]:
    """Results of every process."""
    return in_processes(request.param, tmp_path_factory.mktemp("processes"), on_own_share)


def check(found: list[dict[str, Tensor]], expected: dict[str, Tensor], tolerance: float) -> None:
    assert set(found[0]) == set(expected)
    for key, value in expected.items():
        largest = max(1.0, float(value.abs().max()))
        whole = joined([result[key] for result in found], key)
        torch.testing.assert_close(whole, value, rtol=tolerance, atol=tolerance * largest)


def joined(values: list[Tensor], key: str) -> Tensor:
    """Results of all processes joined: rows in order, gradients of weights summed, equal running statistics."""
    if key in ("y", "eval", "x.grad", "h"):
        return torch.cat(values)
    if key.endswith(".grad"):
        return torch.stack(values).sum(0)
    assert all(torch.equal(value, values[0]) for value in values)
    return values[0]


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [("vectors", 1e-5), ("without weights", 1e-5), ("images", 1e-5), ("in bfloat16", 2e-2), ("far from 0", 1e-3)],
)
def test_a_batch_norm_of_several_processes_is_that_of_one(results: list[Results], name: str, tolerance: float) -> None:
    check([result[name] for result in results], run_norm(name, norms()[name], ALL), tolerance)


@pytest.mark.parametrize("recompute", [False, True])
def test_an_encoder_of_several_processes_is_that_of_one(results: list[Results], recompute: bool) -> None:
    """In double precision, where rounding hides nothing."""
    check([result[f"encoder {recompute}"] for result in results], run_encoder(encoder(), ALL), 1e-9)


def test_a_single_process_keeps_its_batch_norms() -> None:
    model = encoder()
    make_batch_norm_global(model)
    assert not any(isinstance(module, GlobalBatchNorm) for module in model.modules())
    assert any(isinstance(module, _BatchNorm) for module in model.modules())


def test_fused_batch_norms_have_the_weights_and_names_of_plain_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """They refuse the CPU in training: that they compute the same is seen over NCCL."""
    monkeypatch.setattr(global_norm, "own_share", lambda: Share(0, 2))
    plain, model = norms().eval(), norms().eval()
    weights = dict(model.named_parameters())
    make_batch_norm_global(model, fused=True)
    assert all(type(norm) is nn.SyncBatchNorm for norm in model.values())
    assert all(weights[name] is weight for name, weight in model.named_parameters())
    for name, shape in SHAPES.items():
        x = drawn(name, 5, *shape)
        assert torch.equal(model.get_submodule(name)(x), plain.get_submodule(name)(x))
    model.load_state_dict(plain.state_dict())
    with running_statistics_kept(model):
        assert all(norm.momentum == 0.0 and norm.num_batches_tracked is not None for norm in model.values())
        model.get_buffer("images.num_batches_tracked").add_(1)
    assert model.get_buffer("images.num_batches_tracked") == 0
