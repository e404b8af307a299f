"""Precision is what was measured to be faster, and one answer for all processes."""

import json

import pytest
import torch

from core.numerics import Numerics, choose, fastest_numerics

SECONDS = {
    "float32 contiguous": 1.0,
    "float32 channels_last": 0.8,
    "bfloat16 contiguous": 0.5,
    "bfloat16 channels_last": 0.6,
}


def test_the_faster_precision_and_its_faster_layout_are_chosen() -> None:
    assert choose(SECONDS, "auto") == Numerics("bfloat16", channels_last=False)
    assert choose(SECONDS, "float32") == Numerics("float32", channels_last=True)
    assert choose(SECONDS, "bfloat16") == Numerics("bfloat16", channels_last=False)


def test_float32_stays_where_bfloat16_is_hardly_faster() -> None:
    close = SECONDS | {"bfloat16 contiguous": 0.75, "bfloat16 channels_last": 0.75}
    assert choose(close, "auto").precision == "float32"


def test_hardware_is_measured_once(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    measured = fastest_numerics(torch.device("cpu"), "auto")
    (path,) = (tmp_path / "simclr-ablations").glob("numerics-*.json")
    opposite = "float32" if measured.precision == "bfloat16" else "bfloat16"
    path.write_text(json.dumps({name: 0.1 if name.startswith(opposite) else 1.0 for name in SECONDS}))
    assert fastest_numerics(torch.device("cpu"), "auto").precision == opposite
