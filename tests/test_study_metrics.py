"""The table of metrics is what evaluations leave."""

import pytest

from ablations.types.metrics import known_metric
from core import HeadConfig, evaluate, pretrain
from core.config import (
    Classifier,
    ColourHistograms,
    EvaluateConfig,
    ExampleViews,
    FineTune,
    FineTuneTransfer,
    Frozen,
    LinearSgd,
    Retrieval,
    Spectrum,
    TransformationProbe,
    Tsne,
)
from helpers import random_dataset, small_config

PROTOCOLS = [
    Frozen(l2_count=1),
    LinearSgd(epochs=1),
    FineTune(epochs=1),
    FineTuneTransfer(steps=1, learning_rates=(0.1,), weight_decays=(0.0,)),
    TransformationProbe(epochs=1),
    Retrieval(neighbors=3),
    Spectrum(),
    Tsne(perplexity=5),
    ExampleViews(),
    ColourHistograms(),
]


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.protocol)
def test_every_metric_of_a_protocol_is_known(protocol: EvaluateConfig) -> None:
    data = random_dataset()
    config = small_config(epochs=0, head=HeadConfig(kind="linear", output=64))
    for name in evaluate(protocol, pretrain(config, data, device="cpu"), data).metrics:
        assert known_metric(name) == name


def test_the_supervised_classifiers_are_known_too() -> None:
    data = random_dataset()
    pretrained = pretrain(small_config(epochs=0, loss={"kind": "cross_entropy"}), data, device="cpu")
    assert [known_metric(name) for name in evaluate(Classifier(), pretrained, data).metrics]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("accuracy", "known are top1, top5, score, linear_eval/, knn/"),
        ("linear_eval/top2", r"did you mean .linear_eval/top5.\?"),
        ("retrieval/precision_at_x", "precision_at_<k>"),
    ],
)
def test_what_no_trial_leaves_is_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        known_metric(name)
