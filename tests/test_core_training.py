"""The loop: resumable at any step, deaf to the device in between, honest about a loss that is not finite."""

from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from core import DataError, Diverged, encoder_hash, load_pretrained, pretrain
from core.pretraining.checkpoint import load_checkpoint, save_checkpoint
from core.pretraining.training import Training
from helpers import random_dataset, small_config

CPU = torch.device("cpu")


def run(training: Training, until: int) -> Training:
    while training.step < until:
        training.advance()
        if training.at_epoch_end:
            training.end_epoch()
    return training


@pytest.mark.parametrize("optimizer", [{"kind": "lars"}, {"kind": "sgd"}])
@pytest.mark.parametrize("step", [1, 3, 4, 5, 8, 11])
def test_a_continued_training_is_bit_for_bit_the_uninterrupted_one(
    tmp_path: Path, step: int, optimizer: dict[str, str]
) -> None:
    config, data = small_config(optimizer=optimizer), random_dataset()
    whole = run(Training(config, data, "cpu"), 12)
    save_checkpoint(tmp_path / "checkpoint.pt", run(Training(config, data, "cpu"), step).state())
    state = load_checkpoint(tmp_path / "checkpoint.pt")
    assert state is not None
    continued = Training(config, data, "cpu")
    continued.restore(state)
    run(continued, 12)
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, continued.model.state_dict()[name]), name
    losses = [[(e.epoch, e.loss, e.entropy, e.contrastive_top1) for e in t.history] for t in (whole, continued)]
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


def test_a_truncated_checkpoint_is_no_checkpoint(tmp_path: Path) -> None:
    config, data, path = small_config(), random_dataset(), tmp_path / "checkpoint.pt"
    save_checkpoint(path, run(Training(config, data, "cpu"), 5).state())
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:length])
        assert load_checkpoint(path) is None
    path.write_bytes(b"not a checkpoint")
    assert load_checkpoint(path) is None


def test_seeds_change_the_encoder_and_nothing_else_does() -> None:
    data = random_dataset()
    hashes = [encoder_hash(pretrain(small_config(seed=s), data, device="cpu").encoder) for s in (0, 0, 1)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_global_random_state_is_left_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    pretrain(small_config(), random_dataset(), device="cpu")
    assert torch.equal(torch.rand(3), expected)


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
    assert history[-1].contrastive_top1 > history[0].contrastive_top1


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
    assert state is None or all(t.isfinite().all() for t in state["model"].values())


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with pytest.raises(DataError, match="batch_size is 100, but random has 64 training images"):
        pretrain(small_config(batch_size=100), random_dataset(), device="cpu")


class NoReadback(TorchDispatchMode):
    """Fails where a value is read back from the device into Python."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        assert function is not torch.ops.aten._local_scalar_dense.default, "the loop waits for the device"
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("optimizer", [{"kind": "lars"}, {"kind": "sgd"}])
def test_a_step_reads_nothing_back_from_the_device(optimizer: dict[str, str]) -> None:
    training = Training(small_config(optimizer=optimizer), random_dataset(), "cpu")
    with NoReadback():
        for _ in range(5):
            training.advance()
        with pytest.raises(AssertionError, match="waits for the device"):
            torch.ones(1).item()
