"""Precision is what was measured to be faster, and one answer for all processes."""

import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from core import numerics
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


def test_hardware_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    measured = fastest_numerics(torch.device("cpu"), "auto")
    (path,) = (tmp_path / "simclr-ablations").glob("numerics-*.json")
    opposite = "float32" if measured.precision == "bfloat16" else "bfloat16"
    path.write_text(json.dumps({name: 0.1 if name.startswith(opposite) else 1.0 for name in SECONDS}))
    assert fastest_numerics(torch.device("cpu"), "auto").precision == opposite


def test_one_of_several_that_begin_together_measures_and_the_others_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    together, measured = threading.Barrier(4), list[str]()

    def measure(device: torch.device) -> dict[str, float]:
        measured.append(str(device))
        return SECONDS

    def begin(_: int) -> Numerics:
        together.wait()
        return fastest_numerics(torch.device("cpu"), "auto")

    monkeypatch.setattr(numerics, "_measure", measure)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(begin, range(4))) == {Numerics("bfloat16", channels_last=False)}
    assert len(measured) == 1


@pytest.mark.parametrize("disturbed_after", range(17))
def test_others_that_begin_in_the_middle_do_not_decide(disturbed_after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was measured first would otherwise seem fastest."""
    steps = itertools.count()

    def step_seconds(measured: Numerics, *_: object) -> float:
        return SECONDS[str(measured)] * (10 if next(steps) >= disturbed_after else 1)

    monkeypatch.setattr(numerics, "_model_and_views", lambda *_: (None, None))
    monkeypatch.setattr(numerics, "_step_seconds", step_seconds)
    assert choose(numerics._measure(torch.device("cpu")), "auto").precision == "bfloat16"
