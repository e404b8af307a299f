"""Shows what each method of the fair study learned beyond an encoder that is not trained: no training, a second or two.

    python benchmarks/methods_one_recipe.py

The numbers are those of docs/results/methods_one_recipe-laptop, and the table goes into docs/methods.md. It is made as
that of ``methods_learn.py``: a stage is chosen on held-out training images, accuracies are those of test images.
"""

import math
from functools import partial
from pathlib import Path

import pandas as pd
from methods_learn import DOCUMENT, RANDOM, STAGES, held_out, on_test, show, table

TRIALS = DOCUMENT.parent / "results" / "methods_one_recipe-laptop" / "methods_one_recipe" / "trials.csv"
START = "<!-- written by benchmarks/methods_one_recipe.py -->\n"
ADAPTED = "Random weights"
"""The study's name of the encoder that is not trained and whose batch norms have seen the images."""


def main() -> None:
    show(table(rows(TRIALS)), START)


def rows(path: Path) -> pd.DataFrame:
    """Return a row for each method and seed with the accuracies of its stages; a stage that was not scored is never
    chosen."""
    trials = pd.read_csv(path)
    shown = trials[(trials["state"] == "done") & trials["baseline"].isna() & (trials["chosen"] != False)]  # noqa: E712
    by_stage = partial(shown.pivot, index=["points", "seed"], columns="evaluate.representation")
    found = by_stage(values="validation").rename(columns=held_out).join(by_stage(values="top1").rename(columns=on_test))
    passes = shown.groupby(["points", "seed"])["passes"].first().map("{:.0f}".format)
    whole = found.assign(passes=passes, ended="trained").reset_index().rename(columns={"points": "method"})
    unscored = {held_out(stage): -math.inf for stage in STAGES if held_out(stage) not in whole}
    order = list(dict.fromkeys(trials["points"].dropna().replace(ADAPTED, RANDOM)))
    whole = whole.assign(**unscored, method=whole["method"].replace(ADAPTED, RANDOM))
    return whole.sort_values("method", key=lambda names: names.map(order.index), kind="stable")


if __name__ == "__main__":
    main()
