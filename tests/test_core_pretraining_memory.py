"""Large batches in little memory: recomputing changes nothing, chunks change what batch norm sees and nothing else."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from dispatch import Mode
from pydantic import ValidationError
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._pytree import tree_leaves

from core import PretrainConfig, load_pretrained, pretrain
from core.config import HeadConfig, NtXent, ResNet
from core.encoder.build import build_encoder
from core.encoder.head import build_head
from core.loss.contrast import contrast
from core.loss.outcome import Outcome
from core.numerics import Numerics
from core.pretraining import chunks as chunks_module
from core.pretraining import training as training_module
from core.pretraining.backward import Backward
from core.pretraining.chunks import random_chunks
from core.pretraining.encode import Encode
from core.pretraining.training import Training
from core.randomness import generator
from core.trained.checkpoint import load_checkpoint
from helpers import random_dataset, small_config

FLOAT32 = Numerics("float32", channels_last=False)
BFLOAT16 = Numerics("bfloat16", channels_last=True)
BOTTLENECK = {"name": "resnet50", "width": 0.125, "selective_kernels": True}
SUPERVISED = {"kind": "cross_entropy"}
VIEWS = torch.rand(48, 3, 16, 16, generator=generator(0, "views"))
CHUNKS = random_chunks(VIEWS, 16, generator(0, "chunks"))
STEPS = 3
LOSS = partial(contrast, config=NtXent(temperature=0.5))


def backward(net: nn.Sequential, numerics: Numerics, *chunks: Tensor) -> Outcome:
    """The outcome for all views as one block."""
    encoder, head = net

    def loss(h: tuple[Tensor, ...]) -> Outcome:
        with numerics.autocast(VIEWS.device):
            outputs = head(*h)
        return LOSS(outputs)

    made = Backward(encoder, Encode(numerics))  # type: ignore[arg-type]
    return made.in_chunks((VIEWS,), loss, (chunks,)) if chunks else made.whole((VIEWS,), loss)


class Alive(Mode):
    """Bytes held by the tensors made under it: now, and at most."""

    def __init__(self) -> None:
        super().__init__()
        self._storages: dict[int, tuple[StorageWeakRef, int]] = {}
        self.peak = 0

    def see(self, function: Callable[..., Any], arguments: object, result: object) -> None:
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                storage = tensor.untyped_storage()
                reference = StorageWeakRef(storage)
                self._storages[reference.cdata] = reference, storage.nbytes()
        self.peak = max(self.peak, self.now())

    def now(self) -> int:
        self._storages = {key: kept for key, kept in self._storages.items() if not kept[0].expired()}
        return sum(size for _, size in self._storages.values())


def model(recompute: bool = False) -> nn.Sequential:
    """Encoder and head, every part of which has a gradient: the last gamma of a block is not 0."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = build_encoder(ResNet(name="resnet10", width=0.125), 16)
        head = build_head(HeadConfig(output=16), encoder.width)
    for name, parameter in encoder.named_parameters():
        if name.endswith("bn2.weight"):
            nn.init.ones_(parameter)
    encoder.recompute = recompute
    return nn.Sequential(encoder, head)


def trained(**changes: object) -> Training:
    training = Training(small_config(**changes), random_dataset(), "cpu")
    for _ in range(STEPS):
        training.advance()
    return training


def assert_same(one: Training, other: Training) -> None:
    """Losses, gradients of the last step, weights and batch norm's statistics, to the last bit."""
    assert torch.equal(one.statistics, other.statistics)
    for (name, weight), twin in zip(one.model.named_parameters(), other.model.parameters(), strict=True):
        if weight.requires_grad:
            assert torch.equal(weight.grad, twin.grad), name  # type: ignore[arg-type]
    for name, tensor in one.model.state_dict().items():
        assert torch.equal(tensor, other.model.state_dict()[name]), name


@pytest.mark.parametrize(
    ("changes", "numerics"),
    [
        ({}, BFLOAT16),
        ({"encoder": BOTTLENECK}, FLOAT32),
        ({"loss": SUPERVISED}, FLOAT32),
        ({"batch_norm_chunk": 16}, BFLOAT16),
    ],
    ids=["contrastive", "bottleneck", "supervised", "chunks"],
)
def test_recomputation_changes_no_bit(
    changes: dict[str, object], numerics: Numerics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_module, "fastest_numerics", lambda device, precision: numerics)
    assert_same(trained(**changes), trained(**changes, recompute=True))


def test_recomputation_keeps_what_goes_from_block_to_block() -> None:
    with Alive() as usual:
        h = model()[0](VIEWS)
        kept = usual.now()
    del h
    encoder = model(recompute=True)[0]
    with Alive() as recomputing:
        h = encoder(VIEWS)
        between = 4 * len(VIEWS) * (8 * 16**2 + 8 * 16**2 + 16 * 8**2 + 32 * 4**2)  # the average pool keeps nothing
        assert between <= recomputing.now() <= between + h.nbytes + 1000 < kept / 3


def plain_chunks(net: nn.Sequential, numerics: Numerics) -> Tensor:
    """The oracle: the chunks one after the other, with every activation kept."""
    encoder, head = net
    h = []
    for rows in CHUNKS:
        with numerics.autocast(VIEWS.device):
            h.append(encoder(VIEWS[rows].contiguous(memory_format=numerics.memory_format)))
    with numerics.autocast(VIEWS.device):
        outputs = head(torch.cat(h)[torch.cat(CHUNKS).argsort()])
    loss = LOSS(outputs).loss
    loss.backward()
    return loss


@pytest.mark.parametrize("numerics", [FLOAT32, BFLOAT16], ids=str)
@pytest.mark.parametrize("recompute", [False, True])
def test_chunks_equal_plain_chunks_whose_activations_are_kept(numerics: Numerics, recompute: bool) -> None:
    plain, ours = model(), model(recompute)
    expected = plain_chunks(plain, numerics)
    assert torch.equal(backward(ours, numerics, *CHUNKS).loss, expected)
    for (name, weight), twin in zip(ours.named_parameters(), plain.parameters(), strict=True):
        if weight.requires_grad:
            assert weight.grad is not None, name
            assert twin.grad is not None, name
            assert (weight.grad - twin.grad).norm() < 1e-5 * twin.grad.norm(), name
    for (name, buffer), same in zip(ours.named_buffers(), plain.buffers(), strict=True):
        assert torch.equal(buffer, same), name
    assert [int(ours.state_dict()[key]) for key in ("0.bn1.num_batches_tracked", "1.1.1.num_batches_tracked")] == [3, 1]


def without_batch_norm() -> nn.Sequential:
    net = model()
    net[0].eval()  # running statistics in place of the batch's
    return net


def test_without_batch_norm_chunks_equal_the_whole_batch() -> None:
    whole, chunks = without_batch_norm(), without_batch_norm()
    expected = backward(whole, FLOAT32)
    result = backward(chunks, FLOAT32, *CHUNKS)
    torch.testing.assert_close(result, expected, rtol=1e-6, atol=0)
    for (name, weight), twin in zip(chunks.named_parameters(), whole.named_parameters(), strict=True):
        if weight.requires_grad:
            assert weight.grad is not None, name
            assert (weight.grad - twin[1].grad).norm() < 1e-5 * weight.grad.norm(), name  # type: ignore[operator]


def test_chunks_hold_the_activations_of_one_chunk() -> None:
    peaks = []
    for chunks in ((), random_chunks(VIEWS, 6, generator(0, "chunks"))):
        net = model()
        with Alive() as alive:
            backward(net, FLOAT32, *chunks)
        peaks.append(alive.peak)
    assert peaks[1] < 0.25 * peaks[0]


def test_every_view_is_in_one_chunk_and_with_its_positive_as_often_as_with_any_other() -> None:
    together = torch.zeros(48, 48)
    for step in range(2000):
        chunks = random_chunks(VIEWS, 12, generator(0, "chunks", step))
        assert [len(rows) for rows in chunks] == [12] * 4
        which = torch.empty(48, dtype=torch.int64).index_copy_(0, torch.cat(chunks), torch.arange(48) // 12)
        together += which[:, None] == which
    assert together.diagonal().eq(2000).all()
    positives = together.diagonal(24).mean() / 2000
    assert positives.item() == pytest.approx(11 / 47, abs=0.01)
    assert (together.fill_diagonal_(2000 * 11 / 47) / 2000 - 11 / 47).abs().max() < 0.05


@pytest.mark.parametrize(("changes", "views"), [({}, 32), ({"loss": SUPERVISED}, 16)])
def test_a_training_takes_chunks(changes: dict[str, object], views: int) -> None:
    """The encoder's batch norms count every chunk; chunks as large as the batch or larger are the batch."""
    training, whole = trained(batch_norm_chunk=8, **changes), trained(**changes)
    assert training.encoder.get_buffer("bn1.num_batches_tracked") == STEPS * views // 8
    assert not torch.equal(training.statistics, whole.statistics)
    for size in (views, views + 3):
        assert_same(whole, trained(batch_norm_chunk=size, **changes))


def test_chunks_are_others_in_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Tensor] = []

    def look(*arguments: Any) -> list[Tensor]:
        taken.append(torch.cat(random_chunks(*arguments)))
        return [taken[-1]]

    monkeypatch.setattr(chunks_module, "random_chunks", look)
    trained(batch_norm_chunk=16)
    assert len({tuple(rows.tolist()) for rows in taken}) == STEPS


def test_a_checkpoint_taken_with_recomputation_continues_without_it(tmp_path: Path) -> None:
    def interrupt(epoch: object) -> None:
        raise KeyboardInterrupt

    data, path = random_dataset(), tmp_path / "checkpoint.pt"
    config = small_config(batch_size=32, epochs=2, batch_norm_chunk=32)
    expected = pretrain(config, data, device="cpu")
    with pytest.raises(KeyboardInterrupt):
        recomputing = PretrainConfig.model_validate({**config.model_dump(), "recompute": True})
        pretrain(recomputing, data, device="cpu", checkpoint=path, checkpoint_seconds=0, on_epoch=interrupt)
    assert load_checkpoint(path) is not None
    continued = pretrain(config, data, device="cpu", checkpoint=path)
    assert continued.history[0].loss == expected.history[0].loss
    for name, tensor in continued.encoder.state_dict().items():
        assert torch.equal(tensor, expected.encoder.state_dict()[name]), name


def test_a_pretrained_encoder_forgets_how_it_was_recomputed(tmp_path: Path) -> None:
    pretrained = pretrain(small_config(epochs=0, recompute=True), random_dataset(), device="cpu")
    pretrained.save(tmp_path / "encoder.pt")
    kept = load_pretrained(tmp_path / "encoder.pt", torch.device("cpu"))
    assert kept is not None
    assert kept.config == small_config(epochs=0)


def test_what_does_not_divide_the_views_is_refused_with_what_does() -> None:
    with pytest.raises(ValidationError, match=r"batch_norm_chunk \(3000\) must divide a batch's 8192 .* 2048 or 4096"):
        PretrainConfig(batch_norm_chunk=3000)
    with pytest.raises(ValidationError, match=r"\(3\) must divide a batch's 7 views .* is 7 \["):
        PretrainConfig.model_validate({"batch_norm_chunk": 3, "batch_size": 7, "loss": SUPERVISED})
    with pytest.raises(ValidationError, match="greater than or equal to 2"):
        PretrainConfig(batch_norm_chunk=1)
    assert PretrainConfig(batch_norm_chunk=2048).views == 8192
