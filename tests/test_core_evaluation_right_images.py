"""Each classification protocol says which test images are right, and hold-outs have a seed of their own."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from image_folders import make_folder

from core import EvaluateConfig, Frozen, Pretrained, TrainConfig, evaluate, load_data, pretrain
from core.config import Classifier, DataConfig, Distill, FineTune, FineTuneTransfer, LinearSgd
from core.data.dataset import Dataset, Split
from core.data.subset import stratified_part
from core.evaluation import linear
from core.evaluation.protocols import finetune_transfer
from helpers import coloured, random_dataset, small_config

DATA = Dataset("coloured", ("a", "b", "c", "d"), coloured(64, seed=0), coloured(42, seed=1))
QUICK: dict[str, EvaluateConfig] = {
    "linear_eval/top1": Frozen(l2_count=2, neighbors=5),
    "linear_eval/top5": Frozen(l2_count=2, neighbors=5),
    "knn/top1": Frozen(l2_count=2, neighbors=5),
    "linear_sgd/top1": LinearSgd(epochs=1, batch_size=16),
    "finetune/top1": FineTune(epochs=1, batch_size=16),
    "distill/top1": Distill(epochs=1, batch_size=16, student_epochs=1, student_batch_size=16),
    "distill/teacher_top1": Distill(epochs=1, batch_size=16, students=()),
    "finetune_transfer/top1": FineTuneTransfer(steps=2, batch_size=16, learning_rates=(0.1,), weight_decays=(0.0,)),
    "classifier/top1": Classifier(),
}


@pytest.fixture(scope="module")
def pretrained() -> Pretrained:
    return pretrain(small_config(epochs=2, loss={"kind": "cross_entropy"}), DATA, device="cpu")


@pytest.mark.parametrize("metric", QUICK)
def test_the_metric_is_the_share_of_images_that_are_right(metric: str, pretrained: Pretrained) -> None:
    """The images have an order: some of them are the same ones alone."""
    scores = evaluate(QUICK[metric], pretrained, DATA)
    right = scores.right[metric]
    assert (right.dtype, right.shape, scores.images) == (torch.bool, (42,), 42)
    assert scores.metrics[metric] == pytest.approx(100 * right.double().mean().item(), abs=1e-4)
    part = replace(DATA, test=DATA.test[torch.arange(0, 42, 3)])
    assert torch.equal(evaluate(QUICK[metric], pretrained, part).right[metric], right[::3])


def test_images_without_a_label_are_left_out() -> None:
    labels = torch.where(torch.arange(42) < 2, -1, DATA.test.labels)
    pretrained = pretrain(small_config(epochs=0), DATA, device="cpu")
    scores = evaluate(Frozen(l2_count=1), pretrained, replace(DATA, test=Split(DATA.test.images, labels)))
    assert scores.images == len(scores.right["knn/top1"]) == 40


def test_other_metrics_say_only_how_many_images_there_are() -> None:
    pretrained = pretrain(small_config(epochs=0), DATA, device="cpu")
    config = FineTuneTransfer(
        metric="mean_per_class", steps=1, batch_size=16, learning_rates=(0.1,), weight_decays=(0.0,)
    )
    scores = evaluate(config, pretrained, DATA)
    assert (scores.right, scores.images) == ({}, 42)
    several = Split(DATA.test.images, torch.nn.functional.one_hot(DATA.test.labels))
    data = replace(DATA, test=several, train=Split(DATA.train.images, torch.nn.functional.one_hot(DATA.train.labels)))
    scores = evaluate(Frozen(l2_count=1), pretrained, data)
    assert (scores.right, scores.images) == ({}, 42)


def test_streamed_images_are_right_in_the_same_order(tmp_path: Path) -> None:
    make_folder(tmp_path / "photos", train=8, test=7)
    config = DataConfig(name="photos", image_size=16)
    held, streamed = (load_data(config, tmp_path, stream=stream) for stream in (False, True))
    pretrained = pretrain(small_config(epochs=0, batch_size=4), held, device="cpu")
    for each in (Frozen(l2_count=1, neighbors=1), LinearSgd(epochs=1, batch_size=4)):
        one, other = (evaluate(each, pretrained, data).right for data in (held, streamed))
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) for name in one)
        assert any(0 < int(bits.sum()) < len(bits) for bits in one.values())


def test_the_seed_of_the_hold_out_chooses_its_images(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[int]] = []

    def spy(labels: torch.Tensor, share: float, draws: torch.Generator) -> torch.Tensor:
        seen.append(stratified_part(labels, share, draws).tolist())
        return torch.tensor(seen[-1])

    monkeypatch.setattr(linear, "stratified_part", spy)
    monkeypatch.setattr(finetune_transfer, "stratified_part", spy)
    monkeypatch.setattr(finetune_transfer, "train", lambda *arguments: None)
    data = random_dataset()
    pretrained = pretrain(small_config(epochs=0, seed=5), data, device="cpu")
    for seed in (0, 1, 1):
        evaluate(Frozen(l2_count=2, holdout_seed=seed), pretrained, data)
    assert seen[0] != seen[1] == seen[2]
    grid = FineTuneTransfer(steps=1, batch_size=16, learning_rates=(0.1, 0.2), weight_decays=(0.0,))
    for own in (None, 5, 6):
        evaluate(grid.model_copy(update={"holdout_seed": own}), pretrained, data)
    assert seen[3] == seen[4] != seen[5]


def test_a_hold_out_of_seed_0_is_the_old_one() -> None:
    old, same, other = (
        TrainConfig.model_validate({"evaluate": evaluate})
        for evaluate in ({}, {"holdout_seed": 0}, {"holdout_seed": 1})
    )
    assert old.model_dump() == same.model_dump() != other.model_dump()
    assert "holdout_seed" not in old.model_dump(mode="json")["evaluate"]
