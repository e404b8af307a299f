"""Draws every kind of figure, the page of each and the page of all, from made-up results: python docs/looks.py FOLDER

Names behind the folder, such as ``heatmap``, draw these alone. ``--baselines`` in the place of the folder draws the
small pictures that a test compares figures with.

To look at after a change of how anything is drawn. Nothing is trained: each number is drawn at random, from the name of
its cell. A test holds that every kind of figure is here.
"""

import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ablations.api import load_study
from ablations.planning.grid import enumerate_trials
from ablations.tracking.content.description import describe
from ablations.tracking.training.views import IMAGES, NO_DATA
from ablations.types.trial import Trial
from core import load_data
from core.pretraining.shown_views import shown_views
from reports.cells.arrays import TrialArrays, chosen_trials
from reports.figures.drawn import draw
from reports.figures.forest import forest_figure
from reports.figures.further.curves import draw_curves
from reports.figures.pictures.example_views import CAPTIONS
from reports.pages.collection_page import Entry, judged_together, write_collection
from reports.pages.render import render
from reports.specs import CostReport, EffectsReport, MainEffectsReport, PicturesReport, PointsReport, Report
from reports.study_report import RunPages, StudyReport
from reports.style import house_style

BASELINES, BASELINE_DPI = Path(__file__).parents[1] / "tests" / "baselines", 60
PAGES = RunPages("http://127.0.0.1:5000/#/experiments/1/runs/", "parent", "Made up: nothing is served there.")
LOWEST, HIGHEST, SPREAD = 30.0, 60.0, 0.6
"""The range of the cells' means, and their standard deviation over seeds, in percent."""
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
PIXELS, EPOCHS = 24, 30


@dataclass(frozen=True)
class Look:
    """A shipped study that is drawn."""

    study: str
    spec: Report | None = None
    """Settings of the figure, in the place of the study's own."""
    seeds: int = 3
    states: Mapping[int, str] = field(default_factory=dict)
    """States of the trials that are not done, by number."""


LOOKS = {
    "heatmap": Look("augmentation_grid"),
    "heatmap_unfinished": Look("quickstart", states={1: "failed", 9: "waiting", 10: "waiting", 11: "waiting"}),
    "bars": Look("projection_head"),
    "table": Look("few_labels"),
    "table_of_metrics": Look("losses"),
    "sizes": Look("overview"),
    "against": Look("finetune_epochs"),
    "points": Look("temperature", PointsReport(x="loss.temperature")),
    "effects": Look("temperature", EffectsReport(axis="loss.temperature", reference=0.1)),
    "cost": Look("overview", CostReport()),
    "cost_lines": Look("methods_passes"),
    "main_effects": Look("projection_head", MainEffectsReport()),
    "one_seed": Look("color_strength", seeds=1),
    "tsne": Look("tsne"),
    "spectrum": Look("eigenvalues"),
    "example_views": Look("example_views"),
    "colour_histograms": Look("colour_histograms"),
    "retrieval": Look("tsne", PicturesReport(panels="evaluate.representation")),
}
"""The looks that are drawn, by the name of their folder."""


def made_up(name: str) -> StudyReport:
    """The report of a study whose trials have made-up results."""
    look = LOOKS[name]
    scaled = load_study(look.study, "quick", seeds=look.seeds)
    trials = enumerate_trials(scaled)
    told = describe(scaled, trials)
    spec = look.spec or scaled.report
    metrics = {spec.metric, *scaled.metrics, *getattr(spec, "metrics", ())}
    states = [look.states.get(number, "done") for number in range(len(told["trials"]))]
    rows = [_row(trial, told["axes"], state, metrics) for trial, state in zip(told["trials"], states, strict=True)]
    table = pd.DataFrame(rows)
    return StudyReport(
        name=name,
        title=told["title"],
        spec=spec,
        table=table,
        axes=told["axes"],
        claims=list(scaled.claims),
        reproduces=told["reproduces"],
        scale="quick",
        scale_description=told["scale_description"],
        settings=told["settings"],
        facts={"device": "made up"},
        command=told["command"],
        run_pages=PAGES,
        arrays=_arrays(name, spec, table),
        curves={trial_id: _curve(_draws(trial_id)) for trial_id in table.loc[table["state"] == "done", "trial_id"]},
        views=_views(trials) if name == "heatmap" else {},
        no_views=NO_DATA if name == "one_seed" else "",
    )


def _row(trial: Mapping[str, Any], axes: list[str], state: str, metrics: set[str]) -> dict[str, Any]:
    """A trial's row of the table; cells differ by their names, and seeds by chance."""
    row = {name: trial[name] for name in ("trial_id", "name", "seed", "baseline", "scored_by", "parameters", "passes")}
    row |= {axis: str(trial["coordinates"].get(axis, "")) for axis in axes}
    row |= {"state": state, "error": "CUDA out of memory" if state == "failed" else "", "remedy": ""}
    row |= {"run_id": f"run{trial['trial_id']}", "seconds": _draws(trial["name"]).uniform(60, 120)}
    row["stopped_at"] = 4.0 if state == "stopped" else float("nan")
    return row | ({metric: _value(metric, row) for metric in metrics} if state == "done" else {})


def _value(metric: str, row: Mapping[str, Any]) -> float:
    cell = row["name"].rsplit("seed", 1)[0]
    mean, noise = _draws(cell + metric).uniform(LOWEST, HIGHEST), SPREAD * _draws(row["name"] + metric).normal()
    return float(mean + noise) / (100 if "silhouette" in metric else 1)


def _views(trials: Sequence[Trial]) -> dict[str, np.ndarray]:
    data = load_data(trials[0].config.pretrain.data)
    cells = [trial for trial in trials if trial.seed == 0 and not trial.baseline]
    return {trial.id: shown_views(trial.config.pretrain, data, IMAGES).numpy() for trial in cells}


def _curve(draws: np.random.Generator) -> dict[str, np.ndarray]:
    epochs = np.arange(1, EPOCHS + 1)
    loss = 2 + 3 * np.exp(-epochs / draws.uniform(2, 8)) + draws.normal(scale=0.05, size=EPOCHS)
    online = np.where(epochs % 5 == 0, 60 - 10 * loss, np.nan)
    return {"loss": loss, "contrastive_top1": 100 - 18 * loss, "knn_top1": online}


def _draws(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


def _arrays(name: str, spec: Report, table: pd.DataFrame) -> dict[str, TrialArrays]:
    if not isinstance(spec, PicturesReport):
        return {}
    shown = [row["trial_id"] for row in chosen_trials(table, spec.panels).values()]
    return {trial_id: TrialArrays(LEFT[name](_draws(trial_id)), CLASSES) for trial_id in shown}


def _pixels(draws: np.random.Generator, *shape: int) -> np.ndarray:
    """Coloured noise that is smooth enough to be told apart: (..., 3, S, S)."""
    coarse = draws.integers(0, 256, (*shape, 3, PIXELS // 4, PIXELS // 4), dtype=np.uint8)
    return coarse.repeat(4, axis=-1).repeat(4, axis=-2)


def _embedded(draws: np.random.Generator) -> dict[str, np.ndarray]:
    labels = np.arange(300) % len(CLASSES)
    middles = draws.normal(scale=20, size=(len(CLASSES), 2))
    return {"tsne/embedding": middles[labels] + draws.normal(scale=6, size=(300, 2)), "tsne/labels": labels}


def _retrieved(draws: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        "retrieval/queries": _pixels(draws, 6),
        "retrieval/query_labels": np.arange(6),
        "retrieval/neighbors": _pixels(draws, 6, 10),
        "retrieval/neighbor_labels": (np.arange(6)[:, None] + (draws.random((6, 10)) < 0.3)) % len(CLASSES),
        "retrieval/similarities": -np.sort(-draws.uniform(0.5, 1.0, (6, 10)), axis=1),
    }


def _counted(draws: np.random.Generator) -> dict[str, np.ndarray]:
    shares = draws.random((2, 4, 32))
    return {
        "colour_histograms/crops": _pixels(draws, 2, 4),
        "colour_histograms/histograms": shares / shares.sum(axis=2, keepdims=True),
    }


LEFT = {
    "tsne": _embedded,
    "spectrum": lambda draws: {"spectrum/eigenvalues": np.sort(draws.exponential(size=128))[::-1]},
    "example_views": lambda draws: {f"example_views/{caption}": _pixels(draws) for caption in CAPTIONS},
    "colour_histograms": _counted,
    "retrieval": _retrieved,
}
"""The arrays that trials leave to be drawn, by the name of the look."""


def save_compared(folder: Path) -> None:
    """Write the figures that a test compares with those of ``BASELINES``, small, as PNG."""
    effects, several = made_up("effects"), made_up("main_effects")
    with house_style():
        figures = {
            "effects": draw(effects).figure,
            "main_effects": draw(several).figure,
            "curves": draw_curves(several),
            "forest": forest_figure([("", verdict) for verdict in several.verdicts], several.heading),
        }
        for name, figure in figures.items():
            assert figure is not None
            figure.savefig(folder / f"{name}.png", dpi=BASELINE_DPI, metadata={"Software": None})


def main(folder: Path, names: Sequence[str]) -> None:
    entries = []
    for name in names or LOOKS:
        report = made_up(name)
        print(render(report, folder / name))
        figure, page = folder / name / "figure.png", f"../{name}/report.html"
        entries.append(Entry(name, report.title, report.reproduces, report, figure=figure, page=page))
    entries.append(Entry("nothing", "A study that was not run", problem="Not run yet at this scale."))
    path = folder / "all" / "report.html"
    print(write_collection(path, "Every kind of figure", "looks", "quick", judged_together(entries)))


if __name__ == "__main__":
    if sys.argv[1:] == ["--baselines"]:
        save_compared(BASELINES)
        sys.exit()
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "looks"), sys.argv[2:])
