"""Registries: parts from outside the project are validated, described, trained with and taken out again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from own_parts import Halves, Norms, OnlyVignette, Pull, Sign, Tiny, Vignette, own_parts, vignette
from pydantic import ValidationError

from ablations.planning.grid import enumerate_trials
from ablations.study.load import load_study
from ablations.study.schema.settings_schema import definitions, settings_tree
from ablations.types.metrics import known_metric
from core import DataConfig, Frozen, PretrainConfig, TrainConfig, evaluate, load_data, load_pretrained, pretrain
from core.augment.policy import two_views
from core.config import LOSSES, METHODS, OPERATIONS, CustomAugment, NtXent, OperationConfig, OptimizerConfig
from core.config.registry import parts_of
from core.cost import encoder_cost, training_flops
from core.data.sources.find import data_size
from core.encoder.build import build_encoder
from core.pretraining.training import Training
from core.randomness import generator
from helpers import random_dataset, random_images, small_config

OWN: dict[str, object] = {
    "augment": {"policy": "own_only_vignette", "amount": 0.8},
    "encoder": {"kind": "own_tiny", "channels": 6},
    "loss": {"kind": "own_pull", "strength": 2.0},
    "optimizer": {"kind": "own_sign", "learning_rate": 0.1},
    "schedule": {"kind": "own_halves", "parts": 3, "warmup_epochs": 0},
}


@pytest.fixture
def registered() -> Iterator[None]:
    with own_parts():
        yield


@pytest.mark.usefixtures("registered")
def test_parts_from_outside_are_trained_scored_and_kept(tmp_path: Path) -> None:
    config = small_config(**OWN)
    kinds = (OnlyVignette, Tiny, Pull, Sign, Halves)
    assert tuple(type(part) for part in (config.augment, config.encoder, config.loss, *_rest(config))) == kinds
    result = pretrain(config, random_dataset(), device="cpu")
    result.save(tmp_path / "encoder.pt")
    kept = load_pretrained(tmp_path / "encoder.pt", torch.device("cpu"))
    assert kept is not None
    assert kept.config == config
    assert set(result.history[-1].metrics) == {"loss", "entropy", "contrastive_top1"}
    assert -2 <= result.history[-1].loss < result.history[0].loss
    stages = kept.encoder.stages(torch.rand(2, 3, 16, 16))
    assert {name: tuple(tensor.shape) for name, tensor in stages.items()} == {"stage1": (2, 4), "stage2": (2, 6)}
    assert evaluate(Norms(), kept, random_dataset()).metrics["own_norms/mean"] > 0
    assert known_metric("own_norms/mean") == "own_norms/mean"


def _rest(config: PretrainConfig) -> tuple[object, object]:
    return config.optimizer, config.schedule


@pytest.mark.usefixtures("registered")
def test_a_schedule_from_outside_sets_the_rate() -> None:
    made = Training(
        small_config(schedule={"kind": "own_halves", "parts": 3, "warmup_epochs": 1}), random_dataset(), "cpu"
    )
    rates = [made.rate(step) / made.rate.peak for step in range(12)]
    assert rates == [0, 0.25, 0.5, 0.75, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]


@pytest.mark.usefixtures("registered")
def test_an_operation_from_outside_stands_among_the_others() -> None:
    policy = CustomAugment.model_validate({"both": ["own_vignette", {"kind": "own_vignette", "amount": 1.0}, "flip"]})
    assert policy.both[1] == Vignette(amount=1.0)
    images = torch.full((4, 3, 16, 16), 255, dtype=torch.uint8)
    views = two_views(images, policy, generator(0, "views"))
    assert views[:, :, 8, 8].min() > 0.9 > views[:, :, 0, 0].max()
    assert torch.equal(views, two_views(images, policy, generator(0, "views")))
    assert OPERATIONS.code(policy.both[0]) is vignette


@pytest.mark.usefixtures("registered")
def test_a_data_set_and_a_metric_from_outside_are_scored_by() -> None:
    config = DataConfig(name="own_stripes", image_size=16, subset=20)
    data = load_data(config)
    assert (len(data.train), data.train.labels.bincount().tolist()) == (20, [10, 10])
    assert data_size(config, Path("nowhere")).train == 20
    pretrained = pretrain(small_config(epochs=0), data, device="cpu")
    named = evaluate(Frozen.model_validate({"l2_count": 1, "metric": "own_first_class"}), pretrained, data).metrics
    assert 0 <= named["linear_eval/own_first_class"] <= 100
    assert known_metric("linear_eval/own_first_class")
    with pytest.raises(ValidationError, match=r"'top1', 'mean_per_class', 'map_11' or 'own_first_class'"):
        Frozen.model_validate({"metric": "second_class"})


@pytest.mark.usefixtures("registered")
def test_the_cost_of_an_encoder_from_outside_is_counted() -> None:
    config = small_config(encoder={"kind": "own_tiny", "channels": 6})
    first, second = 4 * 3 * 9, 6 * 4 * 9
    cost = encoder_cost(config.encoder, 16)
    assert (cost.parameters, cost.activations) == (first + second, 4 * 8**2 + 6 * 4**2)
    assert cost.flops == 2 * (first * 8**2 + second * 4**2)
    assert training_flops(config) == 6 * cost.flops


@pytest.mark.usefixtures("registered")
def test_an_encoder_that_is_not_what_its_configuration_says_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tiny, "output", 7)
    with pytest.raises(ValueError, match=r"encoder\.kind own_tiny: .* says that h has 7 features, its module 8"):
        build_encoder(Tiny(), 16)


@pytest.mark.usefixtures("registered")
def test_parts_from_outside_are_in_schema_and_settings() -> None:
    models = definitions()
    assert models["Vignette"]["description"] == "Darkens towards the corners."
    tree = dict(settings_tree(models).below())
    assert tree["loss.strength"].values["own_pull"]["description"] == "Factor of the loss."
    assert {"own_vignette", "crop"} <= set(models["CustomAugment"]["properties"]["both"]["items"]["anyOf"][0]["enum"])
    assert tree["encoder"].models[:1] + tree["encoder"].models[-1:] == ["ResNet", "Tiny"]


STUDY = """\
name: own
base:
  data: {name: random, image_size: 16}
  encoder: {kind: own_tiny}
  epochs: 0
grid:
  loss: [{kind: own_pull}, {kind: own_pull, strength: %s}]
"""


@pytest.mark.usefixtures("registered")
def test_a_study_sweeps_them_and_its_errors_name_place_and_remedy() -> None:
    Path("own.yaml").write_text(STUDY % "2.0")
    trials = enumerate_trials(load_study("own.yaml", "quick"))
    assert [trial.config.pretrain.loss for trial in trials] == [Pull(), Pull(strength=2.0)]
    assert len({trial.id for trial in trials}) == 2
    Path("own.yaml").write_text(STUDY % "-1")
    with pytest.raises(Exception, match=r"own.yaml:7:\d+: .*strength: .*greater than 0, not -1"):
        enumerate_trials(load_study("own.yaml", "quick"))
    Path("own.yaml").write_text((STUDY % "2.0").replace("strength", "strenght"))
    with pytest.raises(Exception, match=r"there is no such field; did you mean 'strength'\?"):
        enumerate_trials(load_study("own.yaml", "quick"))
    Path("own.yaml").write_text((STUDY % "2.0").replace("{kind: own_pull}", "{kind: own_pul}"))
    with pytest.raises(Exception, match=r"'own_pul' is not known; did you mean 'own_pull'\?"):
        enumerate_trials(load_study("own.yaml", "quick"))


def test_what_was_taken_out_is_unknown_again() -> None:
    before = TrainConfig.model_json_schema()
    with own_parts():
        assert TrainConfig.model_json_schema() != before
    assert TrainConfig.model_json_schema() == before
    for path, values in OWN.items():
        with pytest.raises(ValidationError):
            small_config(**{path: values})
    with pytest.raises(ValidationError, match="'top1', 'mean_per_class' or 'map_11'"):
        Frozen.model_validate({"metric": "own_first_class"})


def test_a_registry_lists_its_default_first() -> None:
    assert METHODS.names()[0] == "nt_xent"
    assert parts_of(OptimizerConfig)[0].__name__ == "Lars"
    assert parts_of(NtXent) == [NtXent]


class Nameless(OperationConfig):
    """Its tag says nothing."""


class Flop(OperationConfig):
    """Its tag is another's."""

    kind: Literal["flip"] = "flip"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            Nameless,
            r'cannot register \w+.Nameless as operation: it needs a field kind: Literal\["its_name"\]',
        ),
        (Flop, r"operation 'flip' exists already \(core\.config\.operations\.Flip\); give yours another name"),
        (NtXent, "cannot register NtXent as operation: it is not a subclass of OperationConfig"),
    ],
)
def test_what_cannot_be_registered_is_refused(config: Any, message: str) -> None:
    names = OPERATIONS.names()
    with pytest.raises(ValueError, match=message):
        OPERATIONS.register(config, vignette)
    assert OPERATIONS.names() == names


def test_a_contrastive_loss_is_a_method_too() -> None:
    assert NtXent in LOSSES
    assert NtXent in METHODS
    assert METHODS.code(NtXent).__name__ == "SimCLR"


def test_a_tag_that_came_later_is_in_no_dump_at_its_old_meaning() -> None:
    dumped = PretrainConfig().model_dump(mode="json")
    assert "kind" not in dumped["encoder"]
    assert "kind" not in dumped["schedule"]
    assert dumped["optimizer"]["kind"] == "lars"
    assert PretrainConfig.model_validate(dumped) == PretrainConfig()
    with own_parts():
        kept = small_config(encoder={"kind": "own_tiny"}).model_dump(mode="json")["encoder"]
        assert kept == {"kind": "own_tiny", "channels": 8}


@pytest.mark.usefixtures("registered")
def test_views_of_an_operation_from_outside_are_drawn_for_each_sample() -> None:
    copies = random_images(1, 16).expand(32, -1, -1, -1)
    views = two_views(copies, CustomAugment(first=(Vignette(),)), generator(0, "views"))[:32]
    assert len(torch.unique(views.flatten(1), dim=0)) == 32
