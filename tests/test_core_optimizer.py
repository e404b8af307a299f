"""LARS by hand, PyTorch's optimisers, and learning rates as the paper gives them."""

import inspect
import math

import pytest
import torch
from torch import nn

from core.config import OPTIMIZERS, Adafactor, Adam, AdamW, OptimizerConfig, RMSprop, Sgd
from core.config import Lars as LarsConfig
from core.config.optimizer import TorchOptimizer
from core.cost import parameters, training_bytes
from core.optimizer.build import build_optimizer
from core.optimizer.lars import Lars
from core.optimizer.schedule import Schedule, build_schedule, peak_rate
from core.pretraining.training import Training
from helpers import random_dataset, small_config


def lars(weight: torch.Tensor, lr: float, weight_decay: float = 0.0, adapt: bool = True) -> Lars:
    return Lars([{"params": [weight], "adapt": adapt}], lr, 0.9, weight_decay, 0.001)


def test_lars_by_hand() -> None:
    """|w| = 5, decayed gradient g + 0.1 w, trust 0.001 * 5 / |g|, the rate inside the momentum."""
    weight = nn.Parameter(torch.tensor([3.0, 4.0]))
    optimizer = lars(weight, 2.0, weight_decay=0.1)
    w, buffer = [3.0, 4.0], [0.0, 0.0]
    for lr in (2.0, 1.0, 0.5):
        optimizer.param_groups[0]["lr"] = lr
        weight.grad = torch.tensor([1.0, -2.0])
        optimizer.step()
        g = [1.0 + 0.1 * w[0], -2.0 + 0.1 * w[1]]
        trust = 0.001 * math.hypot(*w) / math.hypot(*g)
        buffer = [0.9 * b + lr * trust * x for b, x in zip(buffer, g, strict=True)]
        w = [x - b for x, b in zip(w, buffer, strict=True)]
        assert weight.tolist() == pytest.approx(w, rel=1e-6)


def test_lars_moves_a_tensor_that_starts_at_zero() -> None:
    weight = nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([1.0, 2.0])
    lars(weight, 0.1).step()
    assert weight.tolist() == pytest.approx([-0.1, -0.2])


def test_lars_adapts_without_weight_decay_too() -> None:
    weight = nn.Parameter(torch.tensor([3.0, 4.0]))
    weight.grad = torch.tensor([0.0, 10.0])
    lars(weight, 1.0).step()
    assert weight.tolist() == pytest.approx([3.0, 4.0 - 0.001 * 5])


def test_lars_with_a_zero_gradient_stands_still() -> None:
    weight = nn.Parameter(torch.tensor([3.0, 4.0]))
    weight.grad = torch.zeros(2)
    lars(weight, 1.0).step()
    assert weight.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    "config", [LarsConfig(weight_decay=0.1), Sgd(weight_decay=0.1), AdamW(weight_decay=0.1), Adam(weight_decay=0.1)]
)
def test_vectors_are_excluded_from_decay_and_adaptation(config: LarsConfig | Sgd | AdamW | Adam) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)  # a bias that happens to be 0.5 would leave only rounding to compare
        model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    optimizer = build_optimizer(config, model)
    before = [p.clone() for p in model.parameters()]
    for group in optimizer.param_groups:
        group["lr"] = 0.5
    for p in model.parameters():
        p.grad = torch.zeros_like(p) if p.ndim > 1 else torch.ones_like(p)
    optimizer.step()
    for old, new in zip(before, model.parameters(), strict=True):
        assert torch.allclose(new, old - 0.5) if old.ndim == 1 else not torch.equal(new, old)


def small_model() -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))


def stepped(config: OptimizerConfig, steps: int = 2) -> tuple[nn.Sequential, torch.optim.Optimizer]:
    """A model and its optimiser after steps along gradients of 1 and 2 in turn."""
    model = small_model()
    optimizer = build_optimizer(config, model)
    for step in range(steps):
        for p in model.parameters():
            p.grad = torch.full_like(p, 1 + step % 2)
        optimizer.step()
    return model, optimizer


def with_defaults(config: type[OptimizerConfig], **changes: float) -> OptimizerConfig:
    return config.model_validate(changes)


@pytest.mark.parametrize("kind", OPTIMIZERS.names())
def test_no_optimiser_decays_vectors(kind: str) -> None:
    config = OPTIMIZERS.named(kind)
    decayed, plain = (stepped(with_defaults(config, weight_decay=decay))[0] for decay in (0.1, 0.0))
    for one, other in zip(decayed.parameters(), plain.parameters(), strict=True):
        assert torch.equal(one, other) == (one.ndim == 1)


TORCHS = [config for config in OPTIMIZERS if issubclass(config, TorchOptimizer)]


@pytest.mark.parametrize("config", TORCHS)
def test_fields_are_pytorchs_arguments_with_its_defaults(config: type[TorchOptimizer]) -> None:
    """SGD's rate, momentum and decay are those of CIFAR-10, and AdamW's decay is smaller than PyTorch's."""
    known = inspect.signature(getattr(torch.optim, config.torch_name)).parameters
    ours = {"learning_rate", "momentum", "weight_decay"} if config is Sgd else {"weight_decay"}
    renamed = {"learning_rate": "lr", "beta1": "betas", "beta2": "betas"}
    for name in config.model_fields.keys() - {"kind", "scaling"}:
        default = known[renamed.get(name, name)].default
        if name in ("beta1", "beta2"):
            default = default[name == "beta2"]
        assert name in ours or getattr(with_defaults(config), name) == default, name


@pytest.mark.parametrize("config", TORCHS)
def test_every_field_reaches_pytorchs_optimiser(config: type[TorchOptimizer]) -> None:
    """Other values than the defaults, read back from the group of the matrices."""
    fields = config.model_fields.keys() - {"kind", "scaling"}
    plain = with_defaults(config)
    values = {name: not value if isinstance(value := getattr(plain, name), bool) else 0.7 * value for name in fields}
    values |= {"weight_decay": 0.3} | ({"d": 1.5} if config is Adafactor else {})
    group = build_optimizer(plain.model_copy(update=values), small_model()).param_groups[0]
    found = group | dict(zip(("beta1", "beta2"), group.get("betas", ()), strict=False)) | {"learning_rate": group["lr"]}
    assert {name: found[name] for name in fields} == values


@pytest.mark.parametrize(
    "config",
    [
        *(with_defaults(config) for config in OPTIMIZERS if config is not Adafactor),
        Sgd(momentum=0.0),
        RMSprop(momentum=0.9, centered=True),
    ],
    ids=str,
)
def test_the_values_that_an_optimiser_keeps_are_counted(config: OptimizerConfig) -> None:
    model, optimizer = stepped(config)
    kept = optimizer.state[model.get_parameter("0.weight")].values()
    assert config.state_values == sum(value.ndim > 0 for value in kept if isinstance(value, torch.Tensor))


def test_the_plan_counts_the_second_moment_of_adam() -> None:
    lars, adam = (training_bytes(small_config(optimizer={"kind": kind}), 4) for kind in ("lars", "adam"))
    assert adam - lars == 4 * parameters(small_config().encoder, 16)


def test_nesterov_without_a_momentum_is_refused_before_a_training() -> None:
    with pytest.raises(ValueError, match="nesterov needs a momentum, which is 0"):
        small_config(optimizer={"kind": "sgd", "momentum": 0.0, "nesterov": True})


@pytest.mark.parametrize(
    ("batch", "linear", "sqrt"), [(256, 0.3, 1.2), (4096, 4.8, 4.8), (8192, 9.6, 6.788), (32768, 38.4, 13.576)]
)
def test_learning_rates_of_table_b_1_and_figure_b_2(batch: int, linear: float, sqrt: float) -> None:
    assert peak_rate(0.3, "linear", batch) == pytest.approx(linear)
    assert peak_rate(0.075, "sqrt", batch) == pytest.approx(sqrt, rel=1e-3)


def test_schedule_warms_up_then_falls_as_a_cosine_in_steps() -> None:
    schedule = Schedule(peak=4.8, warmup=10, total=110)
    assert [schedule(step) for step in (0, 5, 10)] == pytest.approx([0.0, 2.4, 4.8])
    assert [schedule(step) for step in (35, 60, 85)] == pytest.approx(
        [4.8 * (1 + math.cos(math.pi * q)) / 2 for q in (0.25, 0.5, 0.75)]
    )
    assert schedule(110) == pytest.approx(0)
    assert all(schedule(s) >= schedule(s + 1) for s in range(10, 110))


@pytest.mark.parametrize(("epochs", "warmup_epochs", "warmup"), [(1, 0.9, 3), (3, 1.0, 4), (3, 0.5, 2), (3, 0.0, 0)])
def test_a_warmup_always_ends_before_the_training_does(epochs: int, warmup_epochs: float, warmup: int) -> None:
    """0.9 epochs of 4 steps round to all of them."""
    config = small_config(epochs=epochs, schedule={"warmup_epochs": warmup_epochs})
    schedule = build_schedule(config, 4)
    assert (schedule.warmup, schedule.total) == (warmup, 4 * epochs)
    assert max(schedule(step) for step in range(4 * epochs)) == schedule.peak


def test_a_training_has_as_many_steps_as_whole_batches() -> None:
    """Epochs x (images // batch); the released code has images x epochs // batch + 1, over a stream without epochs."""
    training = Training(small_config(batch_size=24, epochs=5), random_dataset(train=64), torch.device("cpu"))
    assert training.total_steps == 5 * (64 // 24)


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        ({"kind": "constant"}, [1.0] * 10),
        ({"kind": "linear"}, [1 - share / 10 for share in range(10)]),
        ({"kind": "step"}, [1.0] * 6 + [0.1] * 2 + [0.01] * 2),
        ({"kind": "step", "drops": [0.5], "factor": 0.5}, [1.0] * 5 + [0.5] * 5),
        ({"kind": "step", "drops": [0.5], "factor": 0.5, "per": "epoch"}, [1.0] * 6 + [0.5] * 4),
        ({"kind": "linear", "per": "epoch"}, [1.0, 1.0, 0.8, 0.8, 0.6, 0.6, 0.4, 0.4, 0.2, 0.2]),
        (
            {"per": "epoch"},
            [(1 + math.cos(math.pi * share)) / 2 for share in (0, 0, 0.2, 0.2, 0.4, 0.4, 0.6, 0.6, 0.8, 0.8)],
        ),
    ],
)
def test_other_schedules_follow_the_same_warmup(schedule: dict[str, object], rates: list[float]) -> None:
    made = build_schedule(small_config(epochs=6, schedule={"warmup_epochs": 1, **schedule}), 2)
    assert [made(step) / made.peak for step in range(12)] == pytest.approx([0, 0.5, *rates])


def test_a_rate_per_epoch_holds_its_peak_to_the_end_of_an_epoch_in_which_the_warmup_ends() -> None:
    """Four steps an epoch, of which the warmup takes the first six: the rate is that of the epoch's beginning."""
    made = build_schedule(small_config(epochs=3, schedule={"kind": "linear", "warmup_epochs": 1.5, "per": "epoch"}), 4)
    assert [made(step) / made.peak for step in range(4, 12)] == pytest.approx([4 / 6, 5 / 6, 1, 1, *[1 - 2 / 6] * 4])


def test_drops_of_a_step_schedule_go_up() -> None:
    with pytest.raises(ValueError, match="drops go up, each once"):
        small_config(schedule={"kind": "step", "drops": [0.8, 0.6]})
