"""The precision and memory layout in which an encoder is fastest on this hardware: measured, not guessed."""

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal

import torch

from core.config.encoder import ResNet
from core.encoder.build import build_encoder
from core.files import one_at_a_time
from core.hardware import forget_memory_peak, hardware_name, one_thread
from core.step_times import StepTimes, held_times, path_of, save_times, time_steps

Precision = Literal["float32", "bfloat16"]
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")

CLEARLY_FASTER = 1.15
"""Least speed-up for which bfloat16, or the layout that is slower on most devices, is chosen: noise does not decide."""


@dataclass(frozen=True)
class Numerics:
    """Precision and memory layout of an encoder's computations."""

    precision: Precision
    channels_last: bool

    @property
    def memory_format(self) -> torch.memory_format:
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def autocast(self, device: torch.device) -> torch.autocast:
        return torch.autocast(device.type, torch.bfloat16, enabled=self.precision == "bfloat16")

    def __str__(self) -> str:
        return f"{self.precision} {'channels_last' if self.channels_last else 'contiguous'}"


def fastest_numerics(device: torch.device, precision: Precision | Literal["auto"]) -> Numerics:
    """Return the memory layout, and for ``auto`` the precision, that trains a small ResNet fastest on ``device``.

    It is measured once for each kind of hardware and version of PyTorch, which takes a few seconds, and then kept in
    the user's cache folder, so that every trial on one machine computes in the same way. A measurement on a busy
    machine is used for an hour and then measured again. The first trials of a study start together: one of them
    measures while the others wait, or they would measure each other.
    """
    path = path_of(f"{hardware_name(device)} {torch.backends.cpu.get_cpu_capability()} torch {torch.__version__}")
    times = held_times(path)
    if times is None:
        with one_at_a_time(path.with_suffix(".lock")):
            times = held_times(path)
            if times is None:
                times = _measure(device)
                save_times(path, times)
                forget_memory_peak()
    return choose(times.seconds, precision)


def choose(times: Mapping[str, float], precision: Precision | Literal["auto"]) -> Numerics:
    """Choose the numerics from the time of a step with each, in any unit, by ``str(Numerics)``.

    Channels last is faster with today's kernels, so the other layout has to be clearly faster to be chosen.
    """

    def fastest(of: Precision) -> Numerics:
        last, contiguous = Numerics(of, channels_last=True), Numerics(of, channels_last=False)
        return contiguous if times[str(last)] > CLEARLY_FASTER * times[str(contiguous)] else last

    full, half = fastest("float32"), fastest("bfloat16")
    if precision == "auto":
        return half if times[str(full)] > CLEARLY_FASTER * times[str(half)] else full
    return full if precision == "float32" else half


def _measure(device: torch.device) -> StepTimes:
    """Time a step of a small ResNet with each choice, on a number of views that is usual for such a device.

    On a CPU it is the processor time of one thread, which other processes on the machine hardly change.
    """
    on_gpu, side = device.type == "cuda", 32
    config, count = (ResNet(name="resnet18"), 512) if on_gpu else (ResNet(name="resnet10", width=0.25), 64)
    choices = [Numerics(precision, last) for precision in PRECISIONS for last in (False, True)]
    with torch.random.fork_rng([device] if on_gpu else []):
        steps = {str(numerics): _step(numerics, config, (count, 3, side, side), device) for numerics in choices}
    with nullcontext() if on_gpu else one_thread():
        seconds, load = time_steps(steps, time.perf_counter if on_gpu else time.thread_time)
    words = f"{config.name} of width {config.width:g}, {count} views of {side} x {side} pixels"
    return StepTimes(hardware_name(device), torch.__version__, words, seconds, load, time.time())


def _step(numerics: Numerics, config: ResNet, shape: tuple[int, ...], device: torch.device) -> Callable[[], None]:
    """A training step on views of that shape."""
    encoder = build_encoder(config, shape[-1])
    encoder = encoder.to(device, memory_format=numerics.memory_format)  # type: ignore[call-overload]
    views = torch.rand(shape, device=device).contiguous(memory_format=numerics.memory_format)

    def step() -> None:
        with numerics.autocast(device):
            h = encoder(views)
        h.float().square().mean().backward()
        float(h.detach().flatten()[0])  # waits for the device

    return step
