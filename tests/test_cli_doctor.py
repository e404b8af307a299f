"""``ablate doctor`` shows what was measured on this machine, and forgets it."""

from pathlib import Path

import pytest
from command_line import ablate

from core.step_times import StepTimes, path_of, save_times

SECONDS = {
    "float32 contiguous": 0.2,
    "float32 channels_last": 0.1,
    "bfloat16 contiguous": 0.2,
    "bfloat16 channels_last": 0.05,
}
TIMES = StepTimes("a processor", "2.14", "a small ResNet", SECONDS, load=1.0, measured_at=0.0)


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_the_choice_is_shown_with_what_it_was_made_from() -> None:
    save_times(path_of("a processor"), TIMES)
    code, text = ablate("doctor")
    assert code == 0
    assert "numerics bfloat16 channels_last\n  on a processor, PyTorch 2.14, measured 19" in text
    assert "with a small ResNet\n  float32 contiguous         200.0 ms a step\n" in text
    assert "busy" not in text


def test_a_choice_made_on_a_busy_machine_is_told_apart() -> None:
    save_times(path_of("a processor"), StepTimes(**vars(TIMES) | {"load": 2.04}))
    assert "the machine was busy: the steps took 2.0 times the time that counts" in ablate("doctor")[1]


def test_it_is_forgotten_on_request() -> None:
    save_times(path_of("a processor"), TIMES)
    assert "forgot 1 measurement" in ablate("doctor", "--reset")[1]
    assert "no numerics are measured yet" in ablate("doctor")[1]
    assert "forgot 0 measurements" in ablate("doctor", "--reset")[1]
