"""The loop: resumable at any step, deaf to the device in between, honest about a loss that is not finite."""

import errno
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from dispatch import NoReadback

from core import DataError, Diverged, encoder_hash, load_pretrained, pretrain
from core.config import OPTIMIZERS
from core.methods.build import build_model
from core.numerics import Numerics
from core.pretraining import loop
from core.pretraining import training as training_module
from core.pretraining.training import Training
from core.trained.checkpoint import load_checkpoint, save_checkpoint
from helpers import random_dataset, small_config

CPU = torch.device("cpu")


def run(training: Training, until: int) -> Training:
    while training.step < until:
        training.advance()
        if training.at_epoch_end:
            training.end_epoch()
    return training


@pytest.mark.parametrize(
    ("step", "optimizer"),
    [
        *((step, "lars") for step in (1, 3, 4, 5, 8, 11)),
        *zip((1, 3, 4, 5, 7, 8, 9, 10, 11), OPTIMIZERS.names()[1:], strict=True),
    ],
)
def test_a_continued_training_is_bit_for_bit_the_uninterrupted_one(tmp_path: Path, step: int, optimizer: str) -> None:
    config, data = small_config(optimizer={"kind": optimizer}), random_dataset()
    whole = run(Training(config, data, "cpu"), 12)
    save_checkpoint(tmp_path / "checkpoint.pt", run(Training(config, data, "cpu"), step).state())
    state = load_checkpoint(tmp_path / "checkpoint.pt")
    assert state is not None
    continued = Training(config, data, "cpu")
    continued.restore(state)
    run(continued, 12)
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, continued.model.state_dict()[name]), name
    losses = [[(e.epoch, e.metrics) for e in t.history] for t in (whole, continued)]
    assert losses[0] == losses[1]


def test_an_interrupted_pretrain_continues_from_its_checkpoint(tmp_path: Path) -> None:
    config, data, path = small_config(), random_dataset(), tmp_path / "checkpoint.pt"
    expected = pretrain(config, data, device="cpu")

    def interrupt(epoch: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pretrain(config, data, device="cpu", checkpoint=path, checkpoint_seconds=0, on_epoch=interrupt)
    state = load_checkpoint(path)
    assert state is not None
    assert state["step"] == 3
    saved: list[int] = []
    continued = pretrain(
        config, data, device="cpu", checkpoint=path, checkpoint_seconds=0, on_checkpoint=lambda h: saved.append(len(h))
    )
    assert encoder_hash(continued.encoder) == encoder_hash(expected.encoder)
    assert saved[-1] == 3
    assert len(saved) == 9


@pytest.mark.parametrize(("takes", "expected"), [(0.125, [3, 6, 9, 12]), (0.5, [3, 8]), (2.0, [3])])
def test_a_checkpoint_that_takes_long_is_written_less_often(
    takes: float, expected: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more than a tenth of the time is spent on it: a step takes a second here, and one is due after three."""
    now, saved, advance = [0.0], list[int](), Training.advance

    def step(training: Training) -> None:
        advance(training)
        now[0] += 1

    def save(path: Path, state: dict[str, Any]) -> None:
        saved.append(state["step"])
        now[0] += takes

    monkeypatch.setattr(Training, "advance", step)
    monkeypatch.setattr(loop, "save_checkpoint", save)
    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=lambda: now[0]))
    checkpoint = tmp_path / "checkpoint.pt"
    pretrain(small_config(), random_dataset(), device="cpu", checkpoint=checkpoint, checkpoint_seconds=3)
    assert saved == expected


def test_a_truncated_checkpoint_is_no_checkpoint(tmp_path: Path) -> None:
    config, data, path = small_config(), random_dataset(), tmp_path / "checkpoint.pt"
    save_checkpoint(path, run(Training(config, data, "cpu"), 5).state())
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:length])
        assert load_checkpoint(path) is None
    path.write_bytes(b"not a checkpoint")
    assert load_checkpoint(path) is None


def test_a_damaged_checkpoint_raises_nothing(tmp_path: Path) -> None:
    """However much of it is there, and whatever the damage is taken for."""
    path, draw = tmp_path / "checkpoint.pt", random.Random(0)
    save_checkpoint(path, run(Training(small_config(), random_dataset(), "cpu"), 5).state())
    whole = path.read_bytes()
    for _ in range(50):
        path.write_bytes(whole[: draw.randrange(len(whole))])
        assert load_checkpoint(path) is None
    directory = whole.rindex(b"PK\x01\x02")
    for place in (*range(0, 2000, 40), *range(directory, len(whole), 3)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        load_checkpoint(path)


def test_a_file_that_may_not_be_opened_is_not_taken_for_a_damaged_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        load_checkpoint(tmp_path / "file" / "checkpoint.pt")


def test_a_disk_that_fails_is_not_taken_for_a_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The training would begin anew, and write over a checkpoint that is whole."""

    def read(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    (tmp_path / "checkpoint.pt").write_bytes(b"whole")
    monkeypatch.setattr(torch, "load", read)
    with pytest.raises(OSError, match="Input/output error"):
        load_checkpoint(tmp_path / "checkpoint.pt")


def test_memory_that_runs_out_is_not_taken_for_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless it would hold more than the file has, which only a damaged file can ask for."""
    (tmp_path / "checkpoint.pt").write_bytes(b"whole" * 100)

    def load(error: Exception) -> Any:
        def fail(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(torch, "load", fail)
        return load_checkpoint(tmp_path / "checkpoint.pt")

    told = "DefaultCPUAllocator: can't allocate memory: you tried to allocate {} bytes. Error code 12"
    with pytest.raises(RuntimeError, match="allocate 400 bytes"):
        load(RuntimeError(told.format(400)))
    with pytest.raises(MemoryError):
        load(MemoryError())
    assert load(RuntimeError(told.format(4000))) is None


def test_a_damaged_checkpoint_is_kept_aside_and_the_training_begins_anew(tmp_path: Path) -> None:
    path, kept, seen = tmp_path / "checkpoint.pt", tmp_path / "checkpoint.pt.damaged", list[object]()
    config, data = small_config(epochs=2), random_dataset(train=16)
    path.write_bytes(b"half")
    pretrain(config, data, device="cpu", checkpoint=path, checkpoint_seconds=0, on_damage=seen.append)
    assert (seen, kept.read_bytes()) == ([kept], b"half")
    assert load_checkpoint(path) is not None
    path.write_bytes(b"other half")
    with pytest.warns(UserWarning, match=r"the checkpoint is damaged, .* it is kept as .*checkpoint.pt.damaged"):
        pretrain(config, data, device="cpu", checkpoint=path)
    assert kept.read_bytes() == b"other half"


def test_what_is_done_between_two_epochs_does_not_count_as_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step takes a second here, and what follows an epoch a thousand: neighbours, reports, a checkpoint."""
    now = [0.0]
    monkeypatch.setattr(training_module, "time", SimpleNamespace(perf_counter=lambda: now[0], time=lambda: now[0]))
    training = Training(small_config(epochs=2), random_dataset(), "cpu")
    while not training.finished:
        training.advance()
        now[0] += 1
        if training.at_epoch_end:
            training.end_epoch()
            now[0] += 1000
    assert [epoch.images_per_second for epoch in training.history] == [16, 16]


def test_a_checkpoint_of_another_configuration_is_refused(tmp_path: Path) -> None:
    data, path = random_dataset(), tmp_path / "checkpoint.pt"
    save_checkpoint(path, run(Training(small_config(), data, "cpu"), 5).state())
    with pytest.raises(ValueError, match=r"checkpoint.pt is the checkpoint of another configuration; delete it"):
        pretrain(small_config(seed=1), data, device="cpu", checkpoint=path)


def test_a_checkpoint_of_a_version_without_an_optional_field_continues(tmp_path: Path) -> None:
    state = run(Training(small_config(), random_dataset(), "cpu"), 5).state()
    assert "batch_norm_chunk" not in state["config"]
    save_checkpoint(tmp_path / "checkpoint.pt", state)
    steps = pretrain(small_config(), random_dataset(), device="cpu", checkpoint=tmp_path / "checkpoint.pt").history
    assert len(steps) == 3
    with pytest.raises(ValueError, match="the checkpoint of another configuration"):
        other = small_config(batch_norm_chunk=8)
        pretrain(other, random_dataset(), device="cpu", checkpoint=tmp_path / "checkpoint.pt")


def test_a_checkpoint_of_other_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, run(Training(small_config(), random_dataset(train=64), "cpu"), 5).state())
    with pytest.raises(DataError, match=r"a training on 64 images, but random now has 60 .* delete the checkpoint"):
        pretrain(small_config(), random_dataset(train=60), device="cpu", checkpoint=path)


@pytest.mark.parametrize("step", [3, 8])
def test_a_continued_training_computes_as_it_began(tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In bfloat16 and channels_last, although the machine that continues it would choose otherwise."""
    began, other = Numerics("bfloat16", channels_last=True), Numerics("float32", channels_last=False)
    config, data = small_config(precision="auto"), random_dataset()
    monkeypatch.setattr(training_module, "fastest_numerics", lambda device, precision: began)
    whole = run(Training(config, data, "cpu"), 12)
    save_checkpoint(tmp_path / "checkpoint.pt", run(Training(config, data, "cpu"), step).state())
    monkeypatch.setattr(training_module, "fastest_numerics", lambda device, precision: other)
    continued = Training(config, data, "cpu")
    assert continued.numerics == other
    continued.restore(load_checkpoint(tmp_path / "checkpoint.pt") or {})
    run(continued, 12)
    assert continued.result().numerics == began
    assert continued.encoder.get_parameter("conv1.weight").is_contiguous(memory_format=torch.channels_last)
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, continued.model.state_dict()[name]), name


def test_seeds_change_the_encoder_and_nothing_else_does() -> None:
    data = random_dataset()
    hashes = [encoder_hash(pretrain(small_config(seed=s), data, device="cpu").encoder) for s in (0, 0, 1)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_global_random_state_is_left_alone(tmp_path: Path) -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    pretrain(small_config(), random_dataset(), device="cpu").save(tmp_path / "encoder.pt")
    assert load_pretrained(tmp_path / "encoder.pt", CPU) is not None
    assert torch.equal(torch.rand(3), expected)


def test_a_model_is_made_without_seeding_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    seeded: list[int] = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    first, second = (build_model(small_config(seed=seed), classes=4)[0] for seed in (0, 1))
    assert seeded == []
    assert encoder_hash(first) != encoder_hash(second)


def test_training_learns_to_tell_images_apart() -> None:
    data = random_dataset(train=64)
    config = small_config(
        epochs=12,
        augment={"blur": False, "strength": 0.2, "crop_area": [0.8, 1.0]},
        loss={"temperature": 0.2},
        optimizer={"kind": "sgd", "learning_rate": 1.0},
    )
    history = pretrain(config, data, device="cpu").history
    assert [epoch.epoch for epoch in history] == list(range(1, 13))
    assert history[-1].loss < history[0].loss - 0.5
    assert history[-1].metrics["contrastive_top1"] > history[0].metrics["contrastive_top1"]


def test_zero_epochs_leave_the_initialisation() -> None:
    result = pretrain(small_config(epochs=0, batch_size=1000), random_dataset(), device="cpu")
    assert result.history == []
    assert encoder_hash(result.encoder) == encoder_hash(Training(small_config(), random_dataset(), "cpu").encoder)


def test_a_pretrained_encoder_is_kept_whole(tmp_path: Path) -> None:
    result = pretrain(small_config(), random_dataset(), device="cpu")
    result.save(tmp_path / "encoder.pt")
    loaded = load_pretrained(tmp_path / "encoder.pt", CPU)
    assert loaded is not None
    assert encoder_hash(loaded.encoder) == encoder_hash(result.encoder)
    assert (loaded.config, loaded.history, loaded.numerics) == (result.config, result.history, result.numerics)


def test_a_loss_that_is_not_finite_ends_the_run_with_its_step() -> None:
    config = small_config(optimizer={"kind": "sgd", "learning_rate": 1e30}, loss={"normalize": False})
    with pytest.raises(Diverged, match=r"the loss is (nan|inf) at step \d+ of 12 \(epoch \d, learning rate .*; try"):
        pretrain(config, random_dataset(), device="cpu")


def test_a_diverged_state_is_never_kept(tmp_path: Path) -> None:
    config = small_config(optimizer={"kind": "sgd", "learning_rate": 1e30}, loss={"normalize": False})
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(Diverged):
        pretrain(config, random_dataset(), device="cpu", checkpoint=path, checkpoint_seconds=0)
    state = load_checkpoint(path)
    assert state is None or all(t.isfinite().all() for t in (state["encoder"] | state["method"]).values())


WEIGHTS_FIRST = small_config(
    optimizer={"kind": "sgd", "learning_rate": 1e38}, loss={"normalize": False}, schedule={"warmup_epochs": 0}
)
"""The first step makes the weights infinite, by a loss that is finite."""


def test_weights_that_are_not_finite_are_never_kept() -> None:
    training = run(Training(WEIGHTS_FIRST, random_dataset(), "cpu"), 1)
    assert training.statistics[0].isfinite().all()
    with pytest.raises(Diverged, match=r"a weight is no longer finite at step 0 of 12 \(epoch 1, .* 6.25e\+36\); try"):
        training.state()


def test_the_last_step_is_checked_too() -> None:
    one_step = WEIGHTS_FIRST.model_copy(update={"epochs": 1, "batch_size": 64})
    with pytest.raises(Diverged, match=r"a weight is no longer finite at step 0 of 1 "):
        pretrain(one_step, random_dataset(), device="cpu")


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with pytest.raises(DataError, match="batch_size is 100, but random has 64 training images"):
        pretrain(small_config(batch_size=100), random_dataset(), device="cpu")


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": {"kind": "lars"}},
        {"optimizer": {"kind": "sgd"}},
        {"batch_norm_chunk": 8},
        {"recompute": True},
    ],
    ids=str,
)
def test_a_step_reads_nothing_back_from_the_device(changes: dict[str, object]) -> None:
    training = Training(small_config(**changes), random_dataset(), "cpu")
    with NoReadback():
        for _ in range(5):
            training.advance()
        with pytest.raises(AssertionError, match="waits for the device"):
            torch.ones(1).item()
