"""Which small setting shows known effects best, for each second of a core: how the scale laptop was chosen.

    python benchmarks/instrument.py measure --data-dir data              two seeds of every candidate
    python benchmarks/instrument.py measure --seeds 5 --only strided     more seeds of some
    python benchmarks/instrument.py table                                writes instrument.md from instrument.csv

``instrument.yaml`` has the candidates and the cells. Each training that ends is a row of ``instrument.csv``; the
command goes on where it was stopped. Seeds are 1000 and up, and all images, those that score too, are training images
that no laptop trial of seeds 0 to 4 has: no reported result has a part in the choice. Candidates take turns, so that
other load on the machine slows them all. Costs are CPU seconds of one thread.
"""

import argparse
import csv
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from verdict_designs import Design, Study, cells, claims, grid, pairs
from verdicts import simulate

from ablations.api import load_study
from ablations.planning.grid import enumerate_trials
from ablations.types.trial import Trial
from core import DataConfig, Dataset, TrainConfig, evaluate, load_data, pretrain
from core.data.subset import balanced_subset
from core.numerics import Numerics
from core.pretraining import training
from core.randomness import generator

HERE = Path(__file__).parent
STUDY = HERE / "instrument.yaml"
ROWS = HERE / "instrument.csv"
COUNTS = (200, 50, 20, 5)
"""Numbers of nearest neighbours, as in the study."""
COLUMNS = ("candidate", "seed", "cell", "train_cpu_s", "evaluate_cpu_s", "linear", *(f"knn{k}" for k in COUNTS))
REPORTED = range(5), 8000
"""Seeds of reported results, and the largest subset that a candidate has."""
SCORED = 5000
"""Images that score, of those left; the others are trained on."""
NUMERICS = Numerics("bfloat16", channels_last=True)
"""What the project chooses on the machine of the table when that is quiet; fixed against load."""

METRICS = {"linear": "Linear evaluation", "knn200": "200 nearest neighbours", "knn20": "20 nearest neighbours"}
SIZES = (1, 2, 4)
"""True effects in points."""
PAGES = 1000
"""Invented pages for each chance."""


def measure(given: argparse.Namespace) -> None:
    """Train what is not in the file yet."""
    torch.set_num_threads(1)
    setattr(training, "fastest_numerics", lambda device, precision: NUMERICS)  # noqa: B010
    done = {(row["candidate"], row["seed"], row["cell"]) for row in read_rows()}
    for candidate, cell, trial in turns(given.only or candidates(), given.seeds):
        if (candidate, str(trial.seed), cell) in done:
            continue
        found = measured(trial.config, own_images(trial.config.pretrain.data, given.name, given.data_dir))
        append({"candidate": candidate, "seed": str(trial.seed), "cell": cell} | found)
        print(
            f"{time.strftime('%H:%M:%S')} load {os.getloadavg()[0]:.1f}", candidate, trial.seed, cell, found, flush=True
        )


def candidates() -> list[str]:
    """Names of the candidates, which are the scales of the study."""
    return list(load_study(STUDY).study.scales)


def turns(names: list[str], seeds: int) -> Iterator[tuple[str, str, Trial]]:
    """Yield each candidate, the name of a cell and its trial, seed by seed and cell by cell."""
    cells = {name: trials_of(name) for name in names}
    for number in range(seeds):
        for cell in next(iter(cells.values())):
            yield from ((name, cell, cells[name][cell][number]) for name in names)


def trials_of(candidate: str) -> dict[str, list[Trial]]:
    """Return the trials of each cell, by seed."""
    study = load_study(STUDY, candidate)
    found: dict[str, list[Trial]] = {}
    for trial in enumerate_trials(study):
        found.setdefault(trial.coordinates["points"], []).append(trial)
    epochs = found["base"][0].config.pretrain.epochs
    shorter = enumerate_trials(load_study(STUDY, candidate, {"epochs": epochs // 2}))
    return found | {"half the epochs": [trial for trial in shorter if trial.coordinates["points"] == "base"]}


def own_images(config: DataConfig, name: str, data_dir: Path) -> Dataset:
    """Return training and scoring images of which no reported laptop trial has any."""
    data = load_data(DataConfig(name=name, image_size=config.image_size), data_dir)
    seeds, amount = REPORTED
    free = torch.ones(len(data.train), dtype=torch.bool)
    for seed in seeds:
        free[balanced_subset(data.train.labels, amount, generator(seed, "subset"))] = False
    own = data.train[free.nonzero().squeeze(1)]
    scored = balanced_subset(own.labels, SCORED, generator(1000, "scored"))
    kept = torch.ones(len(own), dtype=torch.bool)
    kept[scored] = False
    trained = own[kept.nonzero().squeeze(1)]
    subset = balanced_subset(trained.labels, config.subset, generator(config.subset_seed, "subset"))
    return replace(data, train=trained[subset], test=own[scored])


def measured(config: TrainConfig, data: Dataset) -> dict[str, str]:
    """Train and score, and return the columns of the row."""
    started = time.process_time()
    pretrained = pretrain(config.pretrain, data, device="cpu")
    trained = time.process_time()
    found = evaluate(config.evaluate, pretrained, data).metrics
    ended = time.process_time()
    knn = {f"knn{k}": f"{found[f'knn/top1_at_{k}']:.2f}" for k in COUNTS}
    costs = {"train_cpu_s": f"{trained - started:.2f}", "evaluate_cpu_s": f"{ended - trained:.2f}"}
    return costs | {"linear": f"{found['linear_eval/top1']:.2f}"} | knn


def read_rows() -> list[dict[str, str]]:
    if not ROWS.exists():
        return []
    with ROWS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def append(row: dict[str, str]) -> None:
    new = not ROWS.exists()
    with ROWS.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


# The table


@dataclass(frozen=True)
class Measurement:
    """What one candidate showed by one metric."""

    candidate: str
    values: np.ndarray
    """(cells, seeds) in points, the base cell first; the seeds that all cells have."""
    seconds: float
    """CPU seconds of the base cell: its training and its scores."""

    @property
    def effects(self) -> np.ndarray:
        """Advantage of the base cell over each other, (cells - 1, seeds)."""
        return np.asarray(self.values[0] - self.values[1:])

    @property
    def noise(self) -> float:
        """Standard deviation of a cell over seeds, beside what all cells of a seed share: that of the residuals of an
        additive model of cells and seeds."""
        cells, seeds = self.values.shape
        rest = self.values - self.values.mean(1, keepdims=True) - self.values.mean(0) + self.values.mean()
        return float(np.sqrt((rest**2).sum() / ((cells - 1) * (seeds - 1))))

    @property
    def sizes(self) -> np.ndarray:
        """Mean effects over the noise of a difference, for each root of a CPU minute: with more time come more seeds,
        and the noise falls with the root of their number."""
        return np.asarray(self.effects.mean(axis=1) / (np.sqrt(2) * self.noise) * np.sqrt(60 / self.seconds))

    def decided(self, seeds: int = 3) -> float:
        """Share of these effects that so many seeds decide, rightly, if their measured means are the true ones."""
        means = {0: 0.0} | {number: -float(mean) for number, mean in enumerate(self.effects.mean(axis=1), 1)}
        asked = claims(*({"cells": cells(0), "than": cells(number)} for number in means if number))
        return found(Study(grid(means, noise=self.noise), asked), seeds)


def found(study: Study, seeds: int) -> float:
    return simulate(Design("", "", "", [study], seeds), PAGES, np.random.default_rng(0)).right


def measurements(metric: str) -> list[Measurement]:
    """Return those of all candidates with two seeds of every cell."""
    rows = pd.DataFrame(read_rows())
    rows[metric], seconds = (
        rows[metric].astype(float),
        rows[["train_cpu_s", "evaluate_cpu_s"]].astype(float).sum(axis=1),
    )
    result = []
    for name in rows["candidate"].drop_duplicates():
        own = rows[rows["candidate"] == name]
        order = own["cell"].drop_duplicates()
        values = own.pivot(index="cell", columns="seed", values=metric).loc[order].dropna(axis=1).to_numpy()
        base = seconds[(rows["candidate"] == name) & (rows["cell"] == "base")]
        if values.shape[1] > 1:
            result.append(Measurement(name, values, float(base.mean())))
    return result


def table(given: argparse.Namespace) -> None:
    """Write what was measured, and what three seeds then decide."""
    effects = [row["cell"] for row in read_rows() if row["candidate"] == read_rows()[0]["candidate"]]
    heads = [f"over {name}" for name in dict.fromkeys(effects) if name != "base"]
    parts = []
    for metric, title in METRICS.items():
        every = measurements(metric)
        parts += [f"## {title}\n", _lines(["candidate", "seeds", "CPU s", "base", "noise", *heads, "decided, %"])]
        parts += [_row([one.candidate, str(one.values.shape[1]), f"{one.seconds:.1f}", *_told(one)]) for one in every]
        parts += ["\nEffect over noise, for each root of a CPU minute:\n", _lines(["candidate", *heads, "mean"])]
        parts += [_row([one.candidate, *(f"{size:+.1f}" for size in (*one.sizes, one.sizes.mean()))]) for one in every]
        parts += ["\nDecided by three seeds, %, of ten claims that are true by so many points:\n"]
        parts += [_lines(["candidate", *(f"{size} points" for size in SIZES)])]
        powers = [[f"{100 * found(pairs(10, size, noise=one.noise), 3):.0f}" for size in SIZES] for one in every]
        parts += [_row([one.candidate, *power]) for one, power in zip(every, powers, strict=True)] + [""]
    given.output.write_text("\n".join(parts), encoding="utf-8")


def _told(one: Measurement) -> list[str]:
    effects = [f"{each.mean():+.1f} ± {each.std(ddof=1):.1f}" for each in one.effects]
    return [f"{one.values[0].mean():.1f}", f"{one.noise:.2f}", *effects, f"{100 * one.decided():.0f}"]


def _lines(heads: list[str]) -> str:
    return _row(heads) + "\n" + _row(["---", *["---:"] * (len(heads) - 1)])


def _row(values: list[str]) -> str:
    return f"| {' | '.join(values)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("measure")
    one.add_argument("--seeds", type=int, default=2)
    one.add_argument("--only", nargs="*", help="candidates")
    one.add_argument("--name", default="cifar10", help="the data set, or the folder of its files")
    one.add_argument("--data-dir", type=Path, default=Path("data"))
    one.set_defaults(do=measure)
    two = commands.add_parser("table")
    two.add_argument("--output", type=Path, default=HERE / "instrument.md")
    two.set_defaults(do=table)
    given = parser.parse_args()
    given.do(given)


if __name__ == "__main__":
    main()
