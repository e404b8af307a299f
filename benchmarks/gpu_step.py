"""A whole training step of ResNet-18 on 32 pixels: eager, compiled, and with CUDA graphs.

    python benchmarks/gpu_step.py --batch-size 512

Small batches are bound by issuing kernels: 22 ms a step up to a batch of 512 on an H100. Each variant is measured in
this process on a training of its own, and one that fails says why and costs no other. ``loss`` must be that of the
eager step, or the variant computes something else.

``--dry-run`` runs the same code on a CPU with a tiny encoder: nothing is compiled, nothing is captured, and the numbers
mean nothing.
"""

import argparse
import time
from collections.abc import Callable

import torch

from core import PretrainConfig
from core.data.dataset import Dataset, Split
from core.hardware import hardware_name, pick_device
from core.pretraining.training import Training

STEPS, WARM_UP = 30, 8
VIEWS = 2


def training(batch: int, device: torch.device, tiny: bool) -> Training:
    """A training on random images."""
    config = PretrainConfig.model_validate(
        {
            "data": {"name": "random", "image_size": 32},
            "augment": {"strength": 0.5, "blur": False},
            "encoder": {"name": "resnet10", "width": 0.0625} if tiny else {"name": "resnet18"},
            "epochs": 1000,
            "batch_size": batch,
        }
    )
    images = torch.randint(
        0, 256, (4 * batch, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    split = Split(images, torch.zeros(len(images), dtype=torch.int64))
    return Training(config, Dataset("random", ("a",), split, split[:1]), device)


def eager(made: Training) -> Callable[[], None]:
    """The step as it is."""
    return made.advance


def compiled(made: Training) -> Callable[[], None]:
    """The encoder compiled by Inductor."""
    made.encoder.compile(backend="inductor" if made.device.type == "cuda" else "eager")
    return made.advance


def reduced_overhead(made: Training) -> Callable[[], None]:
    """The encoder compiled, with CUDA graphs by Inductor."""
    on_gpu = made.device.type == "cuda"
    made.encoder.compile(**({"mode": "reduce-overhead"} if on_gpu else {"backend": "eager"}))

    def step() -> None:
        torch.compiler.cudagraph_mark_step_begin()
        made.advance()

    return step


def graphed(made: Training) -> Callable[[], None]:
    """The encoder's forward and backward pass as one CUDA graph each; views and loss are issued as before."""
    if made.device.type == "cuda":
        views = torch.rand(VIEWS * made.config.batch_size, 3, 32, 32, device=made.device)
        views = views.contiguous(memory_format=made.numerics.memory_format)
        enabled = made.numerics.precision == "bfloat16"
        with torch.autocast("cuda", torch.bfloat16, enabled=enabled, cache_enabled=False):
            torch.cuda.make_graphed_callables(made.encoder, (views,))
    return made.advance


def whole_step(made: Training) -> Callable[[], None]:
    """The whole step as one CUDA graph, which repeats one batch and one draw: the most that graphs can give."""
    if made.device.type != "cuda":
        return made.advance
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(WARM_UP):
            made.advance()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        made.advance()
    return graph.replay


VARIANTS: dict[str, Callable[[Training], Callable[[], None]]] = {
    "eager": eager,
    "compile": compiled,
    "encoder as a graph": graphed,
    "compile, reduce-overhead": reduced_overhead,
    "whole step as a graph": whole_step,
}
"""The ways of a step that are measured, the likeliest gain first."""


def measure(name: str, batch: int, device: torch.device, tiny: bool) -> str:
    """A row of the table."""
    made = training(batch, device, tiny)
    began = time.perf_counter()
    step = VARIANTS[name](made)
    for _ in range(1 if tiny else WARM_UP):
        step()
    _wait(device)
    ready = time.perf_counter() - began
    began = time.perf_counter()
    steps = 1 if tiny else STEPS
    for _ in range(steps):
        step()
    _wait(device)
    seconds = (time.perf_counter() - began) / steps
    loss = float(made.statistics[(made.step - 1) % made.steps_per_epoch, 0])
    return f"| {name} | {batch} | {VIEWS * batch / seconds:,.0f} | {1000 * seconds:.1f} | {ready:.0f} | {loss:.3f} |"


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, nargs="+", default=[512, 128])
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args()
    device = pick_device("cpu" if options.dry_run else "cuda")
    print(f"{hardware_name(device)}, torch {torch.__version__}")
    print(
        "| variant | batch | views/s | ms a step | s until ready | loss |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    )
    for batch in [8] if options.dry_run else options.batch_size:
        for name in VARIANTS:
            try:
                print(measure(name, batch, device, options.dry_run), flush=True)
            except Exception as error:
                print(
                    f"| {name} | {batch} | failed: {type(error).__name__}: {str(error).splitlines()[0]} |", flush=True
                )


if __name__ == "__main__":
    main()
