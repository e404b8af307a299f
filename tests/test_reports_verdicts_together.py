"""Verdicts on many claims and looks: what is paid for, what is said with them, and their files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from judged_cells import AXES, METRIC, Values, better, claim, results, verdict
from scipy.stats import false_discovery_control

from reports.cells import metric_names
from reports.cells.metric_names import METRIC_LABELS, unit_of
from reports.cells.names import signed
from reports.statistics.claims.kinds import Claim, read_claims
from reports.statistics.hypothesis_tests.looks import total_level
from reports.statistics.page import Judged
from reports.statistics.record import read_record, save_record, verdict_values
from reports.statistics.verdicts import judge, judge_page


def halves(*parts: Claim) -> Claim:
    return claim("all", parts=[part.model_dump() for part in parts])


CELLS: dict[str, Values] = {"a": [10.8, 13.5, 12.6], "b": [8.0, 8.9, 8.0], "c": [7.9, 8.0, 9.5], "d": [7.0, 9.0, 8.1]}


def test_one_claim_among_many_needs_more() -> None:
    alone = verdict(better("a", "b"), **CELLS)
    claims = [better("a", "b"), better("b", "c"), better("c", "d")]
    among = judge(claims, results(**CELLS), AXES, METRIC)
    assert (alone.word, among[0].word) == ("SUPPORTED", "UNDECIDED")
    assert "among 3 claims" in among[0].reason
    assert {round(one.level or 0, 6) for one in among} == {round(1 - 0.05 / 3, 6)}


def test_the_p_values_are_adjusted_by_benjamini_and_hochberg() -> None:
    claims = [better(a, b, delta=1e-6) for a, b in ("ab", "bc", "ad", "ac")]
    alone = [verdict(one, **CELLS).p for one in claims]
    together = [one.p for one in judge(claims, results(**CELLS), AXES, METRIC)]
    assert together == pytest.approx(false_discovery_control(alone).tolist())


def test_a_hypothesis_counts_once_however_many_studies_state_it() -> None:
    table = results(**CELLS)
    once = Judged([better("a", "b")], table, AXES, METRIC)
    other = Judged([better("a", "b", says="in other words")], table.assign(y="1"), ["x", "y"], METRIC)
    first, second = judge_page([once, other])
    assert (first[0].p, first[0].word, first[0].interval) == (second[0].p, second[0].word, second[0].interval)
    assert first[0].ruling is not None and first[0].ruling.claims == 1
    assert first[0].ruling.sentence == ""
    more = judge_page([once, replace(once, claims=[better("b", "c")])])[0][0]
    assert more.ruling is not None
    assert more.ruling.sentence.startswith("2 distinct claims can be judged on this page. At most 5 % of those")


def test_claims_that_are_tested_otherwise_have_each_its_own_p() -> None:
    """The same cells: with 1 point that matters they are alike, and with a hundredth nobody knows."""
    alike: dict[str, Values] = {"a": [8.0, 8.1, 8.0], "b": [8.0, 8.0, 8.1]}
    once = Judged([better("a", "b")], results(**alike), AXES, METRIC)
    strict, later = replace(once, claims=[better("a", "b", delta=0.01)]), replace(once, looks=(3, 5, 10))
    for others in ((strict, later), (later, strict)):
        first, *rest = (found[0] for found in judge_page([once, *others]))
        assert first.p is not None and all(one.p is not None and one.p > first.p for one in rest)
        assert first.word == "NO DIFFERENCE"


def test_claims_that_cannot_be_judged_cost_nothing() -> None:
    found = judge([better("a", "b"), better("z"), better("y")], results(**CELLS), AXES, METRIC)
    assert (found[0].word, found[0].p) == ("SUPPORTED", verdict(better("a", "b"), **CELLS).p)


def test_looking_again_is_paid_for() -> None:
    once = judge([better("a", "b")], results(**CELLS), AXES, METRIC)[0]
    looked = judge([better("a", "b")], results(**CELLS), AXES, METRIC, looks=(3, 5, 10))[0]
    assert once.p is not None
    assert looked.p == pytest.approx(float(total_level(once.p, (3, 5, 10))))
    assert (once.word, looked.word) == ("SUPPORTED", "UNDECIDED")
    assert looked.level_text == "97.9 %"


# What is told


def test_the_cells_that_a_claim_is_about_are_named() -> None:
    assert verdict(better("a", "b"), a=[1.0], b=[2.0], c=[3.0]).cells == [{"x": "a"}, {"x": "b"}]


def test_a_spread_that_is_far_from_the_usual_one_is_said() -> None:
    random = np.random.default_rng(3)
    many = {f"c{number}": list(random.normal(size=3)) for number in range(50)}
    found = judge([better("a", "b", delta=0.01)], results(a=[0.5, 0.52, 0.48], b=[0.0, 0.0, 0.0], **many), AXES, METRIC)
    assert "its cells spread by 0.014 over seeds (usual: " in found[0].reason
    assert found[0].word == "UNDECIDED"


def test_a_small_effect_is_told_with_the_digits_that_it_has() -> None:
    shown = {12.34: "+12.3", -1.0: "-1.0", 0.0041: "+0.0041", -0.04: "-0.04", 0.5: "+0.5"}
    assert {value: signed(value) for value in shown} == shown


def test_equal_cells_are_wrong_as_rarely_as_said_once_their_images_are_known() -> None:
    """The means alone decided 36 % of 500 pairs of equal cells, and the images 4 %; here are 60 pairs."""
    decided = {"means": 0, "images": 0}
    for number in range(60):
        random, rows = np.random.default_rng(number), []
        for x in "ab":
            of_cell = random.random(1000) < 0.5
            for seed in range(3):
                right = of_cell ^ (random.random(1000) < 0.05)
                row = {"x": x, "seed": seed, "baseline": "", "state": "done", "correct/top1": right}
                rows.append(row | {METRIC: 100 * right.mean()})
        table = pd.DataFrame(rows)
        for name, one in (("means", table.drop(columns="correct/top1")), ("images", table)):
            decided[name] += judge([better("a", "b")], one, AXES, METRIC)[0].word in ("SUPPORTED", "REFUTED")
    assert decided["images"] <= 7 < 14 < decided["means"]


def test_an_effect_has_the_unit_of_its_metric() -> None:
    table = results(a=[3.0, 3.1, 3.3], b=[1.0, 1.0, 1.1]).rename(columns={METRIC: "pretrain/entropy"})
    asked = better("a", "b", metric="pretrain/entropy")
    assert " nats, 95 % interval" in judge([asked], table, AXES, METRIC)[0].reason
    own = better("a", "b")
    assert " nats, 95 % interval" in judge([own], table, AXES, "pretrain/entropy")[0].reason
    assert unit_of("tsne/silhouette") == "" != unit_of("mine/score")


def test_anyone_can_judge_again_from_the_files(tmp_path: Path) -> None:
    table = results(**CELLS, e=[1.0, None, 2.0]).assign(run_id="r", error="", stopped_at=np.nan)
    claims = [better("a", "b"), better("e"), halves(better("a", "c"), better("b", "c"))]
    judged = Judged(claims, table, AXES, METRIC, (3, 5))
    verdicts = judge_page([judged])[0]
    save_record(judged, verdicts, tmp_path)
    again = read_record(tmp_path)
    assert [verdict_values(one) for one in judge_page([again])[0]] == [verdict_values(one) for one in verdicts]
    assert again.looks == (3, 5)


def test_an_own_metric_keeps_its_unit_in_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Judged again where the code that measures it is not known, it would count as a percentage."""
    known = dict(METRIC_LABELS)
    monkeypatch.setattr(metric_names, "METRIC_LABELS", known | {r"own/distance_\d+": "distance (nats)"})
    table = results(a=[0.5, 0.52, 0.48], b=[0.5, 0.5, 0.51]).rename(columns={METRIC: "own/distance_3"})
    judged = Judged([better("a", "b", metric="own/distance_3")], table, AXES, METRIC)
    (verdict,) = judge_page([judged])[0]
    save_record(judged, [verdict], tmp_path)
    monkeypatch.setattr(metric_names, "METRIC_LABELS", dict(known))
    (again,) = judge_page([read_record(tmp_path)])[0]
    assert (again.word, again.unit, again.matters) == ("UNDECIDED", "nats", "")
    assert verdict_values(again) == verdict_values(verdict)


def test_which_images_are_right_is_in_the_files_as_bits(tmp_path: Path) -> None:
    """Each image in a bit; trials that are not done have none, and a column that a done one lacks is not used."""
    random = np.random.default_rng(1)
    table = results(a=[60.0, None, 61.0, 62.0], b=[50.0, 51.0, 50.0, 52.0])
    right = [random.random(1001) < 0.5 if state == "done" else None for state in table["state"]]
    table["correct/top1"] = pd.Series(right, dtype=object)
    judged = Judged([better("a", "b")], table.rename(columns={METRIC: "top1"}), AXES, "top1")
    (verdict,) = judge_page([judged])[0]
    assert "test images" not in verdict.fixed
    save_record(judged, [verdict], tmp_path)
    assert "correct" not in (tmp_path / "trials.csv").read_text()
    assert (tmp_path / "right_images.npz").stat().st_size < 8 * 126 + 1000
    (again,) = judge_page([read_record(tmp_path)])[0]
    assert verdict_values(again) == verdict_values(verdict)
    save_record(Judged(judged.claims, judged.table.drop(columns="correct/top1"), AXES, "top1"), [verdict], tmp_path)
    assert not (tmp_path / "right_images.npz").exists()
    (without,) = judge_page([read_record(tmp_path)])[0]
    assert without.fixed == ("training subset", "hold-out", "choice of labels", "test images")


def test_claims_of_an_older_form_are_read() -> None:
    old = {"kind": "similar", "says": "a", "source": "b", "margin": 2.0, "metric": None}
    (read,) = read_claims([old | {"effect": {"axis": "x", "values": [], "where": {}}}])
    assert read == claim("similar", axis="x", margin=2.0).model_copy(update={"says": "a", "source": "b"})
