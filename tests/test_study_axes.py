"""Grids of every form: what they enumerate, and what they refuse."""

from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from ablations.planning.grid import enumerate_trials
from ablations.study.claims import SIGN_ALONE
from ablations.study.load import load_study
from ablations.study.scaled_study import ScaledStudy
from ablations.types.errors import StudyError
from ablations.types.trial import Trial


def trials(grid: str, *assignments: str, rest: str = "") -> list[Trial]:
    Path("study.yaml").write_text(f"name: axes\n{rest}grid: {grid}\n")
    return enumerate_trials(load_study("study.yaml", assignments=assignments))


def coordinates(grid: str) -> list[tuple[object, ...]]:
    return [tuple(trial.coordinates.values()) for trial in trials(grid)]


def test_zipped_paths_move_together() -> None:
    found = trials("{zip: {batch_size: [32, 64], optimizer.learning_rate: [0.5, 0.25]}, epochs: [2, 3]}")
    assert [(t.coordinates["batch_size"], t.coordinates["epochs"]) for t in found] == [
        (32, 2),
        (32, 3),
        (64, 2),
        (64, 3),
    ]
    rates = [(t.config.pretrain.batch_size, t.config.pretrain.optimizer.learning_rate) for t in found]
    assert rates == [(32, 0.5), (32, 0.5), (64, 0.25), (64, 0.25)]


def test_several_grids_come_one_after_the_other() -> None:
    found = trials("[{epochs: [2, 3]}, {loss.temperature: [0.5], head.kind: [none, linear]}]")
    assert [t.coordinates for t in found] == [
        {"epochs": 2},
        {"epochs": 3},
        {"loss.temperature": 0.5, "head.kind": "none"},
        {"loss.temperature": 0.5, "head.kind": "linear"},
    ]


def test_values_may_have_a_label() -> None:
    found = trials("{augment: {'1/8': {strength: 0.125, blur: false}, '1 (+Blur)': {strength: 1.0}}}")
    assert [t.coordinates for t in found] == [{"augment": "1/8"}, {"augment": "1 (+Blur)"}]
    assert [attrgetter("augment.strength")(t.config.pretrain) for t in found] == [0.125, 1.0]
    found = trials("{loss.temperature: {cold: 0.1, warm: 1.0}}")
    assert [(t.name, attrgetter("loss.temperature")(t.config.pretrain)) for t in found] == [
        ("cold, seed 0", 0.1),
        ("warm, seed 0", 1),
    ]


def test_points_are_labelled_settings() -> None:
    found = trials("{points: {ours: {epochs: 3}, theirs: {loss: {temperature: 0.7}, head.kind: none}}}")
    assert [t.coordinates for t in found] == [{"points": "ours"}, {"points": "theirs"}]
    assert attrgetter("loss.temperature", "head.kind")(found[1].config.pretrain) == (0.7, "none")


@pytest.mark.parametrize("form", ["leave_one_out", "add_one_in"])
def test_one_at_a_time_has_its_baseline_first(form: str) -> None:
    found = trials(f"{{{form}: {{flip: {{augment.flip: false}}, blur: {{augment.blur: false}}}}}}")
    assert [t.coordinates[form] for t in found] == ["nothing", "flip", "blur"]
    switches = [attrgetter("augment.flip", "augment.blur")(t.config.pretrain) for t in found]
    assert switches == [(True, True), (False, True), (True, False)]


def test_a_conditional_axis_is_there_only_where_it_means_something() -> None:
    """Figure 8: the head that is none has no output dimension."""
    only = "only_where: {head.output: {head.kind: [linear]}}"
    found = trials(f"{{head.kind: [linear, none], head.output: [32, 64], {only}}}")
    assert [t.coordinates for t in found] == [
        {"head.kind": "linear", "head.output": 32},
        {"head.kind": "linear", "head.output": 64},
        {"head.kind": "none"},
    ]
    assert found[2].config.pretrain.head.output == 128


def test_set_replaces_plain_axes_only() -> None:
    found = trials("{zip: {epochs: [2, 3], batch_size: [16, 32]}, head.kind: [none, linear]}", "head.kind=[nonlinear]")
    assert {t.coordinates["head.kind"] for t in found} == {"nonlinear"}
    with pytest.raises(StudyError, match=r"--set epochs=5: epochs is zipped with others in the grid"):
        trials("{zip: {epochs: [2, 3], batch_size: [16, 32]}}", "epochs=5")
    assert {t.config.pretrain.epochs for t in trials("{loss.temperature: {cold: 0.1}}", "epochs=5")} == {5}


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (
            "{zip: {epochs: [2, 3], batch_size: [16]}}",
            r":2:13: grid.zip: .*same number of values; here epochs 2, batch_size 1",
        ),
        ("{zip: [2]}", r":2:13: grid.zip: should be a mapping, not \[2\]"),
        ("{zip: {epochs: 2}}", r"grid.zip.epochs: should be a list of values"),
        ("{points: {a: 3}}", r":2:20: grid.points.a: should be a mapping, not 3"),
        ("{points: [1]}", r":2:16: grid.points: should be a mapping"),
        ("{leave_one_out: {a: {epochs: x}}}", r"grid.leave_one_out.a.epochs: should be a whole number, not 'x'"),
        (
            "{epochs: {a: 2, b: 2}}",
            r"'a, seed 0' and 'b, seed 0' are the same experiment",
        ),
        (
            "{epochs: [2], only_where: {head.output: {epochs: [2]}}}",
            r"'head.output' is no axis of this grid; known are epochs",
        ),
        ("{epochs: [2], only_where: [3]}", r"grid.only_where: should be a mapping"),
        ("[]", r":2:7: grid: must have at least 1 entry"),
        ("[{}]", r":2:8: grid\[0\]: must have at least 1 entry"),
        ("[{epochs: [2]}, {epochs: [2, 3]}]", r"are the same experiment"),
        ("[{epochs: [2]}, {epochs: [x]}]", r":2:33: grid\[1\].epochs\[0\]: should be a whole number, not 'x'"),
        ("{points: {a: {seed: 3}}}", r"grid.points.a.seed: seeds are given by 'seeds: 3'"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(grid: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        trials(grid)


PARENT = """\
name: parent
title: The parent
base: {epochs: 4, loss.temperature: 0.3}
grid: {head.kind: [none, linear]}
baselines: {random: {epochs: 0}}
seeds: 2
scales:
  quick: {base: {batch_size: 32}}
"""


def load(child: str, parent: str = PARENT) -> list[Trial]:
    Path("parent.yaml").write_text(parent)
    Path("child.yaml").write_text(child)
    return enumerate_trials(load_study("child.yaml"))


def test_a_study_extends_another() -> None:
    found = load("name: child\nextends: parent.yaml\nbase: {epochs: 5}\n")
    assert [(t.coordinates.get("head.kind"), t.baseline, t.seed) for t in found] == [
        ("none", None, 0),
        ("none", None, 1),
        ("linear", None, 0),
        ("linear", None, 1),
        (None, "random", 0),
        (None, "random", 1),
    ]
    config = found[0].config.pretrain
    assert attrgetter("epochs", "loss.temperature", "batch_size")(config) == (5, 0.3, 32)
    scaled = load_study("child.yaml")
    assert (scaled.study.name, scaled.study.title) == ("child", "The parent")


def test_what_the_child_says_replaces_the_parents() -> None:
    found = load("name: child\nextends: parent.yaml\ngrid: {epochs: [2, 3]}\nbaselines: {}\nseeds: 1\n")
    assert [t.coordinates for t in found] == [{"epochs": 2}, {"epochs": 3}]
    wider = "name: child\nextends: parent.yaml\nscales: {quick: {grid: {epochs: [7]}, base: {precision: float32}}}\n"
    config = load(wider)[0].config.pretrain
    assert (config.epochs, config.batch_size, config.precision) == (7, 32, "float32")


@pytest.mark.parametrize(
    ("child", "parent", "message"),
    [
        ("name: child\n", PARENT, r"child.yaml:1:1: 'grid' is required"),
        ("name: child\nextends: nobody\n", PARENT, r"child.yaml:2:10: extends: nobody: no such file"),
        (
            "name: child\nextends: parent.yaml\n",
            "name: parent\nextends: child.yaml\n",
            r"parent.yaml:2:10: extends: .*child.yaml extends itself, by way of .*parent.yaml",
        ),
        (
            "name: child\nextends: parent.yaml\n",
            PARENT.replace("0.3", "-3"),
            r"parent.yaml:3:37: base.loss.temperature: should be greater than 0",
        ),
    ],
)
def test_a_wrong_parent_is_told_with_its_place(child: str, parent: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        load(child, parent)


CLAIMS = """\
claims:
  - {says: a, source: b, cells: [{head.kind: nonlinear}], than: [{head.kind: linear}], by: mean, margin: 3}
  - {says: a, source: b, kind: ordering, axis: head.kind, order: [nonlinear, linear], where: {head.output: 32}}
  - {says: a, source: b, kind: trend, axis: head.output, direction: falling}
  - {says: a, source: b, kind: interaction, axis: head.kind, low: linear, high: nonlinear,
     over: head.output, start: 32, end: 64}
  - {says: a, source: b, kind: similar, axis: head.output, where: {head.kind: linear}, margin: 2}
  - {says: a, source: b, kind: similar, axis: head.output, values: [first, 64], margin: 2}
"""


def claims_of(scaled: ScaledStudy) -> list[dict[str, Any]]:
    """Claims of a study, as MLflow keeps them."""
    return [claim.model_dump(mode="json") for claim in scaled.claims]


def test_claims_are_plain_values_with_texts_for_the_report() -> None:
    trials("{head.kind: [linear, nonlinear], head.output: [32, 64]}", rest=CLAIMS)
    better, ordering, trend, interaction, alike, two = claims_of(load_study("study.yaml"))
    assert (better["cells"], better["than"], better["by"]) == (
        [{"head.kind": "nonlinear"}],
        [{"head.kind": "linear"}],
        "mean",
    )
    assert (better["kind"], better["margin"]) == ("better", 3)
    assert ordering["where"] == {"head.output": "32"}
    assert (trend["axis"], trend["direction"], trend["where"]) == ("head.output", "falling", {})
    assert interaction["start"] == "32"
    assert (alike["axis"], alike["values"], alike["where"]) == ("head.output", None, {"head.kind": "linear"})
    assert (alike["margin"], two["values"]) == (2, ["32", "64"])


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (
            "{cells: [{head.kind: x}]}",
            r"cells\[0\].head.kind: head.kind has no value 'x'; known are linear, none",
        ),
        ("{cells: [{epochs: 2}]}", r"cells\[0\].*'epochs' is no axis of the grid; known are head.kind"),
        ("{kind: ordering, axis: epochs, order: [1, 2]}", r"claims\[0\].order: 'epochs' is no axis"),
        ("{kind: ordering, axis: head.kind, order: [none]}", r"claims\[0\].order: must have at least 2 entries"),
        ("{kind: trend, axis: epochs}", r"claims\[0\].axis: 'epochs' is no axis"),
        ("{kind: trend, axis: head.kind, direction: up}", r"claims\[0\].direction: 'up' is not known"),
        ("{kind: trend, axis: head.kind, where: {epochs: 3}}", r"claims\[0\].where: 'epochs' is no axis"),
        ("{kind: similar, axis: epochs, margin: 1}", r"claims\[0\].axis: 'epochs' is no axis"),
        ("{kind: similar, axis: head.kind, values: [none, x], margin: 1}", r"claims\[0\].values: .*no value 'x'"),
        (
            "{kind: similar, axis: head.kind, values: [none], margin: 1}",
            r"values: must have at least 2 entries",
        ),
        ("{kind: similar, axis: head.kind, margin: 0}", r"claims\[0\].margin: should be greater than 0"),
        ("{kind: similar, axis: head.kind}", r"claims\[0\].*'margin' is required"),
        (
            "{kind: all, parts: [{says: c, cells: [[none]]}, {says: d, kind: trend, axis: epochs}]}",
            r"claims\[0\].parts\[1\].axis: 'epochs' is no axis",
        ),
        ("{kind: all, parts: [{says: c, cells: [[none]]}]}", r"parts: must have at least 2 entries"),
        ("{cells: [[none]], metric: top7}", r"claims\[0\].metric: there is no metric 'top7'"),
        ("{cells: [[none]], delta: 0}", r"claims\[0\].delta: should be greater than 0"),
        ("{kind: best}", r"claims\[0\].kind: 'best' is not known; did you mean 'better'\?"),
    ],
)
def test_a_wrong_claim_is_told_with_its_place(claim: str, message: str) -> None:
    claim = claim.replace("{", "{says: a, source: b, ", 1)
    with pytest.raises(StudyError, match=message):
        trials("{head.kind: [linear, none]}", rest=f"claims: [{claim}]\n")


AT_SCALES = """\
claims:
  - {says: it grows, source: b, cells: [{head.output: last, head.kind: none}], margin: {cifar10: 3}}
  - {says: a, source: b, kind: interaction, axis: head.kind, over: head.output, where: {epochs: first}}
scales: {laptop: {grid: {head.output: [16, 24], head.kind: [linear, none], epochs: [4, 5]}}}
"""


def test_a_claim_names_the_ends_of_an_axis_and_finds_them_at_each_scale() -> None:
    trials("{head.output: [32, 64], head.kind: [linear, none], epochs: [2, 3]}", rest=AT_SCALES)
    (own, interaction), (laptop, _) = (claims_of(load_study("study.yaml", scale)) for scale in ("quick", "laptop"))
    assert own["cells"] == [{"head.output": "64", "head.kind": "none"}]
    assert laptop["cells"] == [{"head.output": "24", "head.kind": "none"}]
    ends = {"low": "linear", "high": "none", "start": "32", "end": "64", "where": {"epochs": "2"}}
    assert ends.items() <= interaction.items()


def test_a_value_of_that_name_is_meant_before_the_place() -> None:
    rest = "claims: [{says: a, source: b, cells: [[first]]}]\n"
    trials("{head.kind: {second: linear, first: none}}", rest=rest)
    assert claims_of(load_study("study.yaml"))[0]["cells"] == [{"head.kind": "first"}]


def test_a_margin_of_one_scale_is_not_asked_at_another() -> None:
    trials("{head.output: [32, 64], head.kind: [linear, none], epochs: [2, 3]}", rest=AT_SCALES)
    asked, not_asked = (claims_of(load_study("study.yaml", scale))[0] for scale in ("cifar10", "laptop"))
    assert (asked["says"], asked["margin"]) == ("it grows", 3)
    assert (not_asked["says"], not_asked["margin"]) == (f"it grows {SIGN_ALONE}", 0)


def test_a_claim_is_calibration_at_the_scales_that_it_names() -> None:
    rest = "claims: [{says: a, source: b, cells: [[linear]], calibration: [laptop, cifar10]}]\n"
    trials("{head.kind: [linear, none]}", rest=rest)
    quick, laptop = (claims_of(load_study("study.yaml", scale))[0] for scale in ("quick", "laptop"))
    assert (quick["calibration"], laptop["calibration"]) == ([], ["laptop"])
