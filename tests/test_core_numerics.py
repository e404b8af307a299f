"""Precision and layout are what was measured to be faster, also on a busy machine, and one answer for all processes."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core import numerics
from core.numerics import Numerics, choose, fastest_numerics
from core.step_times import BUSY_SECONDS, StepTimes, forget_times, kept_times, time_steps

SECONDS = {
    "float32 contiguous": 1.0,
    "float32 channels_last": 0.8,
    "bfloat16 contiguous": 0.5,
    "bfloat16 channels_last": 0.6,
}
OPPOSITE = SECONDS | {"float32 channels_last": 0.1}
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[StepTimes]:
    """The measurements to come, in their order; the fixture's list gets shorter with each measurement."""
    left = [measurement(), measurement(OPPOSITE)]
    monkeypatch.setattr(numerics, "_measure", lambda device: left.pop(0))
    return left


def measurement(seconds: dict[str, float] = SECONDS, load: float = 1.0) -> StepTimes:
    return StepTimes("a processor", "2.14", "a step", seconds, load, time.time())


def test_the_faster_precision_and_its_faster_layout_are_chosen() -> None:
    assert choose(SECONDS, "auto") == Numerics("bfloat16", channels_last=False)
    assert choose(SECONDS, "float32") == Numerics("float32", channels_last=True)
    assert choose(SECONDS, "bfloat16") == Numerics("bfloat16", channels_last=False)


def test_float32_stays_where_bfloat16_is_hardly_faster() -> None:
    close = SECONDS | {"bfloat16 contiguous": 0.75, "bfloat16 channels_last": 0.75}
    assert choose(close, "auto").precision == "float32"


def test_channels_last_stays_where_the_other_layout_is_hardly_faster() -> None:
    assert choose(SECONDS | {"bfloat16 contiguous": 0.55}, "auto").channels_last
    assert not choose(SECONDS | {"bfloat16 contiguous": 0.50}, "auto").channels_last


def test_hardware_is_measured_once(measured: list[StepTimes]) -> None:
    assert fastest_numerics(CPU, "auto") == fastest_numerics(CPU, "auto") == choose(SECONDS, "auto")
    assert len(measured) == 1


def test_a_choice_made_on_a_busy_machine_is_used_for_an_hour_and_made_again(measured: list[StepTimes]) -> None:
    measured[0] = replace(measured[0], load=1.5)
    assert fastest_numerics(CPU, "auto") == fastest_numerics(CPU, "auto") == choose(SECONDS, "auto")
    (path,) = kept_times()
    old = json.loads(path.read_text())
    path.write_text(json.dumps(old | {"measured_at": old["measured_at"] - BUSY_SECONDS}))
    assert fastest_numerics(CPU, "auto") == fastest_numerics(CPU, "auto") == choose(OPPOSITE, "auto")


@pytest.mark.parametrize("content", [json.dumps(SECONDS), "", "[]"])
def test_a_file_of_another_version_is_measured_again(content: str, measured: list[StepTimes]) -> None:
    fastest_numerics(CPU, "auto")
    (path,) = kept_times()
    path.write_text(content)
    assert not kept_times()
    assert fastest_numerics(CPU, "auto") == choose(OPPOSITE, "auto")


def test_what_is_forgotten_is_measured_again(measured: list[StepTimes]) -> None:
    fastest_numerics(CPU, "auto")
    assert forget_times() == 1
    assert fastest_numerics(CPU, "auto") == choose(OPPOSITE, "auto")


def test_one_of_several_that_begin_together_measures_and_the_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    together, measured = threading.Barrier(4), list[str]()

    def measure(device: torch.device) -> StepTimes:
        measured.append(str(device))
        return measurement()

    def begin(_: int) -> Numerics:
        together.wait()
        return fastest_numerics(CPU, "auto")

    monkeypatch.setattr(numerics, "_measure", measure)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(begin, range(4))) == {Numerics("bfloat16", channels_last=False)}
    assert len(measured) == 1


class Machine:
    """Two clocks that steps move forward: the time that counts, and the time on the wall."""

    def __init__(self, slower: Iterator[float], waits: float = 0.0) -> None:
        self.counted = self.wall = 0.0
        self._slower, self._waits = slower, waits

    def step(self, name: str) -> Callable[[], None]:
        def run() -> None:
            seconds = SECONDS[name] * next(self._slower)
            self.counted += seconds
            self.wall += seconds * (1 + self._waits)

        return run

    def measure(self) -> tuple[dict[str, float], float]:
        steps = {name: self.step(name) for name in SECONDS}
        return time_steps(steps, lambda: self.counted, lambda: self.wall)


def from_step(number: int) -> Iterator[float]:
    """How many times slower each step is: 10 times from that step on."""
    yield from [1.0] * number
    while True:
        yield 10.0


@pytest.mark.parametrize("disturbed_after", range(33))
def test_others_that_begin_in_the_middle_do_not_decide(disturbed_after: int) -> None:
    """Whatever was measured first would otherwise seem fastest."""
    seconds, _ = Machine(from_step(disturbed_after)).measure()
    assert choose(seconds, "auto").precision == "bfloat16"


def test_time_spent_waiting_for_others_is_seen_and_not_counted() -> None:
    seconds, load = Machine(from_step(99), waits=0.5).measure()
    assert seconds == pytest.approx(SECONDS)
    assert load == pytest.approx(1.5)
    assert measurement(seconds, load).is_busy
    assert not measurement(*Machine(from_step(99)).measure()).is_busy


def test_a_cpu_is_measured_in_processor_time_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def look(steps: dict[str, Callable[[], None]], clock: Callable[[], float]) -> tuple[dict[str, float], float]:
        steps["bfloat16 channels_last"]()
        seen.append((torch.get_num_threads(), clock))
        return dict.fromkeys(steps, 1.0), 1.0

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        monkeypatch.setattr(numerics, "time_steps", look)
        fastest_numerics(CPU, "auto")
        assert seen == [(1, time.thread_time)]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
