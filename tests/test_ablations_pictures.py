"""What single trials left beside their metrics is drawn into the report's folder."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ablations.pictures import draw_pictures
from ablations.store import TrialStore
from reports.spectrum import SMALLEST, spectrum_figure

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


def test_every_protocol_that_leaves_arrays_has_its_picture() -> None:
    store, folder = TrialStore(Path("runs")), Path("report")
    folder.mkdir()
    for protocol, arrays in ARRAYS.items():
        store.save_arrays(protocol, arrays, ("cat", "dog", "eel"))
    states = {**dict.fromkeys(ARRAYS, "finished"), "nothing": "finished"}
    table = pd.DataFrame({"trial_id": states.keys(), "state": states.values()})
    pictures = draw_pictures(table, store, folder)
    assert [path.name for path in pictures] == [f"{protocol}-{protocol}.png" for protocol in ARRAYS]
    assert all(path.with_suffix(suffix).stat().st_size for path in pictures for suffix in (".png", ".svg", ".pdf"))
    assert "eel" in (folder / "tsne-tsne.svg").read_text()


def test_arrays_and_their_classes_are_kept_together() -> None:
    store = TrialStore(Path("runs"))
    store.save_arrays("one", ARRAYS["tsne"], ("cat", "dog", "eel"))
    assert store.classes("one") == ("cat", "dog", "eel")
    np.testing.assert_array_equal(store.arrays("one")["tsne/labels"], ARRAYS["tsne"]["tsne/labels"])
    assert (store.classes("two"), store.arrays("two")) == ((), {})
    store.save_arrays("two", {}, ("cat",))
    assert not store.trial_folder("two").exists()


def test_the_spectrum_is_drawn_on_both_scales() -> None:
    linear, logarithmic = spectrum_figure(ARRAYS["spectrum"]).axes
    assert (linear.get_yscale(), logarithmic.get_yscale()) == ("linear", "log")
    assert list(logarithmic.lines[0].get_ydata()) == pytest.approx([4.0, 1.0, SMALLEST])
