"""CPU seconds of the commands that look at a finished study: 50 trials and 1,000. Trains nothing.

    python benchmarks/report.py
    python benchmarks/report.py --trials 50 --repeat 5

Results are made up and written through the store's own API. The first run then finds nothing left to train: it writes
every trial to MLflow on SQLite and draws the report. Each command is a process of its own; user and system seconds of
it and its children are counted, since machines are shared, and the least of several repetitions is printed.
"""

import argparse
import contextlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from random import Random

from ablations.planning.plan import make_plan
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.tracking.provenance import provenance
from ablations.types.trial import Result
from core.history import Epoch

STUDY = """\
name: many
base:
  data: {{name: shapes, image_size: 16, subset: 1000}}
  batch_size: 100
  epochs: {epochs}
grid:
  loss.temperature: [0.1, 0.2, 0.5, 0.8, 1.0]
  optimizer.weight_decay: [0.0001, 0.000001]
seeds: {seeds}
claims:
  - says: A temperature of 0.1 is better than 1.
    source: this benchmark
    cells: [{{loss.temperature: 0.1}}]
    than: [{{loss.temperature: 1.0}}]
"""
CELLS = 10
EPOCHS = 10
REPORTS = Path("runs/reports")
FIRST = "run, first: all into MLflow"
COMMANDS = {
    FIRST: ("run", "--inline", "--quiet"),
    "run, nothing left": ("run", "--quiet"),
    "report": ("report",),
    "report, unchanged": ("report",),
    "status": ("status",),
    "plan": ("plan",),
}
"""Arguments by title, in the order in which they are run."""


def main() -> None:
    """Make studies of each size, and print a table of what the commands take."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="*", default=[50, 1000], help=f"multiples of {CELLS}")
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    processor = platform.processor() or platform.machine()
    libraries = ", ".join(f"{name} {version(name)}" for name in ("mlflow", "matplotlib", "pandas"))
    print(
        f"{time.strftime('%Y-%m-%d')}, {processor}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {libraries}"
    )
    columns = [_measured(trials, given.repeat) for trials in given.trials]
    print("", "| CPU seconds | " + " | ".join(f"{trials:,} trials" for trials in given.trials) + " |", sep="\n")
    print("| --- |" + " ---: |" * len(columns))
    for title in COMMANDS:
        print(f"| {title} | " + " | ".join(f"{column[title]:.1f}" for column in columns) + " |")


def _measured(trials: int, repeat: int) -> dict[str, float]:
    """CPU seconds of each command on a finished study of so many trials."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("many.yaml").write_text(STUDY.format(epochs=EPOCHS, seeds=trials // CELLS), encoding="utf-8")
        _finish()
        return {title: _least(title, repeat) for title in COMMANDS}


def _finish() -> None:
    """Write a result and a history for every trial of the study."""
    store = TrialStore(Path("runs"))
    for unit in make_plan(load_study("many.yaml"), store, Path("data")).units:
        store.record(unit)
        history = _history(unit.trials[0].seed)
        store.save_history(unit.pretrain_id, history, True)
        last = {f"pretrain/{name}": value for name, value in history[-1].metrics.items()}
        for trial in unit.trials:
            facts = {**provenance(), "device": "none", "numerics": "float32", "encoder_hash": trial.pretrain_id}
            store.save_result(Result(trial.id, "done", last | _metrics(trial.id), 30.0, 1.8e9, facts))


def _history(seed: int) -> list[Epoch]:
    statistics = [
        {"loss": 5.0 - number / 10 + seed / 1e4, "contrastive_top1": 5.0 * number} for number in range(EPOCHS)
    ]
    return [Epoch(number, one, 0.1, 5000.0, 1.8e9 + number) for number, one in enumerate(statistics, start=1)]


def _metrics(trial_id: str) -> dict[str, float]:
    """The metrics that linear evaluation and nearest neighbours leave."""
    names = ("linear_eval/top1", "linear_eval/top5", "linear_eval/l2", "knn/top1")
    return dict.fromkeys(names, Random(trial_id).gauss(50, 2))


def _least(title: str, repeat: int) -> float:
    seconds = []
    for _ in range(1 if title == FIRST else repeat):
        if title == "report":
            shutil.rmtree(REPORTS)
        seconds.append(_cpu_seconds(*COMMANDS[title]))
    return min(seconds)


def _cpu_seconds(command: str, *options: str) -> float:
    """User and system seconds of ``ablate`` in a process of its own, and of those that it starts."""
    started = subprocess.Popen(
        [sys.executable, "-m", "ablations", command, "many.yaml", *options], stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    assert not started.returncode, f"ablate {command} ended with {started.returncode}"
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
