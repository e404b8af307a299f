"""Measures which small setting shows known effects best in a second of a core; the scale laptop was chosen by it.

    python benchmarks/instrument.py measure --data-dir data              two seeds of every candidate
    python benchmarks/instrument.py measure --seeds 5 --only strided     more seeds of some
    python benchmarks/instrument.py table                                writes instrument.md from instrument.csv

``instrument.yaml`` has the candidates and the cells. Each training that ends is a row of ``instrument.csv``; the
command goes on where it was stopped. Seeds are 1000 and up, and all images, those that score too, are training images
that no laptop trial of seeds 0 to 4 has: no reported result has a part in the choice. Candidates take turns, so that
other load on the machine slows them all. Costs are CPU seconds of one thread.
"""

import argparse
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from rows import append_row, read_rows
from verdict_designs import Design, Study, cells, claims, grid, pairs
from verdicts import simulate

from ablations.api import load_study
from ablations.planning.grid import enumerate_trials
from ablations.study.scaled_study import ScaledStudy
from ablations.types.trial import Trial
from core import DataConfig, Dataset, Split, TrainConfig, evaluate, load_data, pretrain
from core.data.catalog import SHAPES, SHAPES_CLASSES, SHAPES_TEST, SHAPES_TRAIN
from core.data.sets.shapes import GLYPHS, draw
from core.data.subset import balanced_subset
from core.numerics import Numerics
from core.pretraining import training
from core.randomness import generator

HERE = Path(__file__).parent
STUDY = HERE / "instrument.yaml"
"""Its scales are the candidates, and its first point is the base cell."""
COUNTS = (200, 50, 20, 5)
"""Numbers of nearest neighbours, as in the study."""
COLUMNS = ("candidate", "seed", "cell", "train_cpu_s", "evaluate_cpu_s", "linear", *(f"knn{k}" for k in COUNTS))
REPORTED = range(5), 8000
"""Seeds of reported results, and the largest subset that a candidate has."""
SCORED = 5000
"""Images that score, of those left; the others are trained on."""
NUMERICS = Numerics("bfloat16", channels_last=True)
"""The numerics that the project chooses on the machine of the table when it is quiet; fixed, since load would change
the choice."""

METRICS = {"linear": "Linear evaluation", "knn200": "200 nearest neighbours", "knn20": "20 nearest neighbours"}
SIZES = (1, 2, 4)
"""True effects in points."""
PAGES = 1000
"""Invented pages for each chance."""


def measure(given: argparse.Namespace) -> None:
    """Train what is not in the file yet."""
    torch.set_num_threads(1)
    setattr(training, "fastest_numerics", lambda device, precision: NUMERICS)  # noqa: B010
    file = given.study.with_suffix(".csv")
    done = {(row["candidate"], row["seed"], row["cell"]) for row in read_rows(file)}
    for candidate, cell, trial in turns(given.study, given.only or candidates(given.study), given.seeds):
        if (candidate, str(trial.seed), cell) in done:
            continue
        found = measured(trial.config, own_images(trial.config.pretrain.data, given.name, given.data_dir))
        row = {"candidate": candidate, "seed": str(trial.seed), "cell": cell} | found
        append_row(file, row, COLUMNS)
        print(
            f"{time.strftime('%H:%M:%S')} load {os.getloadavg()[0]:.1f}", candidate, trial.seed, cell, found, flush=True
        )


def candidates(study: Path) -> list[str]:
    """Names of the candidates."""
    return list(load_study(study).study.scales)


def turns(study: Path, names: list[str], seeds: int) -> Iterator[tuple[str, str, Trial]]:
    """Yield each candidate, the name of a cell and its trial, seed by seed and cell by cell."""
    cells = {name: trials_of(study, name) for name in names}
    for number in range(seeds):
        for cell in next(iter(cells.values())):
            yield from ((name, cell, cells[name][cell][number]) for name in names)


def trials_of(study: Path, candidate: str) -> dict[str, list[Trial]]:
    """Return the trials of each cell, by seed."""
    found = by_cell(load_study(study, candidate))
    base = next(iter(found))
    epochs = found[base][0].config.pretrain.epochs
    return found | {"half the epochs": by_cell(load_study(study, candidate, {"epochs": epochs // 2}))[base]}


def by_cell(study: ScaledStudy) -> dict[str, list[Trial]]:
    found: dict[str, list[Trial]] = {}
    for trial in enumerate_trials(study):
        found.setdefault(trial.coordinates["points"], []).append(trial)
    return found


def own_images(config: DataConfig, name: str, data_dir: Path) -> Dataset:
    """Return training and scoring images of which no reported trial of seeds 0 to 4 has any."""
    train, test = drawn(config) if config.name == SHAPES else left_out(config, name, data_dir)
    subset = balanced_subset(train.labels, config.subset, generator(config.subset_seed, "subset"))
    return Dataset(config.name, tuple(map(str, range(10))), train[subset], test)


def drawn(config: DataConfig) -> tuple[Split, Split]:
    """Return images of ``shapes`` from generators of their own: as many as it has, and another 2,000 to score."""
    numbers = range(SHAPES_CLASSES)
    splits = []
    for count in (SHAPES_TRAIN // SHAPES_CLASSES, SHAPES_TEST // SHAPES_CLASSES):
        images = [
            draw(glyph, count, generator(n, f"instrument {count}")) for n, glyph in zip(numbers, GLYPHS, strict=True)
        ]
        splits.append(Split(torch.cat(images), torch.tensor(numbers).repeat_interleave(count)))
    return splits[0], splits[1]


def left_out(config: DataConfig, name: str, data_dir: Path) -> tuple[Split, Split]:
    """Return training images that no reported subset has, the second part to score."""
    data = load_data(DataConfig(name=name, image_size=config.image_size), data_dir)
    seeds, amount = REPORTED
    free = torch.ones(len(data.train), dtype=torch.bool)
    for seed in seeds:
        free[balanced_subset(data.train.labels, amount, generator(seed, "subset"))] = False
    own = data.train[free.nonzero().squeeze(1)]
    scored = balanced_subset(own.labels, SCORED, generator(1000, "scored"))
    kept = torch.ones(len(own), dtype=torch.bool)
    kept[scored] = False
    return own[kept.nonzero().squeeze(1)], own[scored]


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


# The table


@dataclass(frozen=True)
class Measurement:
    """The results of one candidate by one metric."""

    candidate: str
    values: np.ndarray
    """(cells, seeds) in points, the base cell first; the seeds that all cells have."""
    seconds: float
    """CPU seconds of a training and its scores, the mean over all cells."""

    @property
    def effects(self) -> np.ndarray:
        """Advantage of the base cell over each other, (cells - 1, seeds)."""
        return np.asarray(self.values[0] - self.values[1:])

    @property
    def several(self) -> bool:
        """Whether it has seeds enough for a spread."""
        return bool(self.values.shape[1] > 1)

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

    def decided(self) -> float:
        """Share of these effects that three seeds decide, rightly, if their measured means are the true ones."""
        means = {0: 0.0} | {number: -float(mean) for number, mean in enumerate(self.effects.mean(axis=1), 1)}
        asked = claims(*({"cells": cells(0), "than": cells(number)} for number in means if number))
        return found(Study(grid(means, noise=self.noise), asked))

    def powers(self) -> list[float]:
        """Share of ten claims that three seeds decide, if all are true by each of ``SIZES``."""
        return [found(pairs(10, size, noise=self.noise)) for size in SIZES]


def found(study: Study) -> float:
    """Share of the study's claims that three seeds decide rightly."""
    return simulate(Design("", "", "", [study], 3), PAGES, np.random.default_rng(0)).right


def measurements(path: Path, metric: str) -> list[Measurement]:
    """Return those of all candidates, each with the seeds of which all cells are there."""
    rows = pd.DataFrame(read_rows(path))
    rows["value"] = rows[metric].astype(float)
    rows["seconds"] = rows[["train_cpu_s", "evaluate_cpu_s"]].astype(float).sum(axis=1)
    return [_measurement(str(name), own) for name, own in rows.groupby("candidate", sort=False)]


def _measurement(name: str, rows: pd.DataFrame) -> Measurement:
    order = rows["cell"].drop_duplicates()
    values = rows.pivot(index="cell", columns="seed", values="value").loc[order].dropna(axis=1).to_numpy()
    return Measurement(name, values, float(rows["seconds"].mean()))


def table(given: argparse.Namespace) -> None:
    """Write what was measured, and what three seeds then decide."""
    file = given.study.with_suffix(".csv")
    others = list(dict.fromkeys(row["cell"] for row in read_rows(file)))[1:]
    heads = [f"over {name}" for name in others]
    study = load_study(given.study).study
    parts = [
        f"# {study.title}\n",
        f"Written by `instrument.py table` from {file.name}; README.md says how to read it.\n",
    ]
    parts += [*(f"- `{name}`: {scale.description}" for name, scale in study.scales.items()), ""]
    for metric, title in METRICS.items():
        every = measurements(file, metric)
        spread = [one for one in every if one.several]
        parts += [f"## {title}\n", "Mean advantage of the base cell in points, and its spread over seeds:\n"]
        parts += rows_of(["candidate", "seeds", "CPU s", "base", "noise", *heads], map(_effects, every))
        parts += ["\nThe same over its noise, for each root of a CPU minute:\n"]
        parts += rows_of(["candidate", *heads, "mean"], map(_sizes, spread))
        parts += ["\nDecided rightly by three seeds, %: these effects, and ten claims that are true by so much:\n"]
        parts += rows_of(["candidate", "these", *(f"{size} points" for size in SIZES)], map(_powers, spread))
        parts += [""]
    given.study.with_suffix(".md").write_text("\n".join(parts), encoding="utf-8")


def _effects(one: Measurement) -> list[str]:
    spreads = [f" ± {each:.1f}" for each in one.effects.std(axis=1, ddof=1)] if one.several else [""] * len(one.effects)
    effects = [f"{each:+.1f}{spread}" for each, spread in zip(one.effects.mean(axis=1), spreads, strict=True)]
    noise = f"{one.noise:.2f}" if one.several else ""
    return [
        one.candidate,
        str(one.values.shape[1]),
        f"{one.seconds:.1f}",
        f"{one.values[0].mean():.1f}",
        noise,
        *effects,
    ]


def _sizes(one: Measurement) -> list[str]:
    return [one.candidate, *(f"{size:+.1f}" for size in (*one.sizes, one.sizes.mean()))]


def _powers(one: Measurement) -> list[str]:
    return [one.candidate, *(f"{100 * share:.0f}" for share in (one.decided(), *one.powers()))]


def rows_of(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table in Markdown."""
    return [f"| {' | '.join(row)} |" for row in (heads, ["---", *["---:"] * (len(heads) - 1)], *rows)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", type=Path, default=STUDY)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("measure")
    one.add_argument("--seeds", type=int, default=2)
    one.add_argument("--only", nargs="*", help="candidates")
    one.add_argument("--name", default="cifar10", help="the data set, or the folder of its files")
    one.add_argument("--data-dir", type=Path, default=Path("data"))
    one.set_defaults(do=measure)
    commands.add_parser("table").set_defaults(do=table)
    given = parser.parse_args()
    given.do(given)


if __name__ == "__main__":
    main()
