"""Arrays that single trials left are drawn into the report's folder, and are a study's figure if that is of
pictures."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from ablations.planning.grid import enumerate_trials
from ablations.planning.plan import make_plan
from ablations.running.outcome import Outcome
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.tracking.pictures import draw_pictures
from ablations.tracking.reader import read_study
from helpers import small_study

ARRAYS = {
    "spectrum": {"spectrum/eigenvalues": np.array([4.0, 1.0, 0.0])},
    "tsne": {"tsne/embedding": np.random.default_rng(0).normal(size=(12, 2)), "tsne/labels": np.arange(12) % 3},
    "retrieval": {
        "retrieval/queries": np.zeros((2, 3, 8, 8), dtype=np.uint8),
        "retrieval/query_labels": np.array([0, 1]),
        "retrieval/neighbors": np.zeros((2, 3, 3, 8, 8), dtype=np.uint8),
        "retrieval/neighbor_labels": np.array([[0, 1, 2], [1, 1, 0]]),
        "retrieval/similarities": np.full((2, 3), 0.5),
    },
}
WHERE = Where(Path("runs"), Path("data"), inline=True)
SHIPPED = ("example_views", "colour_histograms", "eigenvalues", "tsne")


def test_every_protocol_that_leaves_arrays_has_its_picture() -> None:
    store, folder = TrialStore(Path("runs")), Path("report")
    folder.mkdir()
    ids = {protocol: f"{number:016x}" for number, protocol in enumerate(ARRAYS)}
    for protocol, arrays in ARRAYS.items():
        store.save_arrays(ids[protocol], arrays, ("cat", "dog", "eel"))
    states = dict.fromkeys([*ids.values(), "f" * 16], "done")
    table = pd.DataFrame({"trial_id": states.keys(), "state": states.values(), "name": "a trial"})
    stored = {trial_id: store.arrays(trial_id) for trial_id in states}
    pictures = draw_pictures(table, stored, store, folder)
    assert [path.name for path in pictures] == [f"{protocol}-{ids[protocol]}.png" for protocol in ARRAYS]
    assert all(path.with_suffix(suffix).stat().st_size for path in pictures for suffix in (".png", ".svg", ".pdf"))
    assert "eel" in (folder / f"tsne-{ids['tsne']}.svg").read_text()


def test_arrays_and_their_classes_are_kept_together() -> None:
    store = TrialStore(Path("runs"))
    store.save_arrays("1" * 16, ARRAYS["tsne"], ("cat", "dog", "eel"))
    assert store.classes("1" * 16) == ("cat", "dog", "eel")
    np.testing.assert_array_equal(store.arrays("1" * 16)["tsne/labels"], ARRAYS["tsne"]["tsne/labels"])
    assert (store.classes("2" * 16), store.arrays("2" * 16)) == ((), {})
    store.save_arrays("2" * 16, {}, ("cat",))
    assert not store.trial_folder("2" * 16).exists()


def small(rest: str) -> str:
    """Without what only the default protocol has."""
    return small_study(rest, epochs=0).replace("  evaluate: {l2_count: 2, neighbors: 5}\n", "")


def run(text: str) -> Outcome:
    Path("study.yaml").write_text(text)
    return run_plan(
        make_plan(load_study("study.yaml"), TrialStore(WHERE.storage), WHERE.data_dir), WHERE, Console(quiet=True)
    )


def test_a_study_of_pictures_ends_as_one_figure_of_all_panels(mlflow_db: None) -> None:
    outcome = run(
        small(
            """\
  evaluate.protocol: colour_histograms
  evaluate.images: 20
grid:
  evaluate.strength: {Without: 0.0, With: 1.0}
seeds: 3
claims:
  - {says: Colours tell crops apart., source: Figure 6, cells: [[Without]], than: [[With]], margin: 10}
report: {kind: pictures, panels: evaluate.strength, metric: colour_histograms/same_image}
"""
        )
    )
    assert outcome.failed == 0
    assert outcome.drawn is not None
    folder = outcome.drawn.folder
    svg = (folder / "figure.svg").read_text()
    assert ["(a) Without</text>" in svg, "(b) With</text>" in svg] == [True, True]
    table = read_study("small", "quick").table
    first = table.loc[table["seed"] == 0, "trial_id"]
    assert {name.split("/")[0] for name in np.load(folder / "data.npz")} == set(first)
    assert len(outcome.drawn.pictures) == 6
    assert [verdict.word for verdict in outcome.drawn.verdicts] == ["SUPPORTED"]
    data = pd.read_csv(folder / "data.csv")
    assert data.groupby(["panel", "image", "crop"])["share"].sum().to_numpy() == pytest.approx(np.ones(2 * 2 * 4))


def test_a_panel_whose_trial_failed_says_why(mlflow_db: None) -> None:
    outcome = run(
        small(
            """\
  evaluate.protocol: example_views
grid:
  evaluate.image: [0, 60]
report: {kind: pictures, panels: evaluate.image, metric: example_views/change}
"""
        )
    )
    assert outcome.failed == 1
    assert outcome.drawn is not None
    svg = (outcome.drawn.folder / "figure.svg").read_text()
    assert "failed: evaluate.image is 60" in svg
    assert svg.count("<image") == 10


@pytest.mark.parametrize("study", SHIPPED)
@pytest.mark.parametrize("scale", ["quick", "laptop", "cifar10", "imagenet"])
def test_the_papers_pictures_are_studies_at_every_scale(study: str, scale: str) -> None:
    scaled = load_study(study, scale)
    trials = enumerate_trials(scaled)
    assert scaled.report.kind == "pictures"
    assert {trial.config.evaluate.protocol for trial in trials} == {study if study != "eigenvalues" else "spectrum"}
    if study in ("example_views", "colour_histograms"):
        assert {trial.config.pretrain.epochs for trial in trials} == {0}
