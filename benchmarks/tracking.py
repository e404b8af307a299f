"""MLflow at size: what logging costs a run, and what reading a large study costs each command. Trains nothing.

    python benchmarks/tracking.py
    python benchmarks/tracking.py --trials 100 --epochs 20

A fake trainer leaves in the store what a real one does: curves at every checkpoint, then a result. Logging is timed
against MLflow's own client writing the same runs: one ``log_batch`` each, and a call for each metric.
"""

import argparse
import contextlib
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from rich.console import Console

from ablations.planning.plan import Plan, make_plan
from ablations.running.job import Job
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.running.schedulers import inline
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.study.settings import dotted_values
from ablations.tracking.connection.client import tracking_uri
from ablations.tracking.provenance import provenance
from ablations.tracking.resilient_tracker import ResilientTracker
from ablations.types.events import Event, Saved, Started, TrialEnded
from ablations.types.trial import Result, Trial, Unit
from core.history import Epoch

STUDY = """\
name: large
base:
  data: {{name: shapes, image_size: 16, subset: 1000}}
  batch_size: 100
  epochs: {epochs}
grid:
  loss.temperature: [{temperatures}]
  optimizer.weight_decay: [{decays}]
seeds: {seeds}
"""
SIDE = 10
"""Cells along each axis; the rest is seeds."""
CHECKPOINTS = 2
"""Checkpoints of a trial of half a minute; see ``core.pretraining.loop.CHECKPOINT_SECONDS``."""
TRIAL_SECONDS = 30.0
PEER_TRIALS = 20
STARTED = 1.8e9
MEASURED = """
import atexit, re, time
from pathlib import Path
def write():
    memory = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
    Path("measured").write_text(f"{memory} {time.process_time()}")
atexit.register(write)
from ablations.cli.app import main
main()
"""
"""The command line, leaving its largest memory in KiB and its seconds of processor."""


def history(epochs: int, seed: int) -> list[Epoch]:
    return [
        Epoch(
            number,
            {"loss": 5.0 - number / 100 + seed / 1e4, "contrastive_top1": number / 2, "entropy": 3.0},
            learning_rate=0.1,
            images_per_second=5000.0,
            time=STARTED + 0.3 * number,
        )
        for number in range(1, epochs + 1)
    ]


def result(trial: Trial, epochs: list[Epoch]) -> Result:
    """A result with as many metrics as linear and nearest-neighbour evaluation leave."""
    top1 = 40.0 + hash(trial.id) % 1000 / 100
    names = ("linear_eval/top1", "linear_eval/top5", "linear_eval/l2", "knn/top1", "pretrain/loss", "pretrain/entropy")
    facts = {**provenance(), "device": "none", "numerics": "float32", "encoder_hash": trial.pretrain_id}
    metrics = dict.fromkeys(names, top1) | {"pretrain/contrastive_top1": top1}
    return Result(trial.id, "done", metrics, TRIAL_SECONDS, epochs[-1].time + 1, facts)


def train(unit: Unit, job: Job, listen: Callable[[Event], None]) -> None:
    """Stands in for ``run_unit``."""
    store = TrialStore(job.storage)
    epochs = history(unit.trials[0].config.pretrain.epochs, unit.trials[0].seed)
    listen(Started(unit.pretrain_id))
    for part in range(1, CHECKPOINTS + 1):
        store.save_history(unit.pretrain_id, epochs[: len(epochs) * part // CHECKPOINTS], part == CHECKPOINTS)
        listen(Saved(unit.pretrain_id))
    for trial in unit.trials:
        store.save_result(ended := result(trial, epochs))
        listen(TrialEnded(unit.pretrain_id, ended))


@dataclass
class Clock:
    """Seconds and seconds of this process's processors, added up."""

    wall: float = 0.0
    cpu: float = 0.0

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu


def timed(clock: Clock, method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        with clock.running():
            return method(*arguments, **named)

    return call


def run(plan: Plan, where: Where) -> Clock:
    """The whole study, the recorder's share of it timed."""
    clock = Clock()
    for name in ("__init__", "record", "close"):
        setattr(ResilientTracker, name, timed(clock, getattr(ResilientTracker, name)))
    inline.run_unit = train  # type: ignore[attr-defined, assignment]
    run_plan(plan, where, Console(quiet=True))
    return clock


def log_by_hand(trials: list[Trial], at_once: bool) -> Clock:
    """The same runs by MLflow's client alone, with all of a run in one call or each metric in its own."""
    client = MlflowClient(tracking_uri())
    experiment = client.create_experiment(f"by hand, {at_once}", str(Path("by-hand").resolve()))
    clock = Clock()
    for trial in trials:
        epochs = history(trial.config.pretrain.epochs, trial.seed)
        metrics = [
            Metric(name, value, int(epoch.time * 1000), epoch.epoch)
            for epoch in epochs
            for name, value in asdict(epoch).items()
            if name not in ("epoch", "time")
        ]
        final = result(trial, epochs)
        end = int(final.finished_at * 1000)
        metrics += [Metric(name, value, end, len(epochs)) for name, value in final.metrics.items()]
        parameters = [Param(k, str(v)) for k, v in dotted_values(trial.config.model_dump(mode="json")).items()]
        with clock.running():
            run_id = client.create_run(experiment, run_name=trial.name).info.run_id
            tags = [RunTag(key, value) for key, value in final.facts.items()]
            client.log_batch(run_id, metrics if at_once else [], parameters, tags)
            for metric in [] if at_once else metrics:
                client.log_metric(run_id, metric.key, metric.value, metric.timestamp, metric.step)
            client.log_text(run_id, trial.config.model_dump_json(indent=1), "config.json")
            client.set_terminated(run_id, "FINISHED")
    return clock


def command(*arguments: str) -> str:
    """Seconds, those of processor, and MiB of ``ablate`` in a process of its own."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", MEASURED, *arguments], stdout=subprocess.DEVNULL, check=True)
    seconds = time.perf_counter() - start
    memory, cpu = map(float, Path("measured").read_text(encoding="utf-8").split())
    return f"{seconds:6.1f} ({cpu:.1f}) s  {memory / 1024:6,.0f} MiB"


def memory() -> float:
    """Memory of this process in MiB."""
    return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * resource.getpagesize() / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=100)
    options = parser.parse_args()
    print(f"mlflow {version('mlflow')}, {platform.machine()}, {os.cpu_count()} processors")
    print(f"{options.trials} trials of {options.epochs} epochs")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        numbers = range(1, SIDE + 1)
        text = STUDY.format(
            epochs=options.epochs,
            temperatures=", ".join(str(n / 10) for n in numbers),
            decays=", ".join(str(n / 1e4) for n in numbers),
            seeds=options.trials // SIDE**2,
        )
        Path("large.yaml").write_text(text, encoding="utf-8")
        where = Where(Path("runs"), Path("data"), inline=True)
        plan = make_plan(load_study("large.yaml"), TrialStore(where.storage), where.data_dir)
        MlflowClient(tracking_uri()).search_experiments()  # the database is made once, and not counted
        compare_logging(plan, where)
        print("Commands on the finished study, a process each: seconds (of processor)")
        for arguments in (("plan",), ("status",), ("report",), ("run", "--inline")):
            name, *rest = arguments
            print(f"  {name:28s} {command(name, 'large.yaml', *rest)}", flush=True)
        print(f"  {'list':28s} {command('list')}")


def compare_logging(plan: Plan, where: Where) -> None:
    few = plan.trials[:PEER_TRIALS]
    start, before = time.perf_counter(), memory()
    ours, whole, after = run(plan, where), time.perf_counter() - start, memory()
    print(f"Logging, ms a trial (of processor), and its share of a trial of {TRIAL_SECONDS:g} s")
    for name, clock, count in (
        ("ablate run", ours, len(plan.trials)),
        ("mlflow, one log_batch a run", log_by_hand(few, at_once=True), len(few)),
        ("mlflow, a call a metric", log_by_hand(few, at_once=False), len(few)),
    ):
        seconds, ratio = clock.wall / count, ours.wall / len(plan.trials) / (clock.wall / count)
        cost = f"{1000 * seconds:8.1f} ({1000 * clock.cpu / count:.1f}) {100 * seconds / TRIAL_SECONDS:6.2f} %"
        print(f"  {name:28s} {cost}   ours / theirs {ratio:.2f}")
    print(f"The whole run, training aside: {whole:.1f} s; this process grew by {after - before:,.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
