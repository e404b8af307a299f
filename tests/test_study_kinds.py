"""Settings of one kind beside a cell, a baseline or a scale that chooses another; fields that a child inherits."""

from pathlib import Path

import pytest

from ablations.planning.grid import enumerate_trials
from ablations.study.load import load_study
from ablations.types.errors import StudyError
from ablations.types.trial import Trial
from core.config import CrossEntropy, Margin, NtXent


def trials(text: str, *assignments: str) -> list[Trial]:
    Path("study.yaml").write_text(f"name: s\n{text}\n")
    return enumerate_trials(load_study("study.yaml", None, assignments))


def test_a_baseline_of_another_kind_leaves_out_what_the_base_sets_for_the_first() -> None:
    found = trials(
        "base: {loss: {temperature: 0.3}}\n"
        "grid: {epochs: [2]}\n"
        "baselines: {supervised: {loss.kind: cross_entropy}, random: {epochs: 0}}\n"
    )
    assert [trial.config.pretrain.loss for trial in found] == [
        NtXent(temperature=0.3),
        CrossEntropy(),
        NtXent(temperature=0.3),
    ]


@pytest.mark.parametrize("assignments", [[], ["loss.temperature=0.3"]])
def test_a_cell_of_another_kind_does_too(assignments: list[str]) -> None:
    base = "" if assignments else "base: {loss.temperature: 0.3}\n"
    found = trials(f"{base}grid: {{loss.kind: [nt_xent, margin]}}\n", *assignments)
    assert [trial.config.pretrain.loss for trial in found] == [NtXent(temperature=0.3), Margin()]


def test_a_setting_of_another_kind_in_the_same_layer_is_refused_at_its_line() -> None:
    with pytest.raises(StudyError) as caught:
        trials("base:\n  loss: {kind: cross_entropy, temperature: 0.2}\ngrid: {epochs: [2, 3]}\n")
    assert str(caught.value) == (
        "study.yaml:3:44: base.loss.temperature: loss.kind 'cross_entropy' has no temperature; it is chosen at "
        "study.yaml:3:16: base.loss.kind"
    )


def test_two_axes_that_do_not_go_together_are_told_how_to() -> None:
    with pytest.raises(StudyError, match=r"grid.loss.temperature\[0\]: loss.kind 'margin' has no .* 'only_where'"):
        trials("grid: {loss.kind: [nt_xent, margin], loss.temperature: [0.1, 0.2]}\n")


def test_a_field_that_no_kind_has_is_refused_whatever_is_chosen() -> None:
    with pytest.raises(StudyError, match=r"base.loss.temprature: there is no such field; did you mean 'temperature'"):
        trials("base: {loss.temprature: 1}\ngrid: {epochs: [2]}\nbaselines: {s: {loss.kind: cross_entropy}}\n")


def test_a_field_that_other_kinds_have_is_refused_with_their_names() -> None:
    with pytest.raises(StudyError, match=r"loss.mix.kind: there is no such field; .*; cross_entropy and i_mix have it"):
        trials("base: {loss.mix.kind: mixup}\ngrid: {epochs: [2]}\n")


def test_a_field_with_the_name_of_a_kind_is_found() -> None:
    with pytest.raises(StudyError, match=r"grid.loss.margn: .* did you mean 'margin'"):
        trials("base: {loss.kind: margin}\ngrid: {loss.margn: [0.3]}\n")
    with pytest.raises(StudyError, match="known are kind, normalize, margin"):
        trials("base: {loss: {kind: margin, colour: 3}}\ngrid: {epochs: [2]}\n")


PARENT = """\
name: parent
grid: {head.kind: [none, linear]}
claims: [{says: a, source: b, cells: [[none]]}]
report: {kind: points, x: head.kind}
"""


def child(rest: str) -> None:
    Path("parent.yaml").write_text(PARENT)
    Path("child.yaml").write_text(f"name: child\nextends: parent.yaml\n{rest}")
    enumerate_trials(load_study("child.yaml"))


def test_inherited_claims_that_do_not_fit_are_told_with_the_remedy() -> None:
    with pytest.raises(StudyError) as caught:
        child("grid: {epochs: [2, 3]}\n")
    assert str(caught.value).startswith("parent.yaml:3:40: claims[0].cells[0][0]: epochs has no value 'none'")
    assert str(caught.value).endswith(
        "This comes from a study that child.yaml extends: write 'claims: []' for none there, or claims of its own"
    )


def test_an_inherited_report_that_does_not_fit_is_told_with_the_remedy() -> None:
    with pytest.raises(StudyError, match=r"parent.yaml:4:27: report.x: .*write 'report:' for the default figure there"):
        child("grid: {epochs: [2, 3]}\nclaims: []\n")
    child("grid: {epochs: [2, 3]}\nclaims: []\nreport:\n")
    with pytest.raises(StudyError) as caught:
        child("grid: {epochs: [2, 3]}\nclaims: [{says: a, source: b, cells: [[7]]}]\nreport:\n")
    assert "extends" not in str(caught.value)
