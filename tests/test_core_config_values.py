"""Defaults are the paper's; nothing unknown or of the wrong type gets in."""

import math
from operator import attrgetter

import pytest
from pydantic import ValidationError

from core.config import CustomAugment, Jitter, PretrainConfig, SimclrAugment, TrainConfig
from core.config.base import whole
from core.config.operations import ColorForm


def test_defaults_are_the_papers_section_2_3() -> None:
    config = PretrainConfig()
    assert (config.data.name, config.data.image_size) == ("imagenet", 224)
    assert attrgetter("name", "width")(config.encoder) == ("resnet50", 1.0)
    assert (config.head.kind, config.head.output) == ("nonlinear", 128)
    assert (config.optimizer.kind, config.optimizer.learning_rate) == ("lars", 0.3)
    assert attrgetter("momentum", "weight_decay")(config.optimizer) == (0.9, 1e-6)
    assert (config.schedule.warmup_epochs, config.epochs, config.batch_size) == (10, 100, 4096)
    assert attrgetter("policy", "strength", "crop_area")(config.augment) == ("simclr", 1.0, (0.08, 1.0))
    assert attrgetter("flip", "blur")(config.augment) == (True, True)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"epochs": "10"}, "epochs"),
        ({"epochs": True}, "epochs"),
        ({"epochs": 1.5}, "epochs"),
        ({"epoch": 10}, "epoch"),
        ({"seed": -1}, "seed"),
        ({"loss": {"temperature": 0}}, "temperature"),
        ({"loss": {"temperature": math.nan}}, "temperature"),
        ({"loss": {"temperature": math.inf}}, "temperature"),
        ({"data": {"subset": 1.5}}, "subset"),
        ({"data": {"subset": 0}}, "subset"),
        ({"data": {"name": "../secrets"}}, "name"),
        ({"augment": {"policy": "composition", "first": "cuttout"}}, "first"),
        ({"augment": {"policy": "simclr", "first": "crop"}}, "first"),
        ({"augment": {"crop_area": [0.5, 0.1]}}, "crop_area"),
        ({"augment": {"crop_area": [0.5, 1.1]}}, "a crop covers at most the whole image, an area of 1, not 1.1"),
        ({"augment": {"policy": "composition", "crop_area": [0.5, 1.1]}}, "crop_area"),
        ({"augment": {"policy": "custom", "both": [{"kind": "crop", "area": [0.5, 2]}]}}, "area"),
        ({"augment": {"policy": "auto_augment", "searched_on": "svhn"}}, "searched_on"),
        ({"augment": {"also": ["rotation"]}}, "also"),
        ({"augment": {"policy": "custom", "both": [{"kind": "flip", "probability": 2.0}]}}, "probability"),
        ({"optimizer": {"kind": "sgd", "trust_coefficient": 0.1}}, "trust_coefficient"),
        ({"epochs": 5, "schedule": {"warmup_epochs": 5}}, "warmup_epochs"),
    ],
)
def test_what_is_wrong_is_refused_and_named(values: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TrainConfig.model_validate({"pretrain": values})
    assert field in str(caught.value)


def test_a_policy_and_an_optimiser_have_a_default_kind() -> None:
    config = PretrainConfig.model_validate({"augment": {"strength": 0.5}, "optimizer": {"learning_rate": 1.0}})
    assert config.augment.policy == "simclr"
    assert config.optimizer.kind == "lars"


def test_operations_may_be_given_by_name() -> None:
    config = PretrainConfig.model_validate({"augment": {"policy": "custom", "both": ["crop", {"kind": "blur"}]}})
    assert [operation.kind for operation in attrgetter("both")(config.augment)] == ["crop", "blur"]


def test_what_is_added_to_the_policy_is_given_by_name() -> None:
    config = PretrainConfig.model_validate({"augment": {"also": ["rotate", "noise"]}})
    assert attrgetter("also")(config.augment) == ("rotate", "noise")
    assert TrainConfig.model_validate_json(TrainConfig(pretrain=config).model_dump_json()).pretrain == config


def test_a_configuration_survives_json() -> None:
    config = TrainConfig.model_validate({"pretrain": {"augment": {"policy": "custom", "both": ["crop", "noise"]}}})
    assert TrainConfig.model_validate_json(config.model_dump_json()) == config


def test_configurations_are_frozen() -> None:
    with pytest.raises(ValidationError):
        PretrainConfig().epochs = 5


@pytest.mark.parametrize(("older", "today"), [("multiplicative", "torchvision"), ("additive", "additive")])
def test_a_renamed_field_is_read_under_its_older_name_and_written_under_it(older: str, today: ColorForm) -> None:
    """Whether it is a policy's or an operation's; files and ids of an older version stay what they are."""
    for read in (SimclrAugment, Jitter):
        config = read.model_validate({"brightness_form": older})
        assert config == read(color_form=today)
        dumped = config.model_dump(mode="json")
        assert (dumped["brightness_form"], "color_form" in dumped) == (older, False)
        assert read.model_validate_json(config.model_dump_json()) == read.model_validate(dumped) == config
        assert whole(config)["color_form"] == today
    custom = CustomAugment.model_validate({"both": ["crop", {"kind": "jitter", "brightness_form": older}]})
    assert custom.both[1] == Jitter(color_form=today)
    assert custom.model_dump(mode="json")["both"][1]["brightness_form"] == older


def test_a_value_that_was_added_to_a_renamed_field_is_written_under_its_name_of_today() -> None:
    dumped = SimclrAugment(color_form="released_v1").model_dump(mode="json")
    assert (dumped["color_form"], "brightness_form" in dumped) == ("released_v1", False)


def test_both_names_of_a_renamed_field_at_once_are_refused() -> None:
    with pytest.raises(ValidationError, match="older name of color_form, and both are given; keep color_form"):
        SimclrAugment.model_validate({"brightness_form": "additive", "color_form": "released_v1"})


def test_an_unknown_value_under_an_older_name_is_refused() -> None:
    with pytest.raises(ValidationError, match="subtractive"):
        SimclrAugment.model_validate({"brightness_form": "subtractive"})


def test_people_see_every_field_and_files_leave_out_what_came_later() -> None:
    shown = whole(PretrainConfig())
    assert (shown["encoder"]["kind"], shown["augment"]["color"], shown["augment"]["color_form"]) == (
        "resnet",
        True,
        "torchvision",
    )
    assert "color" not in PretrainConfig().model_dump(mode="json")["augment"]
