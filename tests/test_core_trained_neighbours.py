"""An encoder looked at while it is trained: by its neighbours, and without being changed."""

from pathlib import Path

import numpy as np
import torch
from sklearn.neighbors import KNeighborsClassifier

from core import Pretrained, pretrain
from core.data.dataset import Dataset
from core.data.subset import balanced_subset
from core.history import Epoch
from core.randomness import generator
from core.trained.checkpoint import load_checkpoint
from core.trained.training_knn import NEIGHBORS, training_knn
from helpers import coloured, knowing, pixels, random_dataset, small_config


def trained(data: Dataset, **options: object) -> Pretrained:
    return pretrain(small_config(), data, device="cpu", **options)  # type: ignore[arg-type]


def test_it_is_the_vote_of_one_half_of_the_images_on_the_other() -> None:
    split = coloured(200, 0)
    data = Dataset("coloured", ("a", "b", "c", "d"), split, split)
    untrained = pretrain(small_config(epochs=0), data, device="cpu")
    looked_at = knowing(untrained, lambda views: views[:, :2, 0, 0])  # red and green of a pixel: not enough
    features = pixels(split)[:, :2, 0, 0].float() / 255
    draw = generator(0, "training_knn")
    order = balanced_subset(split.labels, 200, draw)[torch.randperm(200, generator=draw)]
    known, asked = order[::2], order[1::2]
    oracle = KNeighborsClassifier(NEIGHBORS, metric="cosine", weights=lambda distance: np.exp(-distance / 0.1))
    oracle.fit(features[known].numpy(), split.labels[known].numpy())
    expected = 100 * oracle.score(features[asked].numpy(), split.labels[asked].numpy())
    assert 30 < expected < 90  # neither chance nor certainty
    assert abs(training_knn(looked_at, data) - expected) < 1e-4


def test_looking_changes_no_weight_and_leaves_a_checkpoint(tmp_path: Path) -> None:
    data, path = random_dataset(), tmp_path / "checkpoint.pt"
    safe: list[int] = []

    def on_checkpoint(history: list[Epoch]) -> None:
        state = load_checkpoint(path)
        assert state is not None
        assert state["history"][-1]["metrics"]["knn_top1"] == history[-1].knn_top1 is not None
        safe.append(history[-1].epoch)

    watched = trained(data, checkpoint=path, judged=(1, 2), on_checkpoint=on_checkpoint)
    plain = trained(data)
    assert safe == [1, 2]
    assert [epoch.knn_top1 is None for epoch in watched.history] == [False, False, True]
    assert [epoch.loss for epoch in watched.history] == [epoch.loss for epoch in plain.history]
    for name, tensor in plain.encoder.state_dict().items():
        assert torch.equal(tensor, watched.encoder.state_dict()[name]), name
