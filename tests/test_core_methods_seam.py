"""The seam for methods: the project's own, and small ones of somebody else's, which together use all of it.

Every method is asked this: it can be interrupted at any step, chunks of its batch are exact, it is the same in several
processes, it reads nothing back, and it says what it costs.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from dispatch import NoReadback
from own_methods import KINDS, Clusters, Crops, Memory, Paint, PaintConfig, Queue, own_methods
from processes import after_steps, assert_same, in_processes
from pydantic import ValidationError
from small_methods import ALIKE, MAE, SHIPPED, each

from core import DataError, Frozen, evaluate, load_pretrained, pretrain
from core.config import METHODS, Measure, Pass
from core.cost import forward_flops, training_bytes, training_flops, training_pixels
from core.data.dataset import Dataset
from core.history import Epoch
from core.pretraining.training import Training
from core.trained.checkpoint import load_checkpoint, save_checkpoint
from helpers import random_dataset, small_config, squares

EXACT = {"policy": "custom", "both": ["flip"], "first": ["noise"]}
"""A policy whose views are the same to the bit in a share and in a batch."""
CLASSES = dict(zip(KINDS, (Queue, Memory, Clusters, Paint, Crops), strict=True))
OWN: dict[str, dict[str, object]] = {kind: {"kind": kind} for kind in KINDS}
LOSSES = OWN | SHIPPED | {"mae": MAE}


@pytest.fixture(autouse=True, scope="module")
def registered() -> Iterator[None]:
    with own_methods():
        yield


def training(kind: str, data: Dataset | None = None, **changes: object) -> Training:
    return Training(small_config(loss=LOSSES[kind], **changes), data or random_dataset(), "cpu")


def run(made: Training, until: int) -> Training:
    while made.step < until:
        made.advance()
        if made.at_epoch_end:
            made.end_epoch()
    return made


@pytest.mark.parametrize("kind", each(LOSSES))
def test_a_method_that_is_interrupted_ends_bit_for_bit_as_one_that_is_not(kind: str, tmp_path: Path) -> None:
    whole = run(training(kind), 12)
    made = training(kind)
    for step in (3, 4, 9, 12):  # within an epoch, at the end of one, and twice within one
        save_checkpoint(tmp_path / "checkpoint.pt", run(made, step).state())
        made = training(kind)
        made.restore(load_checkpoint(tmp_path / "checkpoint.pt") or {})
    assert isinstance(made.method, CLASSES.get(kind, METHODS.code(made.config.loss)))
    state, expected = made.model.state_dict(), whole.model.state_dict()
    assert state.keys() == expected.keys()
    assert [name for name, tensor in expected.items() if not torch.equal(tensor, state[name])] == []
    assert [epoch.metrics for epoch in made.history] == [epoch.metrics for epoch in whole.history]


@pytest.mark.parametrize("kind", each(LOSSES))
def test_a_history_has_the_methods_own_measures(kind: str) -> None:
    made = run(training(kind), 4)
    (epoch,) = made.history
    assert set(epoch.metrics) == {"loss", *(measure.name for measure in made.config.loss.measures)}
    means = made.statistics.double().mean(dim=0)
    for measure, mean in zip(made.config.loss.measures, means[1:].tolist(), strict=True):
        assert epoch.metrics[measure.name] == (100 * mean if "(%)" in measure.label else mean)


@pytest.mark.parametrize("kind", each(LOSSES))
def test_chunks_are_exact(kind: str) -> None:
    """The gradient is that of the whole batch once running statistics replace each chunk's."""
    gradients = []
    for more in [dict[str, Any](), dict[str, Any](batch_norm_chunk=4)]:
        made = training(kind, **more)
        for module in made.model.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.eval()
        made.advance()
        gradients.append({name: w.grad for name, w in made.model.named_parameters() if w.grad is not None})
    whole, chunked = gradients
    assert whole.keys() == chunked.keys()
    assert len(whole) > 20
    for name, gradient in whole.items():
        torch.testing.assert_close(chunked[name], gradient, rtol=1e-3, atol=1e-5, msg=name)


@pytest.mark.parametrize("kind", each(kind for kind in LOSSES if kind != "own_clusters"))  # k-means may wait
def test_a_step_reads_nothing_back(kind: str) -> None:
    made = training(kind)
    with NoReadback():
        for _ in range(5):
            made.advance()


@pytest.mark.parametrize("kind", each(LOSSES))
def test_what_it_learned_is_kept_and_scored(kind: str, tmp_path: Path) -> None:
    result = pretrain(small_config(loss=LOSSES[kind], epochs=2), random_dataset(), device="cpu")
    result.save(tmp_path / "encoder.pt")
    kept = load_pretrained(tmp_path / "encoder.pt", torch.device("cpu"))
    assert kept is not None
    for name, tensor in result.head.state_dict().items():
        assert torch.equal(tensor, kept.head.state_dict()[name]), name
    protocol = Frozen(l2_count=1, neighbors=5)
    assert evaluate(protocol, kept, random_dataset()).metrics == evaluate(protocol, result, random_dataset()).metrics


@pytest.mark.parametrize(
    ("kind", "cost", "pixels"),
    [("own_queue", 4, 2), ("own_memory", 3, 1), ("own_clusters", 4, 2), ("own_paint", 3, 1), ("own_crops", None, 2.5)],
)
def test_the_cost_is_that_of_all_passes(kind: str, cost: float | None, pixels: float) -> None:
    config = small_config(loss={"kind": kind})
    large, small = (forward_flops(config.encoder, side) for side in (16, 8))
    assert training_flops(config) == (cost * large if cost else 3 * (2 * large + 2 * small))
    assert training_pixels(config) == pixels * 16**2


def test_a_methods_own_state_counts_as_memory() -> None:
    without, with_queue = (
        training_bytes(small_config(loss={"kind": kind}), 4, images=64) for kind in ("own_memory", "own_queue")
    )
    assert with_queue - without == 4 * 24 * 16


def test_a_method_refuses_what_it_cannot_work_with() -> None:
    with pytest.raises(ValidationError, match=r"loss\.clusters is 20, more than a batch of 16"):
        small_config(loss={"kind": "own_clusters", "clusters": 20})
    with pytest.raises(DataError, match=r"loss\.length is 24, but 32 images less a batch are fewer"):
        training("own_queue", random_dataset(train=32))


def test_a_method_that_breaks_its_configurations_promises_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PaintConfig, "passes", lambda self, image_size: (Pass(2, image_size),))
    with pytest.raises(ValueError, match=r"own_paint: passes promises blocks of \[2\] .* returned \[1.0\]"):
        training("own_paint").advance()
    monkeypatch.undo()
    monkeypatch.setattr(PaintConfig, "measures", (Measure("eror", "squared error"),))
    with pytest.raises(ValueError, match=r"own_paint: measures promises \['eror'\], and loss returned \['error'\]"):
        training("own_paint").advance()


def test_every_block_must_be_divided_by_the_chunks() -> None:
    with pytest.raises(ValidationError, match=r"batch_norm_chunk \(6\) must divide a batch's 32 views"):
        small_config(loss={"kind": "own_crops"}, batch_norm_chunk=6)
    assert small_config(loss={"kind": "own_crops"}).views == 64
    assert small_config(loss={"kind": "own_queue"}).views == 16


def test_keys_are_dealt_out_apart_from_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key's chunk tells nothing of its query's: batch norm shuffled as in MoCo."""
    seen: list[Any] = []
    deal = torch.split

    def look(values: torch.Tensor, size: int) -> Any:
        seen.append(values.tolist())
        return deal(values, size)

    monkeypatch.setattr(torch, "split", look)
    training("own_queue", batch_norm_chunk=4).advance()
    keys, queries = seen
    assert sorted(keys) == sorted(queries) == list(range(16))
    assert keys != queries


def test_groups_have_rates_of_their_own_and_are_frozen_at_first() -> None:
    made = training("own_paint", schedule={"warmup_epochs": 1})
    rates, moved = [], []
    for _ in range(6):
        before = made.method.head.get_parameter("0.weight").clone()
        made.advance()
        moved.append(not torch.equal(before, made.method.head.get_parameter("0.weight")))
        rates.append([group["lr"] for group in made.optimizer.param_groups])
    peak = made.rate.peak
    assert moved == [False, False, True, True, True, True]
    assert [rate[2] for rate in rates] == [2 * peak] * 6  # from the first step on, in the warmup too
    assert [rate[0] for rate in rates] == [made.rate(step) for step in range(6)]
    assert rates[0][0] == 0


def test_images_have_their_numbers() -> None:
    """Each image of an epoch is written into its own place of the memory, and no other place changes."""
    made = training("own_memory", random_dataset(train=70))
    before = made.method.memory.clone()  # type: ignore[operator]
    run(made, 4)
    changed = (made.method.get_buffer("memory") != before).any(dim=1)
    assert int(changed.sum()) == 64
    batch = made.batches[4]
    assert torch.equal(made.images.images[batch.numbers], squares(batch))
    assert torch.equal(made.images.labels[batch.numbers], batch.labels)


def test_clusters_are_found_before_each_epoch_and_momentum_is_forgotten() -> None:
    made = training("own_clusters")
    head = made.method.head.get_parameter("0.weight")
    made.advance()
    first = made.method.clusters.clone()  # type: ignore[operator]
    assert len(first.unique()) > 1
    run(made, 4)
    assert torch.equal(made.method.clusters, first)  # type: ignore[arg-type]
    assert made.optimizer.state[head]["momentum_buffer"].any()
    seen = made.optimizer.state[head]["momentum_buffer"].clone()
    made.advance()
    assert not torch.equal(made.optimizer.state[head]["momentum_buffer"], seen)
    assert not torch.equal(made.method.clusters, first)  # type: ignore[arg-type]


def after_five(kind: str) -> dict[str, torch.Tensor]:
    return after_steps(5, True, augment=EXACT, loss=LOSSES[kind], optimizer={"learning_rate": 0.1})


def alike_in_two(folder: Path) -> dict[str, Any]:
    return {kind: after_five(kind) for kind in ALIKE}


def in_two(folder: Path) -> dict[str, Any]:
    with own_methods():
        results: dict[str, Any] = {kind: after_five(kind) for kind in LOSSES if kind not in ALIKE}
        chunked: dict[str, Any] = {"augment": EXACT, "batch_norm_chunk": 4, "optimizer": {"learning_rate": 0.1}}
        results["in chunks"] = after_steps(5, True, loss={"kind": "own_queue"}, **chunked)
        results["uneven"] = uneven_features()
        epochs: list[Epoch] = []
        config = small_config(loss={"kind": "own_paint"}, augment=EXACT, epochs=2)
        pretrain(config, random_dataset(), device="cpu", on_epoch=epochs.append)
        results["epochs"] = [epoch.metrics for epoch in epochs]
        return results


def uneven_features() -> torch.Tensor:
    """Features of 17 images, which no two processes can share evenly."""
    from core.pretraining.trainer import EpochStart

    made = training("own_clusters", random_dataset(train=17))
    start = EpochStart(made.encoder, made.images, made.optimizer, made.numerics, made.share, made.device)
    return start.features()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Results of two processes."""
    return in_processes(2, tmp_path_factory.mktemp("processes"), in_two)


EXPECTED = {kind: partial(after_five, kind) for kind in LOSSES if kind not in ALIKE} | {
    "in chunks": partial(
        after_steps,
        5,
        True,
        loss={"kind": "own_queue"},
        augment=EXACT,
        batch_norm_chunk=4,
        optimizer={"learning_rate": 0.1},
    )
}


@pytest.mark.parametrize("name", EXPECTED)
def test_several_processes_reach_the_state_of_one(results: list[dict[str, Any]], name: str) -> None:
    """Weights, queues, targets and clusters after five steps, and the loss with its statistics."""
    one, other = (result[name] for result in results)
    assert all(torch.equal(one[key], other[key]) for key in one)
    assert_same(one, EXPECTED[name](), 1e-8)


@pytest.mark.slow
def test_methods_that_are_alike_reach_it_too(tmp_path: Path) -> None:
    one, other = in_processes(2, tmp_path, alike_in_two)
    for kind in ALIKE:
        assert all(torch.equal(one[kind][key], other[kind][key]) for key in one[kind])
        assert_same(one[kind], after_five(kind), 1e-8)


def test_features_of_images_that_cannot_be_shared_evenly_are_all_there(results: list[dict[str, Any]]) -> None:
    expected = uneven_features()
    assert expected.shape == (17, 64)
    for result in results:
        torch.testing.assert_close(result["uneven"], expected, rtol=1e-4, atol=1e-5)


def test_the_history_of_shares_is_that_of_the_batch(results: list[dict[str, Any]]) -> None:
    expected = pretrain(
        small_config(loss={"kind": "own_paint"}, augment=EXACT, epochs=2), random_dataset(), device="cpu"
    ).history
    for found, epoch in zip(results[0]["epochs"], expected, strict=True):
        assert found == pytest.approx(epoch.metrics, rel=1e-4)
    assert results[1]["epochs"] == []  # only the leading process tells
