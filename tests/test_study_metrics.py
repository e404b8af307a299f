"""The table of metrics is what evaluations leave."""

import runpy

import pytest

from ablations.types.metrics import known_metric, labels, own
from core import HeadConfig, evaluate, pretrain
from core.config import PROTOCOLS, Classifier, Protocol
from helpers import random_dataset, small_config
from reports.cells import metric_names
from reports.cells.metric_names import add_labels, label_of, unit_of

SHORT: dict[str, dict[str, object]] = {
    "frozen": {"l2_count": 1},
    "linear_sgd": {"epochs": 1},
    "finetune": {"epochs": 1},
    "distill": {"epochs": 1, "student_epochs": 1},
    "finetune_transfer": {"steps": 1, "learning_rates": (0.1,), "weight_decays": (0.0,)},
    "transformation": {"epochs": 1},
    "retrieval": {"neighbors": 3},
    "tsne": {"perplexity": 5},
}
"""Settings with which a protocol takes a second on 64 images; another has its defaults."""
UNSUPERVISED = [
    config.model_validate(SHORT.get(name, {}))
    for name, config in zip(PROTOCOLS.names(), PROTOCOLS, strict=True)
    if config is not Classifier
]


@pytest.mark.parametrize("protocol", UNSUPERVISED, ids=lambda protocol: protocol.protocol)
def test_every_metric_of_a_protocol_is_known(protocol: Protocol) -> None:
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


def test_reports_call_metrics_what_their_protocols_and_methods_call_them(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = runpy.run_path(metric_names.__file__)["METRIC_LABELS"]  # without those that other tests added
    monkeypatch.setattr(metric_names, "METRIC_LABELS", {**shipped})
    of_none = {*own(), "pretrain/loss", "pretrain/knn_top1"}  # the last two are of every training
    assert {name: label for name, label in shipped.items() if name not in of_none}.items() <= labels().items()
    add_labels(labels())
    assert label_of("retrieval/precision_at_10") == "retrieved images of the same class (%)"
    assert [unit_of(name) for name in ("retrieval/precision_at_10", "linear_eval/l2", "mine/x")] == [
        "points",
        "",
        "points",
    ]
    assert label_of("mine/x") == "mine/x"
