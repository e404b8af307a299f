"""Every method that the project ships beside SimCLR and the supervised baseline, as trainings of a second."""

from collections.abc import Iterable
from typing import Any

import pytest

MEMORY = {"kind": "moco", "queue": 40, "momentum": 0.9}
CLUSTERS = {"kind": "swav", "prototypes": 12, "queue": 24, "queue_epoch": 0, "frozen_epochs": 0.25}
SHIPPED: dict[str, dict[str, object]] = {
    "simsiam": {"kind": "simsiam", "hidden": 8},
    "byol": {"kind": "byol", "hidden": 8, "momentum": 0.9},
    "barlow_twins": {"kind": "barlow_twins"},
    "vicreg": {"kind": "vicreg"},
    "rotation": {"kind": "rotation"},
    "i_mix": {"kind": "i_mix"},
    "moco": MEMORY,
    "moco, symmetric": MEMORY | {"symmetric": True},
    "moco_v3": {"kind": "moco_v3", "hidden": 8, "momentum": 0.9},
    "instance_discrimination": {"kind": "instance_discrimination", "negatives": 20},
    "looc": {"kind": "looc", "left_out": [["flip"]], "queue": 40, "momentum": 0.9},
    "cpc": {"kind": "cpc", "first_step": 1, "last_step": 2, "target": 8, "context": 8, "blocks": 2},
    "autoencoder": {"kind": "autoencoder"},
    "autoencoder, sparse": {"kind": "autoencoder", "sparsity": 0.05},
    "denoising": {"kind": "denoising", "dropped": 0.1},
    "inpainting": {"kind": "inpainting"},
    "masked_squares": {"kind": "masked_squares", "squares": 4},
    "colorization": {"kind": "colorization"},
    "relative_position": {"kind": "relative_position", "hidden": 8},
    "jigsaw": {"kind": "jigsaw", "grid": 2, "permutations": 24, "embedding": 8},
    "deepcluster": {"kind": "deepcluster", "clusters": 12, "components": 8, "rounds": 4},
    "deepcluster_v2": {"kind": "deepcluster_v2", "clusters": 12, "clusterings": 3, "rounds": 4},
    "swav": CLUSTERS,
    "swav, no queue": CLUSTERS | {"queue": 0},
    "swav, small crops": CLUSTERS | {"small_crops": 2, "small_size": 8},
}
"""Settings of ``loss`` by name."""
MAE = {"kind": "mae", "decoder_width": 16, "decoder_blocks": 1, "decoder_heads": 2}
"""Settings of the masked autoencoder, whose encoder is a transformer."""

ALIKE = ("i_mix", "moco_v3", "autoencoder, sparse", "denoising", "inpainting", "colorization")
"""Methods that differ in a few lines from one that has another name here."""


def each(names: Iterable[str], slow: Iterable[str] = ()) -> list[Any]:
    """The names as parameters of a test that all methods pass. Those that are ``ALIKE`` or ``slow`` run with the slow
    tests."""
    later = {*ALIKE, *slow}
    return [pytest.param(name, marks=pytest.mark.slow) if name in later else name for name in names]
