"""What a reviewer would ask, and what would not bother one."""

from pathlib import Path

import pytest

from ablations.planning.lint import warnings
from ablations.planning.plan import make_plan
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from helpers import shipped

BASE = "name: small\nbase: {data: {name: shapes, image_size: 32, subset: 6000}, batch_size: 100, epochs: 6}\n"
CLAIMS = "claims: [{says: a, source: b, cells: [[0.1]]}]\n"


def found(rest: str, seeds: int | None = None) -> list[str]:
    Path("study.yaml").write_text(BASE + rest)
    return warnings(make_plan(load_study("study.yaml", seeds=seeds), TrialStore(Path("runs")), Path("data")))


def test_a_study_as_it_should_be_has_no_warnings() -> None:
    assert found("grid: {loss.temperature: [0.1, 0.2, 0.5]}\n" + CLAIMS, seeds=3) == []


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("grid: {loss.temperature: [0.1, 0.2]}\n" + CLAIMS, "never decided from one seed"),
        ("grid: {loss.temperature: [0.3, 0.7]}\n", "no baseline"),
        ("grid: {loss.temperature: [0.2]}\n", "grid.loss.temperature[0]: the axis loss.temperature has one value"),
        ("grid: {batch_size: [64, 100]}\nbaselines: {a: {epochs: 0}}\n", "by linear scaling"),
        ("grid: {batch_size: [100, 4000], loss.temperature: [0.2]}\n", "every epoch leaves 33 % of them out"),
        ("grid: {epochs: [2, 6]}\nscales: {quick: {base: {batch_size: 1000}}}\n", "2 epochs: 12 steps in all"),
    ],
)
def test_each_has_its_warning(rest: str, expected: str) -> None:
    assert any(expected in warning for warning in found(rest)), found(rest)


@pytest.mark.parametrize(
    "rest",
    [
        "grid: {loss.temperature: [0.3, 0.7]}\nbaselines: {random: {epochs: 0}}\n",
        "grid: {points: {scratch: {epochs: 0}, trained: {loss.temperature: 0.3}}}\n",
        "grid: {add_one_in: {sobel: {augment.broader: true}}}\n",
        "scales: {quick: {base: {optimizer.scaling: sqrt}}}\ngrid: {batch_size: [64, 100]}\n"
        "baselines: {random: {epochs: 0}}\n",
        "grid: {zip: {batch_size: [64, 100], optimizer.learning_rate: [0.5, 1.0]}}\n",
    ],
)
def test_a_baseline_may_have_several_forms(rest: str) -> None:
    assert not any("no baseline" in warning or "scaling" in warning for warning in found(rest))


def test_pictures_alone_need_no_baseline() -> None:
    grid = "grid: {loss.temperature: [0.3, 0.7]}\n"
    pictures = "report: {kind: pictures, panels: loss.temperature, metric: tsne/silhouette}\n"
    assert any("no baseline" in warning for warning in found(grid))
    scored = "scales: {quick: {base: {evaluate.protocol: tsne}}}\n"
    assert not any("no baseline" in warning for warning in found(grid + pictures + scored))


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_shipped_studies_ask_for_no_more_than_seeds(path: Path) -> None:
    plan = make_plan(load_study(str(path)), TrialStore(Path("runs")), Path("data"))
    assert [warning for warning in warnings(plan) if "seed" not in warning] == []
