"""Compares the time that a plan gives for a mixed study with the time that it then takes.

    python benchmarks/estimate.py              a study of 16 trainings, some minutes on two cores
    python benchmarks/estimate.py --inline     one after the other in this process

Planned twice: by ``--probe``, and by the first few trials alone. The study mixes encoders, widths, batch sizes, image
sizes, losses, epochs and evaluation protocols at quick scale. The load average is of the minute before; on a machine
that others use, planned and actual differ by what those did meanwhile.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import torch
from rich.console import Console

from ablations.planning.cost.estimate import estimate, evaluation_seconds, training_seconds
from ablations.planning.cost.estimate_text import cost_text
from ablations.planning.cost.seconds import Span, Timing
from ablations.planning.plan import Plan, make_plan
from ablations.running.probe import probe
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.store.speeds import Speed, evaluation_key, load_speeds, training_key
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.types.trial import Unit
from core.remote import AnyPath
from core.trained.pretrained import load_pretrained

STUDY = """\
name: mixed
base: {data.subset: 1000, epochs: 4, optimizer.learning_rate: 0.3}
grid:
  - {encoder.width: [0.125, 0.25, 0.5]}
  - {encoder.name: [resnet18]}
  - {batch_size: [32, 128, 256]}
  - {data.image_size: [16, 48]}
  - {loss.kind: [nt_logistic, margin]}
  - {epochs: [2, 8]}
  - {augment.policy: [auto_augment]}
  - evaluate: [{protocol: linear_sgd, epochs: 3}, {protocol: finetune, labels: 0.1, epochs: 3}]
    loss.temperature: [0.3]
baselines: {untrained: {epochs: 0}}
"""
FIRST = 4
"""Trainings that a plan goes by which was not probed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inline", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
        compare(Where(Path("runs"), Path("data"), inline=options.inline))


def compare(where: Where) -> None:
    Path("mixed.yaml").write_text(STUDY, encoding="utf-8")
    plan = make_plan(load_study("mixed.yaml"), TrialStore(where.storage), where.data_dir)
    print(f"load {os.getloadavg()[0]:.1f} before the probe, {os.cpu_count()} cores")
    probe(plan, where.storage, Console(quiet=True))
    probed = load_speeds(where.storage)
    print(cost_text([plan], where.storage, None))
    print(f"load {os.getloadavg()[0]:.1f} before the run")
    started = time.monotonic()
    run_plan(plan, where, Console(stderr=True))
    wall = time.monotonic() - started
    slots = 1 if where.inline else os.cpu_count() or 1
    expected = estimate(plan, probed).wall_seconds(slots)
    print(f"load {os.getloadavg()[0]:.1f} after it; {wall:.0f} s of wall time, planned {expected:.0f}\n")
    table("by --probe", plan, plan.units, probed, where.storage)
    few = of_units(load_speeds(where.storage), plan.units[:FIRST])
    table(f"by the first {FIRST} trainings", plan, plan.units[FIRST:], few, where.storage)


def of_units(speeds: list[Speed], units: list[Unit]) -> list[Speed]:
    keys = {training_key(unit.trials[0].config.pretrain) for unit in units}
    keys |= {evaluation_key(t.config.pretrain, t.config.evaluate) for unit in units for t in unit.trials}
    return [speed for speed in speeds if speed.key in keys]


def table(title: str, plan: Plan, units: list[Unit], speeds: list[Speed], storage: AnyPath) -> None:
    print(f"| {title} | training: planned s | actual | factor | evaluation: planned s | actual | factor |")
    print("| --- |" + " ---: |" * 6)
    ended = [unit for unit in units if TrialStore(storage).is_trained(unit.pretrain_id)]  # others diverged
    rows = [(unit, *planned(plan, unit, speeds), *actual(unit, storage)) for unit in ended]
    for unit, *seconds in rows:
        print(f"| {' + '.join(trial.name for trial in unit.trials)} | {_cells(*seconds)} |")
    total = [sum(column) for column in list(zip(*rows, strict=True))[1:]]
    print(f"| all | {_cells(*total)} |")
    print(f"\nin all: planned {total[0] + total[1]:.0f} s, actual {total[2] + total[3]:.0f} s, ", end="")
    print(f"factor {(total[0] + total[1]) / (total[2] + total[3]):.2f}\n")


def planned(plan: Plan, unit: Unit, speeds: list[Speed]) -> tuple[float, float]:
    timing = Timing(speeds)
    training = training_seconds(plan, unit, timing) or Span()
    evaluations = [evaluation_seconds(plan, trial, timing) or Span() for trial in unit.trials]
    return training.likely, sum(evaluations, Span()).likely


def actual(unit: Unit, storage: AnyPath) -> tuple[float, float]:
    store = TrialStore(storage)
    results = [store.result(trial.id) for trial in unit.trials]
    pretrained = load_pretrained(store.encoder_path(unit.pretrain_id), torch.device("cpu"))
    assert pretrained
    return pretrained.seconds, sum(result.seconds for result in results if result) - pretrained.seconds


def _cells(training: float, evaluation: float, trained: float, evaluated: float) -> str:
    return " | ".join((_pair(training, trained), _pair(evaluation, evaluated)))


def _pair(planned: float, actual: float) -> str:
    return f"{planned:.1f} | {actual:.1f} | {planned / actual:.2f}" if actual > 0.05 else f"{planned:.1f} | 0.0 | "


if __name__ == "__main__":
    main()
