"""The part ``tune`` of a study: its forms, its layers, and what is refused with place, value and remedy."""

from pathlib import Path

import pytest

from ablations.planning.configuration.resolved import Resolver
from ablations.planning.grid import enumerate_trials
from ablations.study.load import load_study
from ablations.study.scaled_study import ScaledStudy
from ablations.types.errors import StudyError
from ablations.types.trial import Trial

STUDY = """\
name: small
base: {schedule.warmup_epochs: 1, epochs: 4}
grid: {loss.temperature: [0.1, 0.5]}
tune: {optimizer.learning_rate: [0.3, 1.0, 3.0]}
"""


def load(text: str = STUDY, *assignments: str, scale: str | None = None) -> ScaledStudy:
    Path("study.yaml").write_text(text)
    return load_study("study.yaml", scale, assignments)


def trials(text: str = STUDY, *assignments: str, scale: str | None = None) -> list[Trial]:
    return enumerate_trials(load(text, *assignments, scale=scale))


def rates(found: list[Trial]) -> list[float]:
    return [trial.config.pretrain.optimizer.learning_rate for trial in found]


def refused(text: str, *assignments: str) -> str:
    with pytest.raises(StudyError) as caught:
        trials(text, *assignments)
    return str(caught.value)


def test_every_value_is_a_trial_of_its_cell() -> None:
    found = trials()
    assert rates(found) == [0.3, 1.0, 3.0] * 2
    assert [trial.coordinates["loss.temperature"] for trial in found] == [0.1] * 3 + [0.5] * 3
    assert [trial.tuned for trial in found[:2]] == [{"optimizer.learning_rate": 0.3}, {"optimizer.learning_rate": 1.0}]
    assert len({trial.cell for trial in found}) == 2
    assert len({trial.candidate for trial in found}) == 6
    assert found[0].name == "0.1, optimizer.learning_rate 0.3, seed 0"


def test_ids_are_those_of_a_study_that_has_the_values_as_an_axis() -> None:
    as_axis = STUDY.replace("grid: {", "grid: {optimizer.learning_rate: [0.3, 1.0, 3.0], ").replace("\ntune:", "\n#")
    assert {trial.id for trial in trials()} == {trial.id for trial in trials(as_axis)}


def test_the_forms_of_a_grid_are_those_of_what_is_tuned() -> None:
    ranged = STUDY.replace("[0.3, 1.0, 3.0]", "{log: [0.1, 10, 3]}")
    assert rates(trials(ranged))[:3] == [0.1, 1.0, 10.0]
    zipped = STUDY.replace(
        "optimizer.learning_rate: [0.3, 1.0, 3.0]", "zip: {optimizer.learning_rate: [1, 2], epochs: [4, 5]}"
    )
    assert [trial.tuned for trial in trials(zipped)[:2]] == [
        {"optimizer.learning_rate": 1, "epochs": 4},
        {"optimizer.learning_rate": 2, "epochs": 5},
    ]
    drawn = STUDY.replace("[0.3, 1.0, 3.0]", "{log: [0.1, 10]}, sample: 4")
    assert len(set(rates(trials(drawn)))) == 4
    labelled = STUDY.replace("[0.3, 1.0, 3.0]", "{low: 0.3, high: 3}")
    assert [trial.tuned["optimizer.learning_rate"] for trial in trials(labelled)[:2]] == ["low", "high"]


def test_a_setting_is_tuned_where_the_kind_has_it_and_only_where_it_is_asked_for() -> None:
    text = """\
name: small
grid: {loss.kind: [nt_xent, margin, nt_logistic]}
tune:
  loss.margin: [0.4, 0.8]
  optimizer.learning_rate: [0.3, 1.0]
  only_where: {optimizer.learning_rate: {loss.kind: [margin, nt_logistic]}}
baselines: {random: {epochs: 0}}
"""
    counts: dict[str, list[tuple[str, ...]]] = {}
    for trial in trials(text):
        counts.setdefault(trial.cell_name, []).append(tuple(trial.tuned))
    both, rate = ("loss.margin", "optimizer.learning_rate"), ("optimizer.learning_rate",)
    assert counts == {"nt_xent": [()], "margin": [both] * 4, "nt_logistic": [rate] * 2, "random": [()]}


def test_a_baseline_keeps_what_it_sets_and_is_tuned_in_the_rest() -> None:
    found = trials(STUDY + "baselines: {own: {optimizer.learning_rate: 2}, longer: {epochs: 5}}\n")
    assert rates([trial for trial in found if trial.baseline == "own"]) == [2]
    assert rates([trial for trial in found if trial.baseline == "longer"]) == [0.3, 1.0, 3.0]


def test_a_scale_overrides_the_values_or_drops_them() -> None:
    text = STUDY + "scales:\n  quick: {tune: {}}\n  other: {}\n  laptop: {tune: {optimizer.learning_rate: [1, 2]}}\n"
    assert rates(trials(text)) == [3.0, 3.0]
    assert rates(trials(text, scale="laptop")) == [1, 2] * 2
    assert len(trials(text, scale="other")) == 6
    assert load(text).tune is None


def test_an_extending_study_has_what_is_tuned_and_may_drop_it() -> None:
    Path("parent.yaml").write_text(STUDY)
    assert len(trials("name: child\nextends: parent.yaml\n")) == 6
    assert len(trials("name: child\nextends: parent.yaml\ntune: {}\n")) == 2


def test_on_the_command_line_values_are_replaced() -> None:
    assert rates(trials(STUDY, "optimizer.learning_rate=[1, 2]")) == [1, 2] * 2
    one = trials(STUDY, "optimizer.learning_rate=2", "evaluate.protocol=linear_sgd")
    assert rates(one) == [2, 2]  # one value needs no choice, and so no validation score


def test_values_tell_that_they_are_tuned_and_where() -> None:
    scaled = load()
    found = {one.path: one for one in Resolver(scaled).settings(enumerate_trials(scaled)[4])}
    rate = found["optimizer.learning_rate"]
    assert (rate.value, rate.origin, rate.place) == (1.0, "tune", "study.yaml:4:39")
    assert found["loss.temperature"].origin == "cell"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ("tune: {", "tune: {loss.temperature: [1], "),
            ["study.yaml:4:27", "loss.temperature is an axis of the grid too", "keep one"],
        ),
        (
            ("grid: {loss.temperature", "grid: {points: {a: {optimizer.learning_rate: 1}}, loss.temperature"),
            ["is set at study.yaml:3", "only_where"],
        ),
        (("optimizer.learning_rate", "optimizer.learning_rat"), ["study.yaml:4:32", "did you mean", "learning_rate"]),
        (("[0.3, 1.0, 3.0]", "[]"), ["at least one value"]),
        (("[0.3, 1.0, 3.0]", "[0.3, fast]"), ["study.yaml:4:39", "fast"]),
        (("[0.3, 1.0, 3.0]", "[0.3, 0.3]"), ["given twice"]),
        (("3.0]}", "3.0], only_where: {optimizer.learning_rate: {loss.kind: [margin]}}}"), ["loss.kind", "no axis"]),
        (("3.0]}", "3.0], only_where: {loss.temperature: {optimizer.learning_rate: [0.3]}}}"), ["under 'grid'"]),
        (("optimizer.learning_rate: [0.3, 1.0, 3.0]", "loss.margin: [0.4, 0.8]"), ["no cell has loss.margin"]),
        (("tune: {", "tune: {seed: [1, 2], "), ["--seeds"]),
        (
            ("epochs: 4}", "epochs: 4, evaluate.protocol: linear_sgd}"),
            ["linear_sgd", "no validation score", "(frozen)"],
        ),
        (("epochs: 4}", "epochs: 4, loss.kind: cross_entropy}"), ["loss.temperature"]),
        (("tune: {", "tune: {data.subset: [100, 200], "), ["different images", "evaluate.metric"]),
        (("tune: {", "tune: {evaluate.holdout: [0.1, 0.2], "), ["different images", "evaluate.metric"]),
        (("tune: {", "stop_early: {grace_epochs: 1}\ntune: {"), ["stop_early", "take one of the two out"]),
        (
            ("tune: {", "report: {kind: points, x: loss.temperature, metric: linear_eval/validation}\ntune: {"),
            ["too high to report", "top1"],
        ),
        (("tune: {", "report: {kind: points, x: optimizer.learning_rate}\ntune: {"), ["no axis of the grid"]),
        (("3.0]}", "3.0]}\nscales: {laptop: {tune: {epoch: [1]}}}"), ["study.yaml:5:33", "did you mean 'epochs'"]),
    ],
)  # fmt: skip
def test_what_cannot_be_tuned_is_refused(change: tuple[str, str], told: list[str]) -> None:
    assert change[0] in STUDY
    message = refused(STUDY.replace(*change, 1))
    for part in told:
        assert part in message, message


def test_labels_that_were_learned_choose_nothing() -> None:
    text = STUDY + "baselines: {supervised: {loss.kind: cross_entropy}}\n"
    message = refused(text)
    assert "supervised: loss.kind cross_entropy learns the labels" in message
    assert "give it these values itself" in message
    assert len(trials(text.replace("entropy}", "entropy, optimizer.learning_rate: 1}"))) == 7


def test_what_wins_over_set_is_refused() -> None:
    zipped = STUDY.replace("optimizer.learning_rate: [0.3, 1.0, 3.0]", "points: {a: {epochs: 4}, b: {epochs: 5}}")
    assert "the axis 'points', which overrides --set" in refused(zipped, "epochs=6")
    assert "name each value of an axis once" in refused(STUDY, "optimizer.learning_rate=[1, 1]")
