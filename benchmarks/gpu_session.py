"""Everything that wants a GPU, in one prepared session of at most 12 minutes, the most valuable first.

    python benchmarks/gpu_session.py --out gpu --data-dir data --data-name cifar10

Each step is a process of its own with its own limit: one that fails, or takes too long, costs no other. A step begins
only if a minute of the session is left. ``<out>/session.md`` says what was seen and when, and ``<out>/<step>.log`` has
all that the step printed. The studies resume, so that a second session goes on with them.

``--dry-run`` runs every step on a CPU, in small: it shows that the script works, and measures nothing.
"""

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

BENCHMARKS = Path(__file__).parent
ROOT = BENCHMARKS.parent
LAST_LINES = 12
LEAST = 60.0
"""Seconds that must be left for a step to begin."""
WORKERS = """\
name: gpu_workers
base:
  data: {name: shapes, image_size: 32, subset: 2048}
  encoder: {name: resnet10, width: 0.25}
  epochs: 2
  batch_size: 256
grid:
  loss.temperature: [0.1, 0.5]
"""


@dataclass(frozen=True)
class Step:
    """A command of the session."""

    name: str
    why: str
    seconds: float
    """The most that it may take."""
    command: list[str]


def steps(options: argparse.Namespace) -> list[Step]:
    """All steps, the most valuable first."""
    python, dry = sys.executable, options.dry_run
    gpus = torch.cuda.device_count()
    pytest = [python, "-m", "pytest", "-q", "-n", "0", *(["--collect-only"] if dry else [])]
    tests = [str(ROOT / "tests" / name) for name in ("test_core_gpu.py", "test_core_pretraining_nccl.py")]
    study = options.out / "gpu_workers.yaml"
    study.write_text(WORKERS, encoding="utf-8")
    ablate = [python, "-m", "ablations", "run"]
    apart = f"resources={{workers: 2, cpu: 1, gpu: {1 if gpus >= 2 else 0}}}"
    storage = ["--storage", str(options.out / "runs"), "--data-dir", str(options.data_dir)]
    quick = ["--set", "data.subset=512", "--set", "batch_size=64"] if dry else []
    grid = [*storage, "--set", f"data.name={options.data_name}", "--seeds", "3"]
    begin = ["--dry-run", "--set", "data.subset=1000"] if dry else []
    measured = [python, str(BENCHMARKS / "gpu_step.py"), *(["--dry-run"] if dry else [])]
    return [
        Step("step", "eager, compiled and graphs: which pays is a choice of numerics", 180, measured),
        Step("tests", "what only a GPU can show, on today's code", 150, [*pytest, *tests]),
        Step("workers", f"resources.workers through Ray Train to its end; {gpus} GPUs, two are wanted for NCCL", 120,
             [*ablate, str(study), *storage, "--set", apart, *quick]),
        Step("views", "views a second of five encoders, and that no step waits", 90,
             [python, str(BENCHMARKS / "gpu.py"), *(["--dry-run"] if dry else [])]),
        Step("laptop", "Figure 5 at laptop: many small trainings on one GPU", 240,
             [*ablate, "augmentation_grid", "--scale", "laptop", "--set", "resources.gpu=0.1", *grid, *begin]),
        Step("cifar10", "Figure 5 at cifar10, as far as it comes", 720,
             [*ablate, "augmentation_grid", "--scale", "cifar10", *grid, *begin]),
    ]  # fmt: skip


def run(step: Step, out: Path, limit: float) -> str:
    """Run a step within so many seconds; return what was seen, as Markdown."""
    began, clock = datetime.now(UTC), time.monotonic()
    log = out / f"{step.name}.log"
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(step.command, stdout=file, stderr=subprocess.STDOUT)
        try:
            ended = f"exit code {process.wait(limit)}"
        except subprocess.TimeoutExpired:
            ended = f"stopped after {limit:.0f} s"
            _stop(process)
    seconds = time.monotonic() - clock
    seen = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:])
    return (
        f"## {step.name}: {step.why}\n\n{began:%Y-%m-%d %H:%M:%S} UTC, {seconds:.0f} s, {ended}\n\n```\n{seen}\n```\n"
    )


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End a step as a person would: a run keeps what is finished."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("gpu"))
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--data-name", default="cifar10")
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--only", nargs="*", help="names of steps")
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + 60 * options.minutes
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    with (options.out / "session.md").open("a", encoding="utf-8") as notes:
        print(f"# {name}, PyTorch {torch.__version__}{', dry run' if options.dry_run else ''}\n", file=notes)
        for step in steps(options):
            if options.only and step.name not in options.only:
                continue
            left = end - time.monotonic()
            limit = left if options.dry_run else min(step.seconds, left)  # a CPU may be slow, or busy
            seen = run(step, options.out, limit) if left > LEAST else f"## {step.name}: no time was left\n"
            print(seen, file=notes, flush=True)
            print(seen, flush=True)


if __name__ == "__main__":
    main()
