"""A study of thousands of trials whose training is 50 ms of sleep: what ``ablate run`` costs for each of them, beside
bare Ray Tune on the same machine in the same hour.

    python benchmarks/scale.py
    python benchmarks/scale.py --trials 50 --plain 50

Everything is real but the training: plan, store, leases, Ray, MLflow on SQLite, the live table, the report. Bare Tune
runs a function that sleeps as long and reports one number: as it is by default, with PyTorch imported as a training
does, and with ``reuse_actors``.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from chaos.laboratory import MARK, copy_code
from scaling.table import Measured, again, driver, overhead, overheads, startups, written

SECONDS = 0.05
"""Seconds that a trial sleeps."""
SLOTS = os.cpu_count() or 1
"""Trials at a time."""
CELLS = 50
STUDY = """\
name: large
base:
  data: {{name: shapes, image_size: 16, subset: 1000}}
  batch_size: 100
  epochs: 10
grid:
  loss.temperature: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
  optimizer.weight_decay: [0.0001, 0.0002, 0.0003, 0.0004, 0.0005]
seeds: {seeds}
"""
LAST_IMPORT = "from core.remote import AnyPath\n"
EDITS = {"ablations/running/worker.py": (LAST_IMPORT, f"{LAST_IMPORT}from fake_trainer import evaluate, pretrain\n")}
"""Changes of the copy of the code that is run."""
HERE = Path(__file__).parent
OURS = "ablate run"
BARE = {"Tune, reuse_actors": ["--reuse"], "Tune": [], "Tune, PyTorch imported": ["--torch"]}


def measure(script: str, arguments: list[str], trials: int, code: Path) -> Measured:
    """The measurements of the script by itself, and its seconds from start to end."""
    path = os.pathsep.join(map(str, (code, HERE, HERE / "scaling")))
    begun = time.time()
    own = {"PYTHONPATH": path, "BENCHMARK_BEGUN": str(begun), "BENCHMARK_TRIALS": str(trials), "RAY_AUTH_MODE": "token"}
    own |= {MARK: str(Path.cwd()), "FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "120"}
    command = [sys.executable, str(HERE / "scaling" / script), *arguments]
    with Path("log").open("ab") as log:
        subprocess.run(command, env=os.environ | own, stdout=log, stderr=log, check=True)
    return {
        "trials": trials,
        "wall": time.time() - begun,
        **json.loads(Path("measured.json").read_text(encoding="utf-8")),
    }


def ablate(trials: int, code: Path) -> Measured:
    """A whole run, then the same command with nothing left to run."""
    Path("large.yaml").write_text(STUDY.format(seeds=trials // CELLS), encoding="utf-8")
    command = ["run", "large.yaml"]
    measured = measure("driver.py", command, trials, code) | {"way": OURS}
    measured["again"] = measure("driver.py", command, trials, code)
    measured["steady"] = measured["marks"][-2]["wall"] - measured["started"]
    with contextlib.closing(sqlite3.connect("mlflow.db")) as database:
        tables = ("metrics", "latest_metrics", "params", "tags", "runs")
        measured["rows"] = sum(database.execute(f"select count(*) from {name}").fetchone()[0] for name in tables)
    measured["database"] = Path("mlflow.db").stat().st_size / 2**20
    measured["files"] = sum(path.is_file() for path in Path("runs").rglob("*"))
    return measured


def measurements(folder: Path, asked: dict[str, list[int]]) -> Iterator[Measured]:
    """``asked`` are numbers of trials by way."""
    code = copy_code(folder / "code", EDITS)
    for trials in sorted({number for numbers in asked.values() for number in numbers}):
        for way, numbers in asked.items():
            if trials in numbers:
                with contextlib.chdir(fresh(folder / f"{way} {trials}".replace(",", "").replace(" ", "-"))):
                    found = ablate(trials, code) if way == OURS else bare(way, trials, code)
                yield found


def bare(way: str, trials: int, code: Path) -> Measured:
    return measure("bare_tune.py", ["--trials", str(trials), *BARE[way]], trials, code) | {"way": way}


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="*", default=[50, 500, 5000], help="multiples of 50")
    parser.add_argument("--reuse", type=int, nargs="*", default=[50, 500, 5000], help="of Tune with reuse_actors")
    parser.add_argument("--plain", type=int, nargs="*", default=[50, 500], help="of Tune without")
    parser.add_argument("--keep", type=Path, help="a new folder for stores, databases and logs")
    options = parser.parse_args()
    if options.keep and options.keep.exists():
        parser.error(f"{options.keep} is there already; name a new folder")
    versions = ", ".join(f"{name} {version(name)}" for name in ("ray", "mlflow", "torch", "sqlalchemy"))
    print(
        time.strftime("%Y-%m-%d"), f"{platform.machine()}, {SLOTS} cores, Python {platform.python_version()},", versions
    )
    found: list[Measured] = []
    with tempfile.TemporaryDirectory() as temporary:
        asked = {OURS: options.trials} | {
            way: options.reuse if "--reuse" in BARE[way] else options.plain for way in BARE
        }
        for one in measurements((options.keep or Path(temporary)).resolve(), asked):
            found.append(one)
            load = os.getloadavg()[0]
            print(
                f"{one['way']}, {one['trials']}: {overhead(one, SLOTS, SECONDS):.0f} ms a trial, load {load:.1f}",
                flush=True,
            )
    ours = [one for one in found if one["way"] == OURS]
    print("", overheads(found, SLOTS, SECONDS), startups(found), driver(ours), written(ours), again(ours), sep="\n\n")


if __name__ == "__main__":
    main()
