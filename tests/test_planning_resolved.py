"""The whole configuration of a trial and where each value comes from; the settings that all cells share."""

from pathlib import Path
from typing import Any

import pytest

from ablations.planning.configuration.find_planned import find_planned
from ablations.planning.configuration.resolved import Resolver
from ablations.planning.grid import enumerate_trials
from ablations.study.load import load_study
from ablations.study.scaled_study import ScaledStudy
from ablations.tracking.content.description import describe
from ablations.types.errors import StudyError
from core.config import TrainConfig
from helpers import shipped

PARENT = """\
name: parent
base: {head.kind: linear, epochs: 4}
grid: {loss.temperature: [0.1, 0.5]}
baselines: {random: {epochs: 0}}
"""
CHILD = """\
name: child
extends: parent.yaml
base: {epochs: 5, evaluate: {neighbors: 7}}
scales:
  quick: {base: {batch_size: 16}}
"""


def load(text: str, *assignments: str) -> ScaledStudy:
    Path("parent.yaml").write_text(PARENT)
    Path("child.yaml").write_text(text)
    return load_study("child.yaml", None, assignments)


def test_every_value_has_its_layer_and_its_line() -> None:
    scaled = load(CHILD, "optimizer.weight_decay=0.5")
    cell, _, baseline = enumerate_trials(scaled)
    found = {one.path: (one.value, one.origin, one.place) for one in Resolver(scaled).settings(cell)}
    assert found["loss.temperature"] == (0.1, "cell", "parent.yaml:3:27")
    assert found["head.kind"] == ("linear", "study", "parent.yaml:2:19")
    assert found["epochs"] == (5, "study", "child.yaml:3:16")
    assert found["evaluate.neighbors"] == (7, "study", "child.yaml:3:41")
    assert found["batch_size"] == (16, "study", "child.yaml:5:30")
    assert found["optimizer.weight_decay"] == (0.5, "--set", "--set optimizer.weight_decay=0.5")
    assert found["encoder.name"][:2] == ("resnet10", "scale")
    assert found["encoder.name"][2].endswith("scales/quick.yaml:4:19")
    assert found["head.output"] == (128, "default", "")
    assert found["seed"] == (0, "seeds", "")
    assert found["evaluate.protocol"] == ("frozen", "default", "")
    trained = {one.path: (one.value, one.origin) for one in Resolver(scaled).settings(baseline)}
    assert trained["epochs"] == (0, "baseline")


def test_an_axis_on_the_command_line_comes_from_there() -> None:
    scaled = load(CHILD, "loss.temperature=[0.3]")
    (found,) = (one for one in Resolver(scaled).settings(enumerate_trials(scaled)[0]) if one.path == "loss.temperature")
    assert (found.value, found.origin, found.place) == (0.3, "--set", "--set loss.temperature=[0.3]")


@pytest.mark.parametrize("scale", ["quick", "imagenet"])
@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_what_is_no_default_makes_the_configuration(path: Path, scale: str) -> None:
    """The same configuration, from the values alone that are said to come from somewhere."""
    scaled = load_study(str(path), scale)
    resolver = Resolver(scaled)
    for trial in enumerate_trials(scaled):
        values: dict[str, Any] = {"pretrain": {}, "evaluate": {}}
        for setting in resolver.settings(trial):
            *groups, name = setting.path.split(".")
            inner = values if groups[:1] == ["evaluate"] else values["pretrain"]
            for group in groups:
                inner = inner.setdefault(group, {})
            if setting.origin != "default":
                inner[name] = setting.value
        assert TrainConfig.model_validate(values) == trial.config


def test_the_settings_of_a_report_are_those_that_every_cell_has() -> None:
    scaled = load(
        "name: child\n"
        "base: {loss.temperature: 0.2, evaluate: {neighbors: 7}, epochs: 5}\n"
        "grid: [{loss.temperature: [0.1, 0.5]}, {loss.kind: [margin], head.kind: [linear, none]}]\n"
        "baselines: {random: {epochs: 0}}\n"
    )
    found = describe(scaled, enumerate_trials(scaled))["settings"]
    assert found["evaluate.neighbors"] == 7
    assert found["epochs"] == 5  # the baseline is no cell
    assert found["encoder.name"] == "resnet10"
    assert list(found) == sorted(found)
    missing = {"loss.temperature", "head.kind", "loss.kind", "evaluate.steps", "evaluate.learning_rate", "head.output"}
    assert not missing & set(found)  # axes, another kind's, another protocol's, a default


def test_a_planned_trial_is_found_in_any_study_with_a_name() -> None:
    Path("studies").mkdir()
    Path("studies/mine.yaml").write_text("name: mine\ngrid: {batch_size: [17, 18]}\n")
    Path("studies/broken.yaml").write_text("name: broken\ngrid: {batch_sise: [17]}\n")
    trials = enumerate_trials(load_study("mine", "laptop"))
    found = find_planned(trials[1].id[:10])
    assert found and (found.trial.id, found.scaled.scale) == (trials[1].id, "laptop")
    assert find_planned("0" * 16) is None
    assert find_planned(trials[1].id, "mine") is None  # at quick it is another trial
    with pytest.raises(StudyError, match="2 trials of mine begin so"):
        find_planned("", "mine")
    with pytest.raises(StudyError, match="did you mean 'batch_size'"):
        find_planned("", "broken")
