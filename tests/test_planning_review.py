"""``ablate lint`` warns of designs that a reviewer would question, and of no others."""

from pathlib import Path

import pytest

from ablations.planning.plan import make_plan
from ablations.planning.review.lint import warnings
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.types.errors import StudyError
from helpers import shipped

BASE = "name: small\nbase: {data: {name: shapes, image_size: 32, subset: 6000}, batch_size: 100, epochs: 6}\n"
GRID = "grid: {loss.temperature: [0.1, 0.2]}\n"
CLAIMS = "claims: [{says: a, source: b, cells: [[0.1]]}]\n"


def found(rest: str, seeds: int | None = None) -> list[str]:
    Path("study.yaml").write_text(BASE + rest)
    return warnings(make_plan(load_study("study.yaml", seeds=seeds), TrialStore(Path("runs")), Path("data")))


def test_a_study_as_it_should_be_has_no_warnings() -> None:
    assert found("grid: {loss.temperature: [0.1, 0.2, 0.5]}\n" + CLAIMS, seeds=3) == []


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("grid: {loss.temperature: [0.1, 0.2]}\n" + CLAIMS, "never decided from one seed"),
        ("grid: {loss.temperature: [0.3, 0.7]}\n", "no baseline"),
        ("grid: {loss.temperature: [0.2]}\n", "grid.loss.temperature[0]: the axis loss.temperature has one value"),
        ("grid: {batch_size: [64, 100]}\nbaselines: {a: {epochs: 0}}\n", "by linear scaling"),
        ("grid: {batch_size: [100, 4000], loss.temperature: [0.2]}\n", "every epoch leaves 33 % of them out"),
        (
            "grid: {epochs: [2, 6]}\nreproduces: figure_5\n",
            "paper's numbers are by augment.first, augment.second, which",
        ),
        ("grid: {epochs: [2, 6]}\nscales: {quick: {base: {batch_size: 1000}}}\n", "2 epochs: 12 steps in all"),
    ],
)
def test_each_has_its_warning(rest: str, expected: str) -> None:
    assert any(expected in warning for warning in found(rest)), found(rest)


@pytest.mark.parametrize(
    "rest",
    [
        "grid: {loss.temperature: [0.3, 0.7]}\nbaselines: {random: {epochs: 0}}\n",
        "grid: {points: {scratch: {epochs: 0}, trained: {loss.temperature: 0.3}}}\n",
        "grid: {add_one_in: {sobel: {augment.broader: true}}}\n",
        "scales: {quick: {base: {optimizer.scaling: sqrt}}}\ngrid: {batch_size: [64, 100]}\n"
        "baselines: {random: {epochs: 0}}\n",
        "grid: {zip: {batch_size: [64, 100], optimizer.learning_rate: [1.5, 3.0]}}\n",
    ],
)
def test_a_baseline_may_have_several_forms(rest: str) -> None:
    assert not any("no baseline" in warning or "scaling" in warning for warning in found(rest))


def test_one_image_a_class_is_told() -> None:
    Path("study.yaml").write_text(BASE.replace("subset: 6000", "subset: 10").replace("size: 100", "size: 10") + GRID)
    told = warnings(make_plan(load_study("study.yaml"), TrialStore(Path("runs")), Path("data")))
    assert sum("none can be held out, so the frozen protocol takes the middle of its grid" in one for one in told) == 1


def test_pictures_alone_need_no_baseline() -> None:
    grid = "grid: {loss.temperature: [0.3, 0.7]}\n"
    pictures = "report: {kind: pictures, panels: loss.temperature, metric: tsne/silhouette}\n"
    assert any("no baseline" in warning for warning in found(grid))
    scored = "scales: {quick: {base: {evaluate.protocol: tsne}}}\n"
    assert not any("no baseline" in warning for warning in found(grid + pictures + scored))


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_shipped_studies_ask_for_no_more_than_seeds(path: Path) -> None:
    plan = make_plan(load_study(str(path)), TrialStore(Path("runs")), Path("data"))
    assert [warning for warning in warnings(plan) if "seed" not in warning] == []


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("grid: {epochs: [1000000000000]}\n", "grid.epochs[0]: epochs is 1e+12, and more than 10,000 is implausible"),
        ("grid: {optimizer.learning_rate: [1e300, 1]}\n", "optimizer.learning_rate[0]: learning_rate is 1e+300"),
        ("grid: {loss.temperature: [1e-300, 1]}\n", "temperature is 1e-300, and less than 0.0001 is implausible"),
        ("grid: {points: {a: {head.output: 1000000000}, b: {}}}\n", "points.a.head.output: output is 1e+09"),
        ("grid: {epochs: [2, 3]}\nbaselines: {a: {epochs: 10000000}}\n", "baselines.a.epochs: epochs is 1e+07"),
        ("grid: {epochs: [2, 3]}\nresources: {minutes: 1e-9}\n", "every training would be timed out"),
        (
            "grid: {evaluate.learning_rates: [[0.1, 1e30], [0.1]]}\n"
            "scales: {quick: {base: {evaluate.protocol: finetune_transfer}}}\n",
            "evaluate.learning_rates[0]: learning_rates is 1e+30",
        ),
    ],
)
def test_what_is_hardly_meant_is_asked(rest: str, expected: str) -> None:
    asked = [warning for warning in found(rest) if expected in warning]
    assert len(asked) == 1, found(rest)


@pytest.mark.parametrize("name", ["cpu", "gpu", "workers"])
def test_resources_that_no_machine_has_are_refused(name: str) -> None:
    """No trial would ever start on Ray, and in one process PyTorch ends at so many threads."""
    with pytest.raises(StudyError, match=rf"resources.{name}: should be less than or equal to \d+, not 1000000000"):
        found(f"grid: {{epochs: [2, 3]}}\nresources: {{{name}: 1000000000}}\n")


def test_a_setting_that_some_trials_have_no_use_for_is_named() -> None:
    rest = (
        "grid: {evaluate.neighbors: [5, 10]}\n"
        "baselines: {supervised: {loss.kind: cross_entropy}, random: {epochs: 0}}\n"
        "scales: {quick: {base: {loss.negatives: one_view}}}\n"
    )
    (asked,) = [warning for warning in found(rest) if "no effect" in warning]
    assert asked == (
        "study.yaml:5:41: scales.quick.base.loss.negatives: has no effect on supervised, whose kind has no such setting"
    )


@pytest.mark.parametrize(
    ("chosen", "assignments", "count"),
    [
        ("augment: {policy: auto_augment}", [], 0),
        ("augment.policy: auto_augment", [], 1),
        ("augment: {policy: auto_augment}", ["augment.strength=0.5"], 1),
    ],
)
def test_nothing_is_asked_where_a_cell_writes_the_whole_group_anew(
    chosen: str, assignments: list[str], count: int
) -> None:
    """Unless ``--set`` has no effect there."""
    base = BASE.replace("base: {", "base: {augment.strength: 0.25, ")
    Path("study.yaml").write_text(f"{base}grid: {{points: {{own: {{epochs: 2}}, auto: {{{chosen}}}}}}}\n")
    plan = make_plan(load_study("study.yaml", assignments=assignments), TrialStore(Path("runs")), Path("data"))
    assert len([warning for warning in warnings(plan) if "no effect on auto" in warning]) == count


def test_an_axis_that_an_override_leaves_in_no_cell_is_named() -> None:
    only = "only_where: {head.output: {head.kind: [linear]}}"
    Path("study.yaml").write_text(f"{BASE}grid: {{head.kind: [linear, none], head.output: [32, 64], {only}}}\n")
    scaled = load_study("study.yaml", assignments=["head.kind=none"])
    asked = warnings(make_plan(scaled, TrialStore(Path("runs")), Path("data")))
    assert any("the axis head.output is in no cell" in warning for warning in asked)


def test_a_scale_that_looks_misspelt_is_asked() -> None:
    grid = "grid: {loss.temperature: [0.1, 0.2]}\n"
    (asked,) = [warning for warning in found(f"{grid}scales: {{quikc: {{}}}}\n") if "scale" in warning]
    assert asked == "study.yaml:4:17: scales.quikc: a scale of this study alone; did you mean 'quick'?"
    assert not any("scale of" in warning for warning in found(f"{grid}scales: {{quick2: {{}}, tiny: {{}}}}\n"))


def test_two_files_with_one_name_are_told() -> None:
    Path("other.yaml").write_text('name: "small"  # a copy\ngrid: {epochs: [2, 3]}\n')
    Path("another.yaml").write_text("name: smaller\ngrid: {epochs: [2, 3]}\n")
    Path("small.yaml").write_text("name: small\nstudies: [study.yaml]\n")
    told = [warning for warning in found("grid: {loss.temperature: [0.1, 0.2]}\n") if "called" in warning]
    assert [warning.partition(":")[0] for warning in told] == ["other.yaml"]
