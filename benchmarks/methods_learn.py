"""Measures whether each method learns more than its random encoder knows, on 4,000 images of CIFAR-10.

    python benchmarks/methods_learn.py --data-dir data      trains what methods_learn.csv does not have
    python benchmarks/methods_learn.py --table              trains nothing

Both print the table, and write it into docs/methods.md. ``methods_learn.yaml`` has the recipes. Each training that ends
is a row of ``methods_learn.csv``: the command goes on where it was stopped, and trains again what has another recipe
now. All methods have their first seed before one has its second.

Every stage of an encoder is scored by linear evaluation. A method's stage is the one with the highest mean accuracy on
held-out training images, and so is that of the random encoder. Accuracies in the table are those of test images. The
random encoder's batch norms have seen the images. CPC's encoder sees patches, and so does the random one beside it.
"""

import argparse
import math
import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from rows import Row, append_row, read_rows

from ablations.api import load_study
from ablations.planning.grid import enumerate_trials
from ablations.types.trial import Trial
from core import Dataset, Diverged, Epoch, PretrainConfig, ResNet, TrainConfig, evaluate, load_data, pretrain
from core.config.protocols.base import Stage
from core.cost import BACKWARD, forward_flops
from core.pretraining.health import COLLAPSED, WORSE

STUDY = Path(__file__).with_suffix(".yaml")
ROWS = STUDY.with_suffix(".csv")
DOCUMENT = STUDY.parent.parent / "docs" / "methods.md"
START, END = "<!-- written by benchmarks/methods_learn.py -->\n", "\n<!-- end of what it writes -->"
STAGES: tuple[Stage, ...] = ("stage1", "stage2", "stage3", "stage4")
"""Stages that are scored; the last is h."""
RANDOM, RANDOM_PATCHES = "Random encoder", "Random encoder of patches"
ENOUGH = 2
"""Standard errors by which a method must exceed its random encoder."""
HEAD = """\
| method | stage | accuracy | random encoder | difference | by over 2 standard errors | passes | seeds |
|---|---|---:|---:|---:|---|---:|---:|"""

Turn = tuple[str, Trial]
"""A method, and one seed of its training."""


def held_out(stage: str) -> str:
    """Return the column of the accuracy on held-out training images."""
    return f"{stage}_held_out"


def on_test(stage: str) -> str:
    """Return the column of the accuracy on test images."""
    return f"{stage}_test"


COLUMNS = (
    *("method", "seed", "id", "passes", "cpu_s", "ended", "last_epoch"),
    *map(held_out, STAGES),
    *map(on_test, STAGES),
)
"""``passes`` are those of the encoder for each image, ``last_epoch`` are the means of the last epoch's metrics."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--only", nargs="*", help="methods")
    parser.add_argument("--table", action="store_true", help="train nothing")
    given = parser.parse_args()
    if not given.table:
        measure(turns(given.seeds, given.only), given.data_dir)
    show(table(current(read_rows(ROWS), turns(given.seeds))), START)


def show(text: str, start: str) -> None:
    """Print a table, and put it into the document in the place of the one that follows ``start``."""
    print(text)
    before, after = DOCUMENT.read_text(encoding="utf-8").split(start)
    DOCUMENT.write_text(f"{before}{start}{text}{END}{after.split(END, 1)[1]}", encoding="utf-8")


def turns(seeds: Sequence[int], only: Collection[str] | None = None) -> list[Turn]:
    """Return each method with its trial, seed by seed. Raises ``StudyError`` where the recipes have a mistake."""
    trials = enumerate_trials(load_study(STUDY, seeds=max(seeds) + 1))
    named = [(str(trial.coordinates["points"]), trial) for trial in trials]
    chosen = [(name, trial) for name, trial in named if trial.seed in seeds and (not only or name in only)]
    return sorted(chosen, key=lambda turn: turn[1].seed)


# Trainings


def measure(planned: Sequence[Turn], data_dir: Path) -> None:
    """Train what is not in the file yet."""
    torch.set_num_threads(1)
    done = {row["id"] for row in read_rows(ROWS)}
    data: dict[int, Dataset] = {}
    for method, trial in planned:
        if trial.pretrain_id in done:
            continue
        if trial.seed not in data:
            data = {trial.seed: load_data(trial.config.pretrain.data, data_dir)}
        row = {"method": method, "seed": str(trial.seed), "id": trial.pretrain_id}
        row |= measured(trial.config, data[trial.seed])
        append_row(ROWS, row, COLUMNS)
        print(f"{time.strftime('%H:%M:%S')} load {os.getloadavg()[0]:.1f}", *row.values(), flush=True)


def measured(config: TrainConfig, data: Dataset) -> Row:
    """Train and score, and return the columns of what was found."""
    started, history = time.process_time(), list[Epoch]()
    row = {"passes": f"{passes(config.pretrain):.0f}", "ended": "diverged"}
    try:
        pretrained = pretrain(config.pretrain, data, device="cpu", on_epoch=history.append)
    except Diverged:
        return row
    last = history[-1].metrics if history else {}
    row["cpu_s"] = f"{time.process_time() - started:.0f}"
    row["ended"] = how_it_ended(last, guess(config.pretrain, data))
    row["last_epoch"] = " ".join(f"{name}={value:.3g}" for name, value in last.items())
    for number, stage in enumerate(STAGES, 1):
        scored_by = config.evaluate.model_copy(update={"representation": stage})
        found = evaluate(scored_by, pretrained, data, later=STAGES[number:]).metrics
        row[held_out(stage)] = f"{found['linear_eval/validation']:.2f}"
        row[on_test(stage)] = f"{found['linear_eval/top1']:.2f}"
    return row


def guess(config: PretrainConfig, data: Dataset) -> float:
    """Return the loss of a guess; infinite where there is none."""
    return config.loss.guess(config, len(data.train), len(data.classes)) or math.inf


def how_it_ended(last: Mapping[str, float], guessed: float) -> str:
    """Return in a word how a training ended, by the metrics of its last epoch and the loss of a guess."""
    if last.get("spread", 1.0) < COLLAPSED:
        return "collapsed"
    return "diverged" if last.get("loss", 0.0) > WORSE * guessed else "trained"


def passes(config: PretrainConfig) -> float:
    """Return the compute of the encoder for an image over the whole training, in forward passes of a whole view through
    a ResNet of the same size. A backward pass is two."""
    encoder, size = config.encoder, config.data.image_size
    whole = ResNet.model_validate(encoder.model_dump(include={"name", "width", "stem"}))
    step = sum(
        each.copies * (1 + BACKWARD * each.has_gradient) * forward_flops(encoder, each.size) for each in config.passes
    )
    return config.epochs * step / forward_flops(whole, size)


def current(rows: Sequence[Row], planned: Sequence[Turn]) -> pd.DataFrame:
    """Return the rows of today's recipes in the order of the methods, with accuracies as numbers."""
    ids, methods = {trial.pretrain_id for _, trial in planned}, [method for method, _ in planned]
    found = pd.DataFrame([row for row in rows if row["id"] in ids], columns=COLUMNS)
    numbers = [*map(held_out, STAGES), *map(on_test, STAGES)]
    found[numbers] = found[numbers].apply(pd.to_numeric)
    return found.sort_values("method", key=lambda names: names.map(methods.index), kind="stable")


# The table


@dataclass(frozen=True)
class Learned:
    """The trainings of one method."""

    method: str
    rows: pd.DataFrame
    """Its rows, with at least one that has scores."""

    @cached_property
    def stage(self) -> str:
        """The stage that is best on held-out training images, in the mean over seeds."""
        return max(STAGES, key=lambda stage: float(self.rows[held_out(stage)].mean()))

    @property
    def accuracies(self) -> pd.Series:
        """Accuracy of that stage on test images in percent, by seed."""
        return self.rows.set_index("seed")[on_test(self.stage)].dropna()

    @property
    def name(self) -> str:
        """The method, and how its trainings ended that did not end well."""
        ends = self.rows["ended"][self.rows["ended"] != "trained"].value_counts()
        told = ", ".join(f"{end} in {count} of {len(self.rows)}" for end, count in ends.items())
        return f"{self.method} ({told})" if told else self.method

    @property
    def beside(self) -> str:
        """The random encoder that it is compared with."""
        return RANDOM_PATCHES if self.method.startswith("CPC") else RANDOM


def table(rows: pd.DataFrame) -> str:
    """Return the table in Markdown.

    A difference is the mean over seeds, and its standard error is that of this mean: by the spread of its own
    differences over seeds, or by the spread that all methods have together where that is larger, since three seeds say
    little about a spread.
    """
    groups = [Learned(str(name), own) for name, own in rows.groupby("method", sort=False)]
    scored = {each.method: each for each in groups if len(each.accuracies)}
    random = {name: scored.pop(name) for name in (RANDOM, RANDOM_PATCHES) if name in scored}
    pairs = [(each, random[each.beside]) for each in scored.values() if each.beside in random]
    differences = [(one.accuracies - other.accuracies).dropna() for one, other in pairs]
    common = np.sqrt(np.mean([each.var() for each in differences if len(each) > 1] or [np.nan]))
    return "\n".join([HEAD, *_lines(pairs, differences, float(common))])


def _lines(pairs: list[tuple[Learned, Learned]], differences: list[pd.Series], common: float) -> Iterator[str]:
    for (one, other), difference in zip(pairs, differences, strict=True):
        mean, seeds = float(difference.mean()), difference.index
        spread = max(float(difference.std()), common) if len(seeds) > 1 else common
        error = spread / np.sqrt(len(seeds))
        own, beside = (float(each.accuracies[seeds].mean()) for each in (one, other))
        cells = (
            *(one.name, one.stage, f"{own:.1f}", f"{beside:.1f} ({other.stage})", f"{mean:+.1f} ± {error:.1f}"),
            *("yes" if mean > ENOUGH * error else "no", one.rows["passes"].iloc[0], str(len(seeds))),
        )
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
