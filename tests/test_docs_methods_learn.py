"""The table of what each method learns, in docs/methods.md, and how ``benchmarks/methods_learn.py`` makes it."""

import math

import methods_learn
import pandas as pd
from methods_learn import COLUMNS, DOCUMENT, RANDOM, ROWS, STAGES, held_out, on_test
from rows import read_rows


def test_the_document_has_the_table_of_the_measured_rows() -> None:
    rows = methods_learn.current(read_rows(ROWS), methods_learn.turns([0, 1, 2]))
    assert methods_learn.table(rows) in DOCUMENT.read_text(encoding="utf-8"), (
        "run python benchmarks/methods_learn.py --table"
    )


def test_the_stage_is_chosen_on_held_out_images_and_the_common_spread_counts() -> None:
    """The steady method has the spread of the others, which its own three seeds do not show."""
    table = methods_learn.table(
        measured(
            {
                RANDOM: [(30, 31), (30, 31), (30, 31)],
                "steady": [(40, 32), (40, 32), (40, 32)],
                "spread": [(20, 30), (20, 33), (20, 36)],
            }
        )
    )
    # differences 1, 1, 1 and -1, 2, 5: variances 0 and 9, so the common spread is sqrt(4.5), over sqrt(3) 1.2
    steady, spread = table.splitlines()[2:]
    assert steady == "| steady | stage1 | 32.0 | 31.0 (stage1) | +1.0 ± 1.2 | no | 48 | 3 |"
    assert spread == "| spread | stage1 | 33.0 | 31.0 (stage1) | +2.0 ± 1.7 | no | 48 | 3 |"


def test_a_method_that_collapsed_is_named_so() -> None:
    rows = measured({RANDOM: [(30, 31)] * 3, "BYOL": [(10, 10)] * 3})
    rows.loc[rows["method"] == "BYOL", "ended"] = ["collapsed", "trained", "collapsed"]
    assert "| BYOL (collapsed in 2 of 3) |" in methods_learn.table(rows)


def test_a_training_whose_loss_ends_above_that_of_a_guess_has_diverged() -> None:
    assert methods_learn.how_it_ended({"loss": 27.3, "spread": 0.99}, 8.6) == "diverged"
    assert methods_learn.how_it_ended({"loss": 9.0, "spread": 0.99}, 8.6) == "trained"
    assert methods_learn.how_it_ended({"loss": 9.0, "spread": 0.001}, 8.6) == "collapsed"
    assert methods_learn.how_it_ended({"loss": 68.4}, math.inf) == "trained"
    assert methods_learn.how_it_ended({}, 8.6) == "trained"


def measured(accuracies: dict[str, list[tuple[int, int]]]) -> pd.DataFrame:
    """Rows of trainings by method, with the held-out and the test accuracy of the first stage by seed. The second stage
    is worse on held-out images and better on test images."""
    rows = [
        {"method": method, "seed": str(seed), "passes": "48", "ended": "trained"}
        | {held_out(stage): known - 5 * number for number, stage in enumerate(STAGES)}
        | {on_test(stage): test + 5 * number for number, stage in enumerate(STAGES)}
        for method, each in accuracies.items()
        for seed, (known, test) in enumerate(each)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
