"""The choice of tuned values: on held-out training images, once every candidate has ended, and without bias."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from invented import drawn, report

from reports.cells.edges import l2_edges, tuned_edges
from reports.cells.search import Candidate, Search, choose, chosen_rows, chosen_texts, mark_chosen
from reports.pages.render import render
from reports.pages.study_page import write_page
from reports.specs import PointsReport
from reports.statistics.record import read_record

AXES, RATE = ["temperature"], "rate"


def trial(rate: float, validation: float | None, top1: float, seed: int = 0, **more: object) -> dict[str, object]:
    return {
        "trial_id": f"{more.get('temperature', 'a')}-{rate}-{seed}",
        "name": f"rate {rate}",
        "seed": seed,
        "baseline": "",
        "temperature": "a",
        "state": "done",
        "error": "",
        RATE: str(rate),
        "validation": np.nan if validation is None else validation,
        "top1": top1,
    } | more


def search(*rows: dict[str, object], values: list[str] | None = None) -> Search:
    return Search({RATE: values or ["0.1", "1.0", "3.0"]}, mark_chosen(pd.DataFrame(list(rows)), AXES))


def test_the_test_metric_has_no_part_in_the_choice() -> None:
    """The order by test accuracy is the reverse of that by held-out images."""
    rows = [trial(0.1, 90, 10), trial(1.0, 80, 20), trial(3.0, 70, 30)]
    assert list(chosen_rows(search(*rows), AXES)["top1"]) == [10]
    without = [{name: value for name, value in row.items() if name != "top1"} for row in rows]
    assert list(chosen_rows(search(*without), AXES)[RATE]) == ["0.1"]


def test_choosing_on_held_out_images_leaves_the_test_score_unbiased_and_on_test_images_does_not() -> None:
    """Five values that are equally good, at 70 %: chosen on the 400 held-out images they score 70 % on the test set."""
    draws = np.random.default_rng(0)
    shape = (400, 5)
    validation, test = (100 * draws.binomial(400, 0.7, shape) / 400 for _ in range(2))
    rows = [
        trial(number, validation[seed, number], test[seed, number], seed)
        for seed in range(shape[0])
        for number in range(shape[1])
    ]
    found = chosen_rows(search(*rows), AXES)["top1"]
    error = float(found.std() / np.sqrt(len(found)))
    assert abs(found.mean() - 70) < 3 * error
    on_test = test.max(axis=1)
    assert on_test.mean() - 70 > 10 * error


def test_a_better_value_is_chosen_more_often_the_better_it_is() -> None:
    assert choose([Candidate("a", "done", 60.0), Candidate("b", "done", 61.0)]) == "b"
    assert choose([Candidate("a", "done", 61.0), Candidate("b", "done", 61.0)]) == "a"  # the first among equals
    assert choose([Candidate("a", "done", float("nan")), Candidate("b", "done", 1.0)]) == "b"


@pytest.mark.parametrize("state", ["waiting", "running", "stopped"])
def test_nothing_is_chosen_before_every_candidate_has_ended(state: str) -> None:
    assert choose([Candidate("a", "done", 60.0), Candidate("b", state, None)]) is None


def test_failed_candidates_are_left_out_of_the_choice() -> None:
    assert choose([Candidate("a", "done", 60.0), Candidate("b", "failed", None)]) == "a"
    assert choose([Candidate("a", "failed", None), Candidate("b", "failed", None)]) is None


def test_a_result_of_an_older_version_waits_for_its_validation_score() -> None:
    assert choose([Candidate("a", "done", 60.0), Candidate("b", "done", None)]) is None
    assert choose([Candidate("b", "done", None)]) == "b"  # alone it needs none


def test_a_seed_that_is_not_chosen_yet_has_no_result() -> None:
    rows = [trial(0.1, 90, 10), trial(1.0, 80, 20), trial(0.1, 90, 10, 1), trial(1.0, None, np.nan, 1, state="waiting")]
    rows += [trial(rate, None, np.nan, 2, state="failed", error="diverged") for rate in (0.1, 1.0)]
    rows += [trial(0.1, 90, 10, 3), trial(1.0, None, 50, 3)]
    table = chosen_rows(search(*rows), AXES)
    assert list(table["state"]) == ["done", "waiting", "failed", "waiting"]
    assert list(table[RATE]) == ["0.1", "", "", ""]
    texts = chosen_texts(table, AXES, [RATE])
    assert texts.to_dict("records") == [{"temperature": "a", RATE: "0.1, –, –, –"}]


def test_cells_and_seeds_are_searched_one_by_one() -> None:
    rows = [trial(rate, rate, rate, seed, temperature="a") for seed in (0, 1) for rate in (0.1, 1.0)]
    rows += [trial(rate, -rate, rate, seed, temperature="b") for seed in (0, 1) for rate in (0.1, 1.0)]
    table = chosen_rows(search(*rows), AXES)
    assert list(zip(table["temperature"], table["seed"], table[RATE], strict=True)) == [
        ("a", 0, "1.0"),
        ("a", 1, "1.0"),
        ("b", 0, "0.1"),
        ("b", 1, "0.1"),
    ]


def test_a_choice_at_an_edge_says_what_to_set() -> None:
    def edges(*chosen: float, values: tuple[float, ...] = (0.1, 1.0, 3.0)) -> list[str]:
        rows = [trial(rate, 90 if rate == best else 10, 0, seed) for seed, best in enumerate(chosen) for rate in values]
        return tuned_edges(search(*rows), AXES)

    assert edges(3.0, 3.0, 1.0) == [
        "The chosen rate is the largest that was tried, 3.0, in 2 of 3 searches; add a larger one to 'tune'."
    ]
    assert edges(0.1, 0.1, 0.1)[0].startswith("The chosen rate is the smallest that was tried, 0.1, in 3 of 3")
    assert edges(1.0, 1.0, 3.0) == []  # as often as by chance
    assert edges(0.0, 0.0, values=(0.0, 1.0)) == []  # there is nothing below 0
    same = [trial(rate, 50, 0) for rate in (0.1, 1.0)]
    assert tuned_edges(search(*same), AXES) == []


def test_an_l2_weight_at_the_end_of_its_grid_says_what_to_set() -> None:
    ends = [(1e-5, 0.1)] * 4 + [None]
    assert l2_edges(ends, [0.1, 0.1, 0.1, 1e-3, float("nan")]) == [
        "The chosen l2 weight is the largest of its grid in 3 of 4 trials; set evaluate.l2_high above 0.1."
    ]
    one_of_each = l2_edges(ends, [0.1, 1e-5, 1e-3, 1e-3, float("nan")])
    assert [text.partition(" of its grid in ")[::2] for text in one_of_each] == [
        ("The chosen l2 weight is the smallest", "1 of 4 trials; set evaluate.l2_low below 1e-05."),
        ("The chosen l2 weight is the largest", "1 of 4 trials; set evaluate.l2_high above 0.1."),
    ]
    assert l2_edges(ends, [1e-2, 1e-3, 1e-3, 1e-3, float("nan")]) == []
    low = l2_edges(ends, [1e-5] * 4 + [float("nan")])
    assert low == [
        "The chosen l2 weight is the smallest of its grid in 4 of 4 trials; set evaluate.l2_low below 1e-05."
    ]


def test_failed_candidates_leave_no_cell_unfinished(tmp_path: Path) -> None:
    rows = [trial(rate, rate, 10 + rate) for rate in (0.1, 1.0)]
    lost = trial(3.0, None, np.nan) | {"state": "failed", "error": "the loss is not finite"}
    found = search(*rows, lost)
    spec = PointsReport(x="temperature")
    tuned = report(spec, chosen_rows(found, AXES), AXES, search=found, reproduces=None, command="ablate run it")
    page = write_page(tmp_path / "report.html", tuned, drawn(spec, tuned.table, AXES), "<svg></svg>").read_text()
    assert "Not finished" not in page
    assert "--retry" not in page
    assert 'Every cell has its result. 1 of 3 trials <a href="#missing">failed</a>' in page
    assert "the loss is not finite" in page
    waiting = search(*rows, trial(3.0, None, np.nan) | {"state": "waiting"})
    assert tuned.is_finished
    assert not replace(tuned, search=waiting, table=chosen_rows(waiting, AXES)).is_finished


def test_the_files_of_a_report_have_the_chosen_values(tmp_path: Path) -> None:
    rows = [trial(rate, rate * (1 - 2 * seed), 10 + rate, seed) for seed in (0, 1) for rate in (0.1, 1.0, 3.0)]
    found = search(*rows)
    drawn = report(PointsReport(x="temperature"), chosen_rows(found, AXES), AXES, search=found, reproduces=None)
    page = render(drawn, tmp_path).read_text()
    assert "| a | 3.0, 0.1 |" in (tmp_path / "table.md").read_text()
    data = pd.read_csv(tmp_path / "data.csv")
    assert list(data[RATE]) == ["3.0, 0.1"]
    assert data["mean"][0] == pytest.approx((13 + 10.1) / 2)
    every = pd.read_csv(tmp_path / "search.csv")
    assert list(every["chosen"]) == [False, False, True, True, False, False]
    kept = read_record(tmp_path).table
    assert list(kept[RATE]) == [3.0, 0.1]
    assert "never on test images: rate (0.1, 1.0, 3.0)" in (tmp_path / "figure.md").read_text()
    assert "All 6 trials are done" in page
    assert "scored by the chosen trials: 2 of 6" in page
    assert "<td>3.0, 0.1</td>" in page
