"""A saved report is the report: the same figure, the same verdicts, and what is left to pay."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_report import AXES, DONE, METRIC, REPORT, better

from reports.cells.arrays import TrialArrays
from reports.cells.search import Search, chosen_rows, mark_chosen
from reports.figures.drawn import draw
from reports.saved.claims import paper_effects, saved_claims, training_seconds
from reports.saved.collection import SavedCollection, SavedStudy, redraw
from reports.saved.study import load_report, save_report
from reports.statistics.claims.kinds import AgreementClaim, BetterClaim, Cells
from reports.statistics.measured import CORRECT
from reports.study_report import StudyReport

IMAGES = np.random.default_rng(0).random((len(DONE), 400))
RIGHT = pd.Series([row < value / 100 for row, value in zip(IMAGES, DONE[METRIC], strict=True)], dtype=object)
WHOLE = replace(
    REPORT,
    table=DONE.assign(encoder_id=DONE["trial_id"].str[:-2], **{f"{CORRECT}{METRIC}": RIGHT}),
    claims=[*REPORT.claims, better(("color", "crop"), ("crop", "crop")).model_copy(update={"margin": 9.99})],
)


def test_what_was_saved_is_judged_and_drawn_as_before() -> None:
    save_report(WHOLE, Path("saved"))
    again = load_report(Path("saved"))
    assert [verdict.reason for verdict in again.verdicts] == [verdict.reason for verdict in WHOLE.verdicts]
    pd.testing.assert_frame_equal(draw(again).data, draw(WHOLE).data, rtol=1e-5)
    assert (again.settings, again.facts, again.spec) == (WHOLE.settings, WHOLE.facts, WHOLE.spec)
    assert not {"run_id", "remedy"} & set(again.table)


def test_a_search_and_pictures_come_back(tmp_path: Path) -> None:
    tuned = DONE.assign(rate=["0.1", "0.3", "1.0"] * 3, validation=[1.0, 3.0, 2.0] * 3, seed=0)
    search = Search({"rate": ["0.1", "0.3", "1.0"]}, mark_chosen(tuned, AXES))
    arrays = {"id-crop-crop-0": TrialArrays({"tsne/points": np.eye(3)}, ("a", "b"))}
    save_report(replace(REPORT, search=search, table=chosen_rows(search, AXES), arrays=arrays), tmp_path)
    again = load_report(tmp_path)
    assert list(again.table["rate"]) == ["0.3"] * 3
    assert again.search is not None and len(again.search.table) == len(DONE)
    (back,) = again.arrays.values()
    assert list(back.classes) == ["a", "b"] and np.array_equal(back.arrays["tsne/points"], np.eye(3))


def test_pictures_of_a_former_figure_are_gone(tmp_path: Path) -> None:
    arrays = {"id-crop-crop-0": TrialArrays({"tsne/points": np.eye(3)}, ("a", "b"))}
    save_report(replace(REPORT, arrays=arrays), tmp_path)
    save_report(REPORT, tmp_path)
    assert load_report(tmp_path).arrays == {}


def test_the_paper_has_its_own_effect_where_it_prints_the_cells() -> None:
    axes = ["augment.first", "augment.second"]
    cells: Cells = [{"augment.first": "crop", "augment.second": second} for second in ("color", "crop")]
    stands_out = BetterClaim(says="", cells=cells[:1], than=cells[1:])
    order = AgreementClaim(says="", key="figure_5")
    elsewhere = BetterClaim(says="", cells=[{"augment.first": "mixup"}], than=cells[1:])
    assert paper_effects([stands_out, order, elsewhere], axes, METRIC, "figure_5") == [
        [pytest.approx(56.3 - 33.1)],
        [None],
        [None],
    ]
    assert paper_effects([stands_out], axes, METRIC, None) == [[None]]


def test_an_undecided_claim_says_what_it_costs() -> None:
    claims = saved_claims(WHOLE, WHOLE.verdicts, [[None]] * 3, training_seconds([WHOLE]))
    decided, open_claim = claims[0], claims[2]
    assert (decided.word, decided.seeds_needed, decided.hours_needed) == ("SUPPORTED", None, None)
    assert open_claim.word == "UNDECIDED" and open_claim.seeds_needed and open_claim.hours_needed
    a_seed = 2 * 92 / 3 / 3600  # two cells, each with one encoder in this table, whose longest trial took 92 s
    assert open_claim.hours_needed == pytest.approx((open_claim.seeds_needed - 3) * a_seed)


def test_a_collection_is_drawn_again_from_its_folder() -> None:
    folder = Path("small-quick")
    save_report(WHOLE, folder / "small")
    studies = [saved_study(WHOLE, done=9), saved_study(replace(WHOLE, name="later"), done=3, waiting=6)]
    SavedCollection(
        name="all", title="All", scale="quick", scale_description="tiny", command="", facts={}, hours=1, studies=studies
    ).write(folder)
    saved = redraw(folder)
    assert saved == SavedCollection.read(folder)
    assert [claim.word for claim in saved.studies[0].claims] == [verdict.word for verdict in WHOLE.verdicts]
    assert [study.name for study in saved.whole] == ["small"] and not saved.studies[1].claims
    assert sorted(path.name for path in folder.rglob("*.png")) == ["figure.png", "forest.png"]
    assert "50.1" in (folder / "small" / "table.md").read_text()


def saved_study(report: StudyReport, **states: int) -> SavedStudy:
    known = {"done": 0, "failed": 0, "stopped": 0, "waiting": 0} | states
    return SavedStudy(name=report.name, title="T", reproduces=None, states=known, hours=1, paper_effects=[[None]] * 3)
