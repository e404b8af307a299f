"""In which precision and memory layout the encoder is fastest on this hardware: measured, not guessed."""

import json
import time
from dataclasses import dataclass
from typing import Literal

import torch

from core.config.model import EncoderConfig
from core.encoder.resnet import build_encoder
from core.files import cache_dir, write_text_once
from core.hardware import hardware_name

Precision = Literal["float32", "bfloat16"]
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")

CLEARLY_FASTER = 1.15
"""bfloat16 is chosen only where it is this many times as fast, so that noise does not decide."""
TIMED_STEPS = 3


@dataclass(frozen=True)
class Numerics:
    """How the encoder computes."""

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
    """The memory layout, and for ``auto`` the precision, that trains a small ResNet fastest on ``device``.

    Measured once for a kind of hardware and a PyTorch version (a few seconds), then remembered in the
    user's cache folder, so that every trial on one machine computes alike.
    """
    path = cache_dir() / f"numerics-{_hardware_key(device)}.json"
    if not path.exists():
        write_text_once(path, json.dumps(_measure(device), indent=1))  # all processes act on one measurement
    return choose(json.loads(path.read_text()), precision)


def choose(seconds: dict[str, float], precision: Precision | Literal["auto"]) -> Numerics:
    """From seconds a step by ``str(Numerics)`` to the numerics to use."""

    def fastest(of: Precision) -> Numerics:
        return min((Numerics(of, last) for last in (False, True)), key=lambda n: seconds[str(n)])

    full, half = fastest("float32"), fastest("bfloat16")
    if precision == "auto":
        return half if seconds[str(full)] > CLEARLY_FASTER * seconds[str(half)] else full
    return full if precision == "float32" else half


def _hardware_key(device: torch.device) -> str:
    words = f"{hardware_name(device)} {torch.backends.cpu.get_cpu_capability()} torch {torch.__version__}"
    return "".join(c if c.isalnum() else "-" for c in words)


def _measure(device: torch.device) -> dict[str, float]:
    """Seconds of one training step, by ``str(Numerics)``."""
    choices = [Numerics(precision, last) for precision in PRECISIONS for last in (False, True)]
    return {str(numerics): _step_seconds(device, numerics) for numerics in choices}


def _step_seconds(device: torch.device, numerics: Numerics) -> float:
    """The quickest of a few steps of a ResNet of the size that such a device is used for."""
    on_gpu = device.type == "cuda"
    probe = EncoderConfig(name="resnet18") if on_gpu else EncoderConfig(name="resnet10", width=0.25)
    with torch.random.fork_rng([device] if on_gpu else []):
        encoder = build_encoder(probe, 32).to(device, memory_format=numerics.memory_format)  # type: ignore[call-overload]
        views = torch.rand(512 if on_gpu else 128, 3, 32, 32, device=device)
    views = views.contiguous(memory_format=numerics.memory_format)
    seconds = []
    for _ in range(TIMED_STEPS + 1):  # the first one warms up
        start = time.perf_counter()
        with numerics.autocast(device):
            h = encoder(views)
        h.float().square().mean().backward()
        float(h.detach().flatten()[0])  # waits for the device
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])
