"""Studies: layers, axes, seeds, and errors that name place, value and remedy."""

import re
from pathlib import Path

import pytest

from ablations.planning.grid import enumerate_trials
from ablations.study.load import load_study
from ablations.study.study import Resources
from ablations.types.errors import StudyError
from ablations.types.trial import Trial
from core.config import Sgd
from helpers import shipped

STUDY = """\
name: temperatures
base:
  epochs: 4
  schedule.warmup_epochs: 1
  augment: {policy: simclr, blur: false}
grid:
  loss.temperature: [0.1, 0.5]
  head.kind: [linear, nonlinear]
baselines:
  random: {epochs: 0}
"""


def trials(text: str = STUDY, *assignments: str, scale: str | None = None, seeds: int | None = None) -> list[Trial]:
    Path("study.yaml").write_text(text)
    return enumerate_trials(load_study("study.yaml", scale, assignments, seeds))


def test_the_grid_is_a_product_in_the_order_it_is_written_then_the_baselines() -> None:
    found = trials(seeds=2)
    assert [(*t.coordinates.values(), t.baseline, t.seed) for t in found] == [
        (temperature, head, None, seed)
        for temperature in (0.1, 0.5)
        for head in ("linear", "nonlinear")
        for seed in (0, 1)
    ] + [("random", 0), ("random", 1)]  # fmt: skip
    assert len({t.id for t in found}) == 10


def test_later_layers_win() -> None:
    """The paper's defaults, the scale, the study's base, the study's scale, --set, the cell."""
    text = STUDY + "scales:\n  quick:\n    base: {batch_size: 32}\n"
    config = trials(text)[0].config.pretrain
    assert config.encoder.model_dump()["name"] == "resnet10"  # scale
    assert config.epochs == 4  # base over scale
    assert config.batch_size == 32  # the study at this scale
    assert config.optimizer.weight_decay == 1e-6  # the paper
    assert not config.augment.model_dump()["blur"]
    assert trials(text, "batch_size=16")[0].config.pretrain.batch_size == 16


def test_set_replaces_the_values_of_an_axis_and_spares_baselines() -> None:
    found = trials(STUDY, "loss.temperature=[1.0, 2.0, 3.0]", "head.kind=none", "epochs=3")
    assert [t.coordinates.get("loss.temperature") for t in found] == [1.0, 2.0, 3.0, None]
    assert {t.config.pretrain.head.kind for t in found[:-1]} == {"none"}
    assert [t.config.pretrain.epochs for t in found] == [3, 3, 3, 0]


def test_a_scale_may_replace_grid_and_seeds() -> None:
    text = STUDY + "scales:\n  quick: {grid: {epochs: [2, 3]}, seeds: [5]}\n"
    assert [(t.coordinates, t.seed) for t in trials(text)[:2]] == [({"epochs": 2}, 5), ({"epochs": 3}, 5)]


def test_set_says_what_a_trial_occupies_and_the_study_stays_the_same() -> None:
    plain = trials(STUDY + "resources: {cpu: 2, minutes: 5}\n")
    assignments = ["resources.gpu=0.25", "resources.cpu=4", "epochs=3"]
    scaled = load_study("study.yaml", None, assignments)
    assert scaled.resources == Resources(cpu=4, gpu=0.25, minutes=5)
    assert scaled.label == load_study("study.yaml", None, ["epochs=3"]).label
    assert load_study("study.yaml", None, assignments[:2]).label == load_study("study.yaml").label
    assert [trial.id for trial in trials(STUDY, *assignments[:2])] == [trial.id for trial in plain]


@pytest.mark.parametrize(
    ("assignment", "problem"),
    [
        ("resources.gpus=1", "gpus: there is no such field; did you mean 'gpu'"),
        ("resources.gpu=half", "gpu: should be a number, not 'half'"),
        ("resources=1", "say which, such as --set resources.gpu=0.25"),
    ],
)
def test_what_a_trial_cannot_occupy_is_said(assignment: str, problem: str) -> None:
    with pytest.raises(StudyError, match=f"^--set {re.escape(assignment)}: {re.escape(problem)}"):
        trials(STUDY, assignment)


def test_settings_of_the_scale_that_the_chosen_kind_does_not_have_are_left_out() -> None:
    """The quick scale sets augment.crop_area, which a custom policy has not."""
    text = STUDY.replace("{policy: simclr, blur: false}", "{policy: custom, both: [crop]}")
    assert trials(text)[0].config.pretrain.augment.policy == "custom"


def test_an_axis_of_mappings_sets_several_fields() -> None:
    text = "name: x\ngrid:\n  augment: [{policy: custom, both: [crop]}, {policy: composition, first: blur}]\n"
    found = trials(text)
    assert [t.config.pretrain.augment.policy for t in found] == ["custom", "composition"]
    assert found[1].coordinates == {"augment": '{"policy": "composition", "first": "blur"}'}


def test_evaluation_is_an_axis_too_and_shares_the_encoder() -> None:
    found = trials("name: x\ngrid:\n  evaluate.neighbors: [5, 10]\n")
    assert len({t.pretrain_id for t in found}) == 1
    assert len({t.id for t in found}) == 2


BAD = [
    ("gird: {epochs: [1]}", r":2:7: gird: there is no such field; did you mean 'grid'\?"),
    ("grid: {}", r":2:7: grid: must have at least 1 entry"),
    ("grid: {epochs: 5}", r":2:16: grid.epochs: should be a list of values, .*; not 5"),
    ("grid: {epochs: []}", r":2:16: grid.epochs: an axis has at least one value"),
    ("grid: {epochs: [5, 5]}", r":2:20: grid.epochs\[1\]: 5 is given twice"),
    ("grid: {epochs: [5, '6']}", r":2:20: grid.epochs\[1\]: should be a whole number, not '6'"),
    (
        "grid: {loss.temprature: [1]}",
        r":2:25: grid.loss.temprature: there is no such field; did you mean 'temperature'",
    ),
    ("grid: {loss.temperature: [0.1, -1]}", r":2:32: grid.loss.temperature\[1\]: should be greater than 0, not -1"),
    ("grid: {loss.temperature: [.nan]}", r":2:27: grid.loss.temperature\[0\]: should be a finite number, not nan"),
    (
        "grid: {augment.first: [crop, cuttout]}\nbase: {augment.policy: composition}",
        r":2:30: grid.augment.first\[1\]: 'cuttout' is not known; did you mean 'cutout'\?",
    ),
    (
        "grid: {optimizer.kind: [lion]}",
        r":2:25: grid.optimizer.kind\[0\]: 'lion' is not known; known are lars, sgd, adamw",
    ),
    (
        "grid: {epochs: [5]}\nbase: {augment: {policy: custom, both: [crop, {kind: flip, probability: 2}]}}",
        r":3:73: base.augment.both\[1\].probability: should be less than or equal to 1, not 2",
    ),
    (
        "grid: {epochs: [5]}\nbase: {augment: {policy: custom, both: [crop, {kind: flip, probablity: 1}]}}",
        r":3:72: base.augment.both\[1\].probablity: there is no such field; did you mean 'probability'",
    ),
    (
        "grid: {epochs: [5]}\nbase: {epochs: 5, loss: {temperature: 1}, loss.temperature: 2}",
        r":3:61: base.loss.temperature: is also set at .*:3:39",
    ),
    (
        "grid: {loss.temperature: [1]}\nbase: {epochs: 5, schedule: {warmup_epochs: 9}}",
        r"trial loss.temperature = 1: schedule.warmup_epochs \(9\) must be below epochs \(5\)",
    ),
    ("grid: {pretrain.epochs: [1]}", r"grid.pretrain.epochs: there is no such field"),
    ("grid: {seed: [1]}", r":2:15: grid.seed\[0\]: seeds are given by"),
    ("grid: {epochs: [5]}\nseeds: [-1]", r":3:9: seeds\[0\]: should be greater than or equal to 0, not -1"),
    ("grid: {epochs: [5]}\nseeds: 0", r":3:8: seeds: "),
    (
        "grid: {epochs: [5]}\nreport: {kind: heatmap, rows: epoch, columns: epochs}",
        r":3:31: report.rows: 'epoch' is no axis",
    ),
    ("grid: {epochs: [5]}\nreport: {kind: pie}", r"report.kind: 'pie' is not known; known are heatmap, points"),
    ("grid: {epochs: [5]}\nresources: {cpu: 0}", r"resources.cpu: should be greater than 0, not 0"),
    ("grid: {data.subset: [1.5]}", r"grid.data.subset\[0\]: a fraction is at most 1.0"),
    ("grid: {epochs: [__import__('os').system('id')]}", r"grid.epochs\[0\]: should be a whole number"),
    ("grid: {data.name: [../../etc]}", r"grid.data.name\[0\]: "),
    ("grid: {epochs: [5]}\nbase: {evaluate: }", r":3:17: base.evaluate: should be a mapping, .*, not null"),
    ("grid: {evaluate: [frozen]}", r":2:19: grid.evaluate\[0\]: should be a mapping, .*, not 'frozen'"),
    ("grid: {epochs: [5]}\nreport: heatmap", r":3:9: report: should be a mapping, .*, not 'heatmap'"),
    ("grid: {epochs: [5], batch_size: [16]}\nreport: {rows: epochs, columns: epochs}", r":3:33: .*the same axis"),
    (
        "grid: {epochs: [5]}\nreport: {kind: points, x: epochs, metric: top_1}",
        r"report.metric: there is no metric 'top_1'",
    ),
    ("grid: {epochs: [5]}\nreproduces: figure_55", r":3:13: reproduces: there are no published numbers called"),
    ("grid: {epochs: [5]}\nseeds: [0, 0]", r":3:8: seeds: the seed 0 is given twice"),
    (
        "grid: {epochs: [5]}\nbase: {augment: {policy: custom, both: [{probability: 1}]}}",
        r"base.augment.both\[0\]: say which 'kind' it is",
    ),
    ("grid: {epochs: !!python/object/apply:os.system [5]}", r":2:16: grid.epochs: has the tag"),
    (f"grid: {{epochs: [{'9' * 5000}]}}", r":2:17: grid.epochs\[0\]: '999"),
    (
        "grid: {epochs: [5, 6]}\nclaims: [{says: a, source: b, cells: [[5], [7]]}]",
        r":3:45: claims\[0\].cells\[1\]\[0\]: epochs has no value 7; known are 5, 6",
    ),
    (
        "grid: {epochs: [5]}\nclaims: [{says: a, source: b, than: [[5, 5]]}]",
        r":3:38: claims\[0\].than\[0\]: a cell has a value for each axis, here epochs; got",
    ),
    ("grid: {epochs: [5]}\nclaims: [{says: a, source: b}]", r":3:10: claims\[0\]: say which 'cells' are better"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=range(len(BAD)))
def test_errors_name_place_value_and_remedy(text: str, message: str) -> None:
    with pytest.raises(StudyError, match=message) as caught:
        trials(f"name: bad\n{text}\n")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["../x", "a b", "", "x" * 200])
def test_names_cannot_leave_the_storage(name: str) -> None:
    with pytest.raises(StudyError, match=r"study.yaml:1:7: name"):
        trials(f"name: '{name}'\ngrid: {{epochs: [5]}}\n")


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("epochs", "write --set path=value"),
        ("epochs=x", "--set epochs=x: epochs: should be a whole number, not 'x'"),
        ("epoch=3", "--set epoch=3: epoch: there is no such field; did you mean 'epochs'"),
        ("loss.temperature=[", r"--set loss.temperature=\["),
    ],
)
def test_bad_assignments(assignment: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        trials(STUDY, assignment)


def test_unknown_scales_and_studies_list_the_known() -> None:
    with pytest.raises(
        StudyError, match="--scale big: there is no such scale; known are cifar10, imagenet, laptop, quick"
    ):
        trials(scale="big")
    with pytest.raises(StudyError, match=r"no such file.*augmentation_grid"):
        load_study("nowhere.yaml")


def test_a_grid_beyond_reason_is_refused_before_it_is_enumerated() -> None:
    axes = "\n".join(
        f"  {path}: [{', '.join(str(n + 1) for n in range(100))}]" for path in ("epochs", "batch_size", "head.output")
    )
    with pytest.raises(StudyError, match="1,000,000 trials"):
        trials(f"name: huge\ngrid:\n{axes}\n")


@pytest.mark.parametrize("path", shipped(), ids=lambda p: p.stem)
@pytest.mark.parametrize("scale", ["quick", "laptop", "cifar10", "imagenet"])
def test_shipped_studies_are_valid_at_every_scale(path: Path, scale: str) -> None:
    found = enumerate_trials(load_study(str(path), scale))
    assert found
    assert len({t.id for t in found}) == len(found)


def test_the_studys_own_resources_and_seeds_win_over_the_common_scales() -> None:
    text = STUDY + "resources: {cpu: 3, gpu: 0.5}\n"
    Path("study.yaml").write_text(text)
    assert load_study("study.yaml", "cifar10").resources == Resources(cpu=3, gpu=0.5)
    Path("study.yaml").write_text(text + "scales: {cifar10: {resources: {cpu: 1}}}\n")
    assert load_study("study.yaml", "cifar10").resources == Resources(cpu=1)
    Path("study.yaml").write_text(STUDY)
    assert load_study("study.yaml", "cifar10").resources == Resources(cpu=4, gpu=1)
    assert load_study("study.yaml", "quick").resources == Resources()


def test_another_kind_does_not_inherit_what_the_scale_set_for_the_first() -> None:
    found = trials("name: x\ngrid: {optimizer.kind: [lars, sgd]}\n")
    assert [t.config.pretrain.optimizer.learning_rate for t in found] == [3.0, Sgd().learning_rate]
    (own,) = trials("name: x\ngrid: {optimizer.kind: [sgd]}\nbase: {optimizer.learning_rate: 0.5}\n")
    assert own.config.pretrain.optimizer.learning_rate == 0.5


def test_an_override_that_an_axis_would_hide_is_refused() -> None:
    text = "name: x\ngrid: {optimizer: [{kind: lars, learning_rate: 1}, {kind: sgd, learning_rate: 0.1}]}\n"
    with pytest.raises(
        StudyError, match=r"--set optimizer\.learning_rate=7: .* set by the axis 'optimizer', which overrides --set"
    ):
        trials(text, "optimizer.learning_rate=7")


def test_overrides_have_a_label_of_their_own_and_seeds_have_not() -> None:
    Path("study.yaml").write_text(STUDY)
    labels = [load_study("study.yaml", "quick", sets).label for sets in ((), ("epochs=3",), ("epochs=4",))]
    assert labels[0] == "quick"
    assert len(set(labels)) == 3
    assert load_study("study.yaml", "quick", (), 5).label == "quick"


@pytest.mark.parametrize("scale", ["../scales/quick", "a/b", ".", "-x"])
def test_a_scale_is_a_name(scale: str) -> None:
    Path("study.yaml").write_text(STUDY)
    with pytest.raises(StudyError, match="a scale is a name"):
        load_study("study.yaml", scale)


def test_a_study_may_ask_for_recomputation_which_makes_no_other_trial() -> None:
    plain, recomputing = trials(), trials(STUDY, "recompute=true")
    assert all(trial.config.pretrain.recompute for trial in recomputing)
    assert [trial.id for trial in recomputing] == [trial.id for trial in plain]
    with pytest.raises(StudyError, match="are the same experiment"):
        trials(STUDY.replace("head.kind: [linear, nonlinear]", "recompute: [false, true]"))
