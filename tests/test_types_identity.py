"""Ids are pinned: whoever changes them retrains everybody's encoders."""

import pytest

from ablations.types.identity import canonical, pretrain_id, trial_id
from core.config import PretrainConfig, TrainConfig


def test_ids_are_pinned() -> None:
    assert pretrain_id(PretrainConfig()) == "f37dc03f569e7122"
    assert trial_id(TrainConfig()) == "c95ac5d44992f98a"
    assert (
        pretrain_id(PretrainConfig.model_validate({"augment": {"policy": "composition"}, "seed": 3}))
        == "f012eef26972eb81"
    )
    for name in ("brightness_form", "color_form"):
        assert pretrain_id(PretrainConfig.model_validate({"augment": {name: "additive"}})) == "e3c194ce22758418"


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"epochs": 99},
        {"loss": {"temperature": 0.2}},
        {"data": {"subset": 1}},
        {"precision": "float32"},
        {"batch_norm_chunk": 2048},
        {"augment": {"color": False}},
        {"optimizer": {"adapt_classifier": False}},
        {"encoder": {"initialisation": "released"}},
        {"augment": {"color_form": "released_v1"}},
        {"augment": {"color_form": "released_v2"}},
    ],
)
def test_every_field_counts(change: dict[str, object]) -> None:
    assert pretrain_id(PretrainConfig.model_validate(change)) != pretrain_id(PretrainConfig())


@pytest.mark.parametrize("change", [{"recompute": True}, {"end_on_collapse": False}])
def test_what_does_not_change_an_encoder_does_not_count(change: dict[str, bool]) -> None:
    config = PretrainConfig.model_validate(change)
    assert pretrain_id(config) == pretrain_id(PretrainConfig())
    assert trial_id(TrainConfig(pretrain=config)) == trial_id(TrainConfig())
    assert not set(change) & set(config.model_dump())


def test_a_head_as_it_always_was_keeps_its_id() -> None:
    old = PretrainConfig.model_validate({"head": {"hidden": None, "hidden_norm": True, "last_norm": "scaled"}})
    assert pretrain_id(old) == pretrain_id(PretrainConfig())
    for change in ({"hidden": 64}, {"hidden_norm": False}, {"last_norm": "plain"}):
        assert pretrain_id(PretrainConfig.model_validate({"head": change})) != pretrain_id(PretrainConfig())


def test_the_evaluation_changes_the_trial_and_not_the_encoder() -> None:
    config = TrainConfig.model_validate({"evaluate": {"neighbors": 20}})
    assert trial_id(config) != trial_id(TrainConfig())
    assert pretrain_id(config.pretrain) == pretrain_id(PretrainConfig())


def test_how_a_value_was_written_does_not_count() -> None:
    written = {"loss": {"temperature": 1}, "augment": {"policy": "custom", "both": ["crop"]}}
    spelled_out = {
        "loss": {"temperature": 1.0},
        "augment": {"policy": "custom", "both": [{"kind": "crop", "area": [0.08, 1]}]},
    }
    assert canonical(PretrainConfig.model_validate(written)) == canonical(PretrainConfig.model_validate(spelled_out))


def test_ids_survive_json() -> None:
    config = TrainConfig.model_validate({"pretrain": {"loss": {"temperature": 0.1 + 0.2}}})
    assert trial_id(TrainConfig.model_validate_json(config.model_dump_json())) == trial_id(config)
