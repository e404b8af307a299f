"""Judges the worked example of verdicts.md, fills in numbers and draws its pictures: python docs/verdict_pictures.py

``verdicts/trials.csv`` has five invented seeds of each cell of Figure 5's grid, drawn with the means and spreads that
three seeds had on 4,000 CIFAR-10 images. ``../benchmarks/verdicts.csv`` is what was simulated.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.statistics.measured import measure
from reports.statistics.noise.spread import centred_variances
from reports.statistics.noise.usual import usual_spreads
from reports.statistics.record import read_record, save_record
from reports.statistics.verdicts import Verdict, judge_page
from reports.style import COLORS, GREY, WIDTH, house_style

FOLDER = Path(__file__).parent / "verdicts"
PAGE = Path(__file__).parent / "verdicts.md"
RATES = Path(__file__).parents[1] / "benchmarks" / "verdicts.csv"
LOOKS = {"SUPPORTED": COLORS[2], "REFUTED": COLORS[3], "NO DIFFERENCE": COLORS[0], "UNDECIDED": GREY}
MATTERS = 1.0
BEFORE: dict[tuple[str, int], float] = {("best of 42 against best of 7", 3): 21}
BEFORE |= {("best of 42 against best of 7", 5): 45}
BEFORE |= {("best of 42 against best of 7", 10): 84, ("best of 2 against best of 47", 3): 39}
BEFORE |= {("best of 2 against best of 47", 5): 83, ("best of 2 against best of 47", 10): 99.9}
"""Percent of wrong verdicts in 0.1.0, which compared the best of a seed with the best of a seed."""


def worked_example() -> list[Verdict]:
    """The verdicts of the example."""
    return judge_page([read_record(FOLDER)])[0]


def draw_intervals(ax: Axes, verdicts: list[Verdict]) -> None:
    """Each claim in points: its interval, and where that lies."""
    shown = [one for one in verdicts if one.unit == "points" and one.interval]
    ax.axvspan(-MATTERS, MATTERS, color="#eeeeee", zorder=0)
    ax.axvline(0, color=GREY, linewidth=0.8)
    for place, one in enumerate(reversed(shown)):
        assert one.interval is not None and one.mean is not None
        ax.plot(one.interval, [place, place], color=LOOKS[one.word], linewidth=2)
        ax.plot(one.mean, place, "o", color=LOOKS[one.word])
        word = f"{one.word.lower()}{', small' if one.small else ''}"
        ax.text(one.interval[1] + 0.2, place, word, va="center", color=LOOKS[one.word], fontweight="bold")
    ax.set_yticks(range(len(shown)), [one.claim.says for one in reversed(shown)])
    ax.set_ylim(-0.7, len(shown) - 0.3)
    ax.set_xlim(right=ax.get_xlim()[1] + 3)
    ax.set_xlabel("difference in points; in the grey band it would not matter")


def draw_spreads(ax: Axes) -> None:
    """The cells' spreads by the first three seeds and by all five, and the spread that is expected."""
    judged = read_record(FOLDER)
    found = measure(judged.table, judged.axes, judged.metric)
    for seeds, color in ((3, COLORS[1]), (5, COLORS[0])):
        spreads = np.sort(np.sqrt(centred_variances(found.values[:, :seeds])[0]))
        ax.plot(spreads, np.arange(1, len(spreads) + 1), ".", color=color, label=f"each cell over {seeds} seeds")
    prior = usual_spreads([found])[0].cells
    assert prior is not None
    usual = float(np.sqrt(prior.middle))
    ax.axvline(
        usual,
        color="black",
        linestyle="--",
        label=f"expected: {usual:.2f}, as sure as {1 + float(prior.freedom):.0f} seeds",
    )
    ax.set_xlabel("spread of a cell over seeds, in points")
    ax.set_ylabel("cells that spread less")
    ax.legend(frameon=False, loc="lower right")


def draw_rates(ax: Axes) -> None:
    """How often verdicts are wrong where all cells are equal, and were in 0.1.0."""
    rates = pd.read_csv(RATES)
    rates = rates[(rates["true effect"] == "0") & (rates["noise"] == "equal")]
    names = list(dict.fromkeys(claim for claim, _ in BEFORE))
    labels = [(name, seeds) for name in names for seeds in (3, 5, 10)]
    for place, (name, seeds) in enumerate(labels):
        row = rates[(rates["claim"] == name) & (rates["seeds"] == str(seeds))].iloc[0]
        ax.plot(BEFORE[name, seeds], place, "X", color=COLORS[3], label="0.1.0" if place == 0 else None)
        ax.plot(row["wrong"], place, "o", color=COLORS[2], label="now" if place == 0 else None)
    ax.axvline(5, color=GREY, linewidth=0.8)
    ax.set_yticks(range(len(labels)), [f"{name}, {seeds} seeds" for name, seeds in labels])
    ax.set_xlabel("% wrong, where all cells are equal")
    ax.legend(frameon=False)


def draw_power(ax: Axes) -> None:
    """How often an effect is found, by its size."""
    rates = pd.read_csv(RATES)
    rates = rates[(rates["claim"] == "one cell against one") & (rates["noise"] == "equal")]
    for number, seeds in enumerate(("3", "5", "10")):
        rows = rates[rates["seeds"] == seeds]
        found = rows["right"] - rows["no difference"]
        ax.plot(rows["true effect"].astype(float), found, "o-", color=COLORS[number], label=f"{seeds} seeds")
        ax.plot(0, rows["no difference"].iloc[0], "s", color=COLORS[number], markerfacecolor="white")
    ax.set_xlabel("true difference of two cells of 49, in points (noise 1 point)")
    ax.set_ylabel("% found (squares: no difference)")
    ax.legend(frameon=False)


SHOWN = (
    ("best of 42 against best of 7", "0", "equal", "3"),
    ("best of 2 against best of 47", "1", "equal", "10"),
    ("order of 5", "0.5", "equal", "10"),
    ("one cell against one", "0", "equal", "3"),
    ("family of 10", "0", "equal", "looks at 3, 5, 10"),
    ("family of 50", "0 and 2", "equal", "5"),
    ("family of 4", "2", "equal", "3"),
    ("one cell against one", "0", "two grids of 24, one 3 times: the noisy", "5"),
    ("one cell against one", "0", "cells differ as on CIFAR-10 (d0 = 3)", "3"),
    ("one cell against one", "0", "half the grid 3 times: two noisy", "3"),
    ("trend over 7, 7 averaged", "0", "cells of a row share as much again", "5"),
    ("one cell against one", "0", "one cell of 49 3 times: that one", "3"),
)
"""The rows of the table of rates that the page has."""


def filled(text: str, verdicts: list[Verdict]) -> str:
    """The page with the example's verdicts and the rates of today."""
    told = "\n".join(f"- {one.word}: {one.claim.says} {one.reason}" for one in verdicts)
    return between(between(text, "verdicts", told), "rates", rates_table())


def between(text: str, name: str, content: str) -> str:
    before, rest = text.split(f"<!-- {name} -->\n")
    return f"{before}<!-- {name} -->\n{content}\n<!-- end -->{rest.split('<!-- end -->', 1)[1]}"


def rates_table() -> str:
    rates = pd.read_csv(RATES, dtype=str).set_index(["claim", "true effect", "noise", "seeds"])
    columns = ["wrong", "right", "false on a page"]
    lines = [
        "| claim | true effect | noise | seeds | wrong, % | right, % | false on a page, % |",
        "|---|---|---|---|--:|--:|--:|",
    ]
    lines += [f"| {' | '.join([*row, *rates.loc[row, columns]])} |" for row in SHOWN]
    return "\n".join(lines)


def main() -> None:
    judged, verdicts = read_record(FOLDER), worked_example()
    save_record(judged, verdicts, FOLDER)
    half = WIDTH / 2 + 0.6
    pictures: dict[str, tuple[Callable[[Axes], None], float, float]] = {
        "intervals": (partial(draw_intervals, verdicts=verdicts), 6.0, 2.6),
        "spreads": (draw_spreads, half, 2.6),
        "rates": (draw_rates, half + 0.8, 2.2),
        "power": (draw_power, half, 2.6),
    }
    for name, (draw, width, height) in pictures.items():
        with house_style():
            figure = Figure(figsize=(width, height), layout="constrained")
            draw(figure.add_subplot())
            figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), verdicts), encoding="utf-8")


if __name__ == "__main__":
    main()
