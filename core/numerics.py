"""The precision and memory layout in which an encoder is fastest on this hardware: measured, not guessed."""

import json
import time
from dataclasses import dataclass
from statistics import median
from typing import Literal

import torch
from torch import Tensor

from core.config.encoder import ResNet
from core.encoder.build import build_encoder
from core.encoder.encoder import Encoder
from core.files import cache_dir, one_at_a_time, write_text
from core.hardware import forget_memory_peak, hardware_name

Precision = Literal["float32", "bfloat16"]
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")

CLEARLY_FASTER = 1.15
"""Least speed-up for which bfloat16 is chosen, so that noise does not decide."""
ROUNDS = 3


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
    the user's cache folder, so that every trial on one machine computes in the same way. The first trials of a study
    start together: one of them measures while the others wait, or they would measure each other.
    """
    path = cache_dir() / f"numerics-{_hardware_key(device)}.json"
    if not path.exists():
        with one_at_a_time(path.with_suffix(".lock")):
            if not path.exists():
                write_text(path, json.dumps(_measure(device), indent=1))
                forget_memory_peak()
    return choose(json.loads(path.read_text(encoding="utf-8")), precision)


def choose(times: dict[str, float], precision: Precision | Literal["auto"]) -> Numerics:
    """Choose the numerics from the time of a step with each, in any unit, by ``str(Numerics)``."""

    def fastest(of: Precision) -> Numerics:
        return min((Numerics(of, last) for last in (False, True)), key=lambda n: times[str(n)])

    full, half = fastest("float32"), fastest("bfloat16")
    if precision == "auto":
        return half if times[str(full)] > CLEARLY_FASTER * times[str(half)] else full
    return full if precision == "float32" else half


def _hardware_key(device: torch.device) -> str:
    words = f"{hardware_name(device)} {torch.backends.cpu.get_cpu_capability()} torch {torch.__version__}"
    return "".join(c if c.isalnum() else "-" for c in words)


def _measure(device: torch.device) -> dict[str, float]:
    """Relative time of a training step with each choice, by ``str(Numerics)``: the median over rounds in which the
    choices take turns, so that other load on the machine slows them all."""
    choices = [Numerics(precision, last) for precision in PRECISIONS for last in (False, True)]
    trained = [(numerics, *_model_and_views(device, numerics)) for numerics in choices]
    rounds = [[_step_seconds(*each) for each in trained] for _ in range(ROUNDS + 1)]
    shares = [[step / sum(steps) for step in steps] for steps in rounds[1:]]  # the first round warms up
    return {str(numerics): median(each) for numerics, *each in zip(choices, *shares, strict=True)}


def _model_and_views(device: torch.device, numerics: Numerics) -> tuple[Encoder, Tensor]:
    """A small ResNet, and a number of views that is usual for such a device."""
    on_gpu = device.type == "cuda"
    probe = ResNet(name="resnet18") if on_gpu else ResNet(name="resnet10", width=0.25)
    with torch.random.fork_rng([device] if on_gpu else []):
        encoder = build_encoder(probe, 32).to(device, memory_format=numerics.memory_format)  # type: ignore[call-overload]
        views = torch.rand(512 if on_gpu else 128, 3, 32, 32, device=device)
    return encoder, views.contiguous(memory_format=numerics.memory_format)


def _step_seconds(numerics: Numerics, encoder: Encoder, views: Tensor) -> float:
    start = time.perf_counter()
    with numerics.autocast(views.device):
        h = encoder(views)
    h.float().square().mean().backward()
    float(h.detach().flatten()[0])  # waits for the device
    return time.perf_counter() - start
