"""Ranges of numbers and random samples in a grid: fixed, listed sets of trials."""

from pathlib import Path

import pytest

from ablations.planning.grid import enumerate_trials
from ablations.study.load import load_study
from ablations.types.errors import StudyError
from ablations.types.trial import Trial
from reports.specs import TableReport


def trials(grid: str, *assignments: str) -> list[Trial]:
    Path("study.yaml").write_text(f"name: s\ngrid: {{{grid}}}\n")
    return enumerate_trials(load_study("study.yaml", None, assignments))


def values(grid: str) -> list[object]:
    return [value for trial in trials(grid) for value in trial.coordinates.values()]


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        (
            "optimizer.learning_rate: {log: [1e-4, 1e-1, 7]}",
            [0.0001, 0.0003162, 0.001, 0.003162, 0.01, 0.03162, 0.1],
        ),
        ("loss.temperature: {linear: [0.1, 1, 4]}", [0.1, 0.4, 0.7, 1.0]),
        ("augment.strength: {linear: [0, 1, 5]}", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("loss.temperature: {linear: [0.12341, 0.12343, 3]}", [0.12341, 0.12342, 0.12343]),
        ("batch_size: {log: [16, 256, 5]}", [16, 32, 64, 128, 256]),
        ("epochs: {log: [10, 1000, 4]}", [10, 46, 215, 1000]),
        ("epochs: {linear: [10, 100, 4]}", [10, 40, 70, 100]),
        ("data.subset: {log: [0.01, 1.0, 3]}", [0.01, 0.1, 1.0]),  # fractions
        ("data.subset: {log: [10, 1000, 3]}", [10, 100, 1000]),  # counts
    ],
)
def test_a_range_is_a_list_of_values(grid: str, expected: list[object]) -> None:
    assert values(grid) == expected
    assert {type(value) for value in values(grid)} == {type(expected[0])}


def test_a_range_is_the_same_trials_as_its_list() -> None:
    listed, ranged = trials("loss.temperature: [0.1, 0.4, 0.7]"), trials("loss.temperature: {linear: [0.1, 0.7, 3]}")
    assert [trial.id for trial in listed] == [trial.id for trial in ranged]


def test_a_range_may_be_zipped() -> None:
    found = trials("zip: {batch_size: {log: [16, 64, 3]}, optimizer.learning_rate: [1, 2, 3]}")
    assert [list(trial.coordinates.values()) for trial in found] == [[16, 1], [32, 2], [64, 3]]


def test_labels_may_have_the_names_of_ranges() -> None:
    assert values("head.kind: {linear: linear, log: nonlinear}") == ["linear", "log"]
    assert values("head.kind: {linear: linear}") == ["linear"]


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (
            "loss.temperature: {log: [0.1, 1]}",
            "say how many values, as {log: [0.1, 1, 7]}, or draw them by 'sample: 20'",
        ),
        ("loss.temperature: {log: [0.1, 1, 2.5]}", "the count is a whole number from 2 to 1,000, not 2.5"),
        ("loss.temperature: {log: [0.1, 1, 1]}", "the count is a whole number from 2"),
        ("loss.temperature: {log: [0.1, 1, 10000]}", "to 1,000, not 10000"),
        ("loss.temperature: {log: [1, 0.1, 3]}", "a range goes up, and 1 is not below 0.1"),
        ("loss.temperature: {log: [0, 0.1, 3]}", "a logarithm begins above 0, not at 0"),
        ("loss.temperature: {log: [a, b, 3]}", "three numbers; not ['a', 'b', 3]"),
        ("loss.temperature: {linear: [.nan, 1, 3]}", "three numbers"),
        ("loss.temperature: {linear: [true, 1, 3]}", "three numbers"),
        ("loss.temperature: {linear: [0, 1, 3]}", "should be greater than 0, not 0.0"),
        ("epochs: {linear: [2, 4, 9]}", "2 is given twice"),
        ("head.kind: {linear: [1, 2, 3]}", "1.0 is not known"),
        ("head.kind: [linear, none], sample: 0", "how many cells to draw, from 1 to 20,000; not 0"),
        ("head.kind: [linear, none], sample: x", "how many cells to draw"),
        ("head.kind: [linear, none], sample: true", "how many cells to draw"),
        ("head.kind: [linear, none], sample: 1, seed: [1]", "grid.seed: the seed of the draws is a whole number"),
        ("head.kind: [linear, none], sample: 3", "the axes have 2 different cells; ask for no more"),
        ("sample: 3", "a grid has at least one axis"),
        (
            "head.kind: [linear, none], loss.temperature: {log: [0.1, 1]}, sample: 3, "
            "only_where: {head.kind: {loss.temperature: 0.1}}",
            "loss.temperature has no value 0.1; there are none",
        ),
    ],
)
def test_a_range_or_a_sample_that_cannot_be_is_refused(grid: str, message: str) -> None:
    with pytest.raises(StudyError) as caught:
        trials(grid)
    assert message in str(caught.value)


PINNED = [[0.9599, 4, "linear"], [0.02959, 7, "linear"], [1.049, 9, "linear"]]
SEARCH = "optimizer.learning_rate: {log: [0.01, 10]}, epochs: {linear: [2, 9]}, head.kind: [linear, none]"


def test_a_sample_is_a_fixed_set_of_trials() -> None:
    """Pinned: the trials of a random search must be found again by every later version."""
    found = trials(f"{SEARCH}, sample: 3, seed: 7")
    assert [list(trial.coordinates.values()) for trial in found] == PINNED
    assert [trial.id for trial in found] == [trial.id for trial in trials(f"{SEARCH}, sample: 3, seed: 7")]


def test_a_larger_sample_keeps_the_trials_of_a_smaller_one() -> None:
    few, more = trials(f"{SEARCH}, sample: 5"), trials(f"{SEARCH}, sample: 20")
    assert [trial.id for trial in few] == [trial.id for trial in more][:5]
    assert len({trial.id for trial in more}) == 20
    assert {trial.id for trial in more}.isdisjoint(trial.id for trial in trials(f"{SEARCH}, sample: 20, seed: 1"))


def test_another_axis_changes_no_values_of_the_first() -> None:
    one, two = (
        trials("loss.temperature: {log: [0.01, 10]}, sample: 9"),
        trials("loss.temperature: {log: [0.01, 10]}, augment.strength: {linear: [0, 1]}, sample: 9"),
    )
    drawn = [[trial.coordinates["loss.temperature"] for trial in found] for found in (one, two)]
    assert drawn[0] == drawn[1]


def test_draws_are_uniform_on_their_scale() -> None:
    drawn = sorted(float(str(value)) for value in values("loss.temperature: {log: [0.01, 100]}, sample: 2000"))
    shares = [sum(low <= value < 10 * low for value in drawn) / 2000 for low in (0.01, 0.1, 1, 10)]
    assert all(abs(share - 0.25) < 0.04 for share in shares)  # four standard errors
    kinds = values("head.kind: [linear, none, nonlinear], loss.temperature: {log: [0.01, 100]}, sample: 900")[::2]
    assert all(abs(kinds.count(kind) / 900 - 1 / 3) < 0.065 for kind in ("linear", "none", "nonlinear"))


def test_a_sample_may_take_every_cell_once() -> None:
    found = trials("head.kind: [linear, none], loss.temperature: [0.1, 0.2, 0.3], sample: 6")
    assert {tuple(trial.coordinates.values()) for trial in found} == {
        (kind, temperature) for kind in ("linear", "none") for temperature in (0.1, 0.2, 0.3)
    }


def test_a_sample_takes_conditions_into_account() -> None:
    only = "only_where: {head.output: {head.kind: nonlinear}}"
    found = trials(f"head.kind: [none, nonlinear], head.output: {{log: [16, 512]}}, {only}, sample: 6")
    assert [list(trial.coordinates) for trial in found].count(["head.kind"]) == 1
    assert len(found) == 6


def test_a_sample_is_drawn_as_a_table_and_keeps_its_axes() -> None:
    trials(f"{SEARCH}, sample: 3")
    scaled = load_study("study.yaml")
    assert scaled.report == TableReport(rows=["optimizer.learning_rate", "epochs", "head.kind"])
    with pytest.raises(StudyError, match="--set epochs=5: the grid draws its values at random"):
        load_study("study.yaml", None, ["epochs=5"])
    assert [
        trial.config.pretrain.batch_size
        for trial in enumerate_trials(load_study("study.yaml", None, ["batch_size=16"]))
    ] == [16] * 3
