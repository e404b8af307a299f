"""The shipped studies and the paper's numbers: that they fit each other, and that the numbers are the paper's."""

import functools
import itertools
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ablations.planning.grid import enumerate_trials
from ablations.study.load import load_study as load_uncached
from ablations.study.scaled_study import ScaledStudy
from ablations.tracking.content.description import describe
from ablations.types.trial import Trial
from core.config import ResNet, SimclrAugment
from core.cost import training_flops
from core.data.catalog import DRAWN
from helpers import shipped
from reports.paper.catalog import paper_axes, published
from reports.paper.numbers import PaperNumbers, paper_numbers
from reports.statistics.claims.kinds import AgreementClaim, parts_of
from reports.statistics.claims.questions import QUESTIONS, question
from reports.statistics.verdicts import judge

load_study = functools.cache(load_uncached)


@functools.cache
def trials_of(study: str, scale: str | None = None) -> Sequence[Trial]:
    return enumerate_trials(load_study(study, scale))


SCALES = ("quick", "laptop", "cifar10", "imagenet")
STUDIES = shipped()
WITHOUT_CELLS = {"figure_4", "figure_6", "figure_b3", "figure_b4"}
"""Pictures, and the curve of Figure B.3, which is of one training."""
UNPRINTED = {
    "table_b2": {("1", "no", "100%"), ("2", "no", "100%")},
    "methods": {("Autoencoder",)},
    "methods_more": {
        *itertools.product(["Denoising", "Inpainting", "Masked squares"], ["stage2", "stage3", "h"]),
        *itertools.product(["DeepCluster v2", "Jigsaw", "Colorization"], ["stage2", "stage3"]),
    },
    "methods_by_stage": {
        *itertools.product(["Barlow Twins", "VICReg", "Autoencoder", "Supervised"], ["stage2", "stage3", "stage4"]),
        *itertools.product(["Random initialisation", "Random weights"], ["stage2", "stage3", "stage4"]),
    },
    "mae_table_1": {*itertools.product(["half hidden", "nine tenths hidden"], ["linear", "fine-tuned"])},
    "methods_tables": {*itertools.product(["MoCo", "Rotation"], ["1%", "10%"])},
    "cpcv2_table_1": {("+MC",), ("+BU",), ("+LN",), ("+RC",), ("+HP",), ("+LP",)},
    "v2_distillation": {*itertools.product(["self-distilled", "small, of the fine-tuned"], ["0.01", "0.1"])},
}
"""Cells of which nobody has published a number that was read."""
WITHOUT_COLOURS = ("rotation_parts", "autoencoders", "pretext", "deepcluster_parts")
"""Studies of other methods, which crop and flip."""
OTHER_COLOURS = ("color_form", "methods", "example_views", "colour_histograms", "cpc_parts", "cpc_labels", "mae_parts")
"""Studies that ablate the jitter, are of other papers, train nothing, or jitter no colours."""
MOST_QUICK_TRAININGS = 15
MANY_TRAININGS = ("augmentation_grid", "methods_passes")
"""49 trainings, the first study of the project; and 24, eight methods for three lengths each."""


@functools.cache
def paper(key: str) -> PaperNumbers:
    numbers = paper_numbers(key)
    assert numbers is not None
    return numbers


def value(key: str, *cell: str, metric: str = "top1") -> float:
    return float(str(by_cell(key).loc[cell if len(cell) > 1 else cell[0], metric]))


@functools.cache
def by_cell(key: str) -> pd.DataFrame:
    return paper(key).table.set_index(paper(key).axes).sort_index()


@pytest.mark.parametrize(
    ("key", "cell", "metric", "expected"),
    [
        ("table_1", ("SimCLR", "1 (+Blur)"), "top1", 64.5),
        ("table_1", ("Supervised", "AutoAug"), "top1", 77.1),
        ("appendix_a", ("flip",), "top1", 63.4),
        ("figure_7", ("SimCLR", "resnet152", "2"), "top1", 72.0),
        ("figure_7", ("Supervised", "resnet50", "4"), "parameters", 375.0),
        ("figure_8", ("none", "2048"), "top1", 50.2),
        ("figure_8", ("linear", "64"), "top1", 61.3),
        ("table_3", ("Rotation", "z"), "transformation/top1", 25.6),
        ("table_3", ("Color vs grayscale", "h"), "transformation/chance", 80),
        ("table_4", ("Margin (sh)",), "top1", 57.5),
        ("table_5", ("yes", "0.05"), "pretrain/entropy", 1.0),
        ("table_5", ("no", "100"), "top1", 57.0),
        ("figure_9", ("500", "1024"), "top1", 67.96),
        ("figure_b1", ("1000", "8192"), "top5", 88.98),
        ("table_b1", ("256", "100", "sqrt"), "top1", 62.8),
        ("figure_b2", ("50", "32768"), "top1", 0.19),
        ("table_b2", ("2", "yes", "100%"), "top5", 94.8),
        ("table_b2", ("4", "yes", "linear"), "top1", 76.8),
        ("table_b3", ("4", "500", "+Color"), "top1", 78.4),
        ("figure_b3", ("0",), "squared_eigenvalue", 16.0),
        ("figure_b5", ("3200", "1%"), "top1", 50.68),
        ("figure_b6", ("resnet34", "4", "10%"), "top1", 67.33),
        ("figure_b7", ("900", "4096"), "top1", 93.69),
        ("figure_b8", ("epochs 400 to 1000", "2048", "0.5"), "top1", 93.6),
        ("table_6", ("2",), "top5", 92.0),
        ("table_7", ("Supervised baseline", "1", "0.01"), "finetune/top5", 48.4),
        ("table_b4", ("SimCLR", "4", "0.1"), "finetune/top1", 74.4),
        ("table_8", ("Linear, SimCLR", "voc2007"), "score", 84.2),
        ("table_b5", ("Fine-tuned, random init", "caltech101"), "score", 72.6),
        ("v2_table_1", ("resnet152", "3", "yes", "1%"), "top1", 74.9),
        ("methods", ("Barlow Twins",), "top1", 73.5),
        ("methods_more", ("DeepCluster", "stage3"), "top1", 57.71),
        ("methods_tables", ("InstDisc", "10%"), "top5", 77.4),
        ("cpcv2_table_1", ("CPC v1",), "top5", 73.6),
        ("mae_table_1", ("one block", "linear"), "top1", 65.5),
        ("cpcv2_table_2", ("CPC v2", "0.05"), "finetune/top5", 88.6),
        ("v2_distillation", ("small, of the self-distilled", "0.01"), "distill/top1", 73.9),
    ],
)
def test_numbers_are_the_papers(key: str, cell: tuple[str, ...], metric: str, expected: float) -> None:
    assert value(key, *cell, metric=metric) == expected


def test_there_are_as_many_numbers_as_the_paper_has() -> None:
    rows = {key: len(paper(key).table) for key in published()}
    assert rows == {
        "appendix_a": 3,
        "cpcv2_table_1": 2,
        "cpcv2_table_2": 10,
        "figure_1": 4,
        "figure_4": 0,
        "figure_5": 49,
        "figure_6": 0,
        "figure_7": 19,
        "figure_8": 15,
        "figure_9": 60,
        "figure_b1": 60,
        "figure_b2": 56,
        "figure_b3": 20,
        "figure_b4": 0,
        "figure_b5": 21,
        "figure_b6": 39,
        "figure_b7": 50,
        "figure_b8": 30,
        "mae_table_1": 13,
        "methods": 9,
        "methods_by_stage": 18,
        "methods_more": 12,
        "methods_tables": 13,
        "table_1": 12,
        "table_3": 8,
        "table_4": 5,
        "table_5": 6,
        "table_6": 3,
        "table_7": 8,
        "table_8": 60,
        "table_b1": 48,
        "table_b2": 22,
        "table_b3": 18,
        "table_b4": 8,
        "table_b5": 60,
        "v2_distillation": 6,
        "v2_table_1": 65,
    }
    assert {key: len(paper(key).others) for key in ("figure_1", "table_6", "table_7", "table_b4")} == {
        "figure_1": 14,
        "table_6": 10,
        "table_7": 15,
        "table_b4": 5,
    }


@pytest.mark.parametrize("key", [key for key in published() if paper_axes(key)])
def test_a_cell_is_there_once(key: str) -> None:
    assert not paper(key).table.duplicated(paper_axes(key)).any()


def test_what_is_read_from_figures_rounds_to_what_is_printed() -> None:
    for batch, epochs in itertools.product((256, 512, 1024, 2048, 4096, 8192), (100, 200, 400, 800)):
        for figure, scaling in (("figure_9", "linear"), ("figure_b2", "sqrt")):
            read = value(figure, str(epochs), str(batch))
            assert value("table_b1", str(batch), str(epochs), scaling) == pytest.approx(read, abs=0.051)


def test_figures_that_share_models_share_numbers() -> None:
    for epochs in (50, 100, 200, 400, 800, 1600, 3200):
        assert value("figure_b5", str(epochs), "linear") == value("figure_b2", str(epochs), "4096")
    for name, width in paper("figure_b6").table[["encoder.name", "encoder.width"]].drop_duplicates().to_numpy():
        read = value("figure_b6", name, width, "linear")
        assert value("figure_7", "SimCLR", name, width) == pytest.approx(read, abs=0.051)
    for width in ("1", "2", "4"):
        longest = value("figure_7", "SimCLR (1000 epochs)", "resnet50", width)
        assert value("table_6", width) == value("figure_1", "SimCLR", width) == longest
        assert value("table_b2", width, "no", "1%") == value(
            "table_b4", "SimCLR", width, "0.01", metric="finetune/top1"
        )
        top5 = value("table_7", "SimCLR", width, "0.1", metric="finetune/top5")
        assert value("table_b2", width, "no", "10%", metric="top5") == top5
    means = paper("figure_b7").table.astype({"epochs": int}).query("epochs <= 300").groupby("batch_size")["top1"].mean()
    for batch, mean in means.items():
        assert value("figure_b8", "epochs 100 to 300", str(batch), "0.5") == pytest.approx(mean, abs=0.02)


def test_the_papers_error_bars_are_where_they_are_verified() -> None:
    """They are seaborn's: of three runs the smallest and the largest, so that the third lies between."""
    assert {key: len(paper(key).ends) for key in published() if len(paper(key).ends)} == {
        "figure_b7": 50,
        "figure_b8": 30,
    }
    for key in ("figure_b7", "figure_b8"):
        means, ends = paper(key).table["top1"], paper(key).ends
        assert ((ends["low"] < means) & (means < ends["high"])).all()
    means, ends = paper("figure_b7").table["top1"], paper("figure_b7").ends
    third = 3 * means - ends["low"] - ends["high"]
    assert ((ends["low"] - 0.1 <= third) & (third <= ends["high"] + 0.1)).all()
    assert ends.iloc[0].tolist() == [81.01, 85.92]
    assert paper("figure_b8").ends.iloc[-1].tolist() == [92.6, 93.17]


def test_what_is_not_verified_is_not_held() -> None:
    assert [key for key in published() if key.startswith("v2_")] == ["v2_distillation", "v2_table_1"]


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_number_of_the_paper_has_its_trial_at_the_papers_scale(path: Path) -> None:
    study = load_study(str(path), "imagenet")
    key = study.study.reproduces
    if key is None or key in WITHOUT_CELLS:
        return
    axes = paper_axes(key)
    cells = set(_cells(study)[axes].itertuples(index=False, name=None))
    known = set(paper(key).table[axes].itertuples(index=False, name=None))
    assert cells - known == UNPRINTED.get(key, set())
    assert known <= cells or path.stem == "quickstart"  # which is a corner of Figure 5


def test_each_of_the_papers_numbers_is_reproduced_by_a_study() -> None:
    reproduced = {load_study(str(path)).study.reproduces for path in STUDIES}
    assert set(published()) - WITHOUT_CELLS <= reproduced


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_claims_are_about_cells_that_the_scale_has(path: Path, scale: str) -> None:
    study = load_study(str(path), scale)
    cells = _cells(study)
    for claim in study.claims:
        for part in parts_of(claim):
            if isinstance(part, AgreementClaim):
                assert set(paper(part.key).axes) <= set(cells)
            else:
                assert question(part, cells).about.any(), part.says  # raises NotInGridError where it has not


def _cells(study: ScaledStudy) -> pd.DataFrame:
    cells = [cell for grid in study.grids for cell, _ in grid.cells()]
    return pd.DataFrame([{axis: str(cell.get(axis, "")) for axis in study.axis_names} for cell in cells])


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_claim_about_linear_evaluation_is_judged_by_it(path: Path) -> None:
    """A table's last metric counts for a claim that names none: what a table has beside the result must not."""
    study = load_study(str(path), "quick")
    for claim in study.claims:
        for part in parts_of(claim):
            if not isinstance(part, AgreementClaim) and part.metric is None:
                assert not study.report.metric.startswith(("knn/", "pretrain/")), part.says


def test_there_are_claims_of_all_kinds() -> None:
    claims = [claim for path in STUDIES for claim in load_study(str(path)).study.claims]
    assert len(claims) >= 25
    assert {claim.kind for claim in claims} == {
        "agreement",
        "all",
        *(attrgetter("model_fields")(kind)["kind"].default for kind in QUESTIONS),
    }


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_colours_are_jittered_as_in_the_code_behind_the_results(path: Path, scale: str) -> None:
    """Every training that jitters colours, at every scale; and the file says so in its header, or extends one that
    does."""
    if path.stem in OTHER_COLOURS:
        return
    forms = {
        getattr(trial.config.pretrain.augment, "color_form", None)
        for trial in trials_of(str(path), scale)
        if trial.config.pretrain.epochs
    }
    if path.stem in WITHOUT_COLOURS:
        assert forms == {None}
        return
    form = "released_v2" if path.stem.startswith("v2_") else "released_v1"
    assert form in forms <= {form, None}
    assert "# Colours are jittered as in the code" in path.read_text() or "\nextends: " in path.read_text()


def initialisations(trials: Sequence[Trial]) -> set[str]:
    encoders = [trial.config.pretrain.encoder for trial in trials]
    return {encoder.initialisation for encoder in encoders if isinstance(encoder, ResNet)}


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_at_the_papers_scale_convolutions_are_initialised_as_in_the_released_code(path: Path) -> None:
    trials = trials_of(str(path), "imagenet")
    assert initialisations(trials) <= {"released"}
    assert initialisations(trials_of(str(path))) <= {"fan_out"}


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_the_quick_scale_is_small_and_embedded(path: Path) -> None:
    trials = trials_of(str(path), "quick")
    assert {data.name for trial in trials for data in trial.config.all_data} <= set(DRAWN)
    trainings = {trial.pretrain_id for trial in trials if trial.config.pretrain.epochs}
    assert len(trainings) <= MOST_QUICK_TRAININGS or path.stem in MANY_TRAININGS


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(
    ("name", "trainings", "tolerance"),
    [
        ("methods", 10, 0),
        ("methods_one_recipe", 10, 0),
        ("methods_more", 9, 0.06),
        ("rotation_parts", 2, 0),
        ("autoencoders", 6, 0),
        ("pretext", 3, 0.06),
    ],
)
def test_methods_are_compared_at_the_same_number_of_passes_through_the_encoder(
    name: str, trainings: int, tolerance: float, scale: str
) -> None:
    passes = {}
    for trial in trials_of(name, scale):
        config = trial.config.pretrain
        if config.epochs and trial.coordinates.get("points") != "Random weights" and trial.baseline is None:
            own = config.loss.flops(config)
            passes[trial.coordinates["points"]] = config.epochs * (training_flops(config) - own)
    assert len(passes) == trainings
    assert max(passes.values()) <= (1 + tolerance) * min(passes.values())


def test_the_passes_of_a_training_are_those_of_an_epoch_times_its_epochs() -> None:
    """Passes of an epoch as in docs/methods.md; what is not trained has none."""
    told = describe(load_study("methods_passes", "laptop"), trials_of("methods_passes", "laptop"))["trials"]
    of_an_epoch = {"MoCo": 4, "BYOL": 8, "Rotation": 12}
    for trial in (one for one in told if not one["baseline"]):
        method, epochs = trial["coordinates"]["points"], trial["coordinates"]["epochs"]
        assert trial["passes"] == of_an_epoch.get(method, 6) * epochs
    assert {one["passes"] for one in told if one["baseline"] in ("pixels", "random initialisation")} == {0}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", ["overview", "depth_width", "v2_models"])
def test_supervised_points_are_trained_with_crop_and_flip_alone(name: str, scale: str) -> None:
    configs = [trial.config.pretrain for trial in trials_of(name, scale)]
    branches = [config.augment.branches() for config in configs if config.loss.kind == "cross_entropy"]
    assert branches or (name, scale) in {("v2_models", small) for small in ("quick", "laptop", "cifar10")}
    assert all([operation.kind for operation in each.both] == ["crop", "flip"] for each in branches)
    assert not any(each.shared or each.first or each.second for each in branches)


def test_supervised_points_of_figures_1_and_7_are_table_b3s_column_crop() -> None:
    """Their numbers are equal there too: 76.5 and 78.4."""
    crop = {
        trial.coordinates["encoder.width"]: trial.id
        for trial in trials_of("longer_supervised", "imagenet")
        if trial.coordinates and trial.coordinates["epochs"] == 90 and trial.coordinates["augment"] == "Crop"
    }
    for name in ("overview", "depth_width"):
        for trial in trials_of(name, "imagenet"):
            width = trial.coordinates.get("encoder.width")
            if trial.coordinates.get("points") == "Supervised" and width in crop:
                assert trial.id == crop[width]


LINEAR_AND_TUNED = ("finetune_architectures", "finetune_epochs", "broader_augmentation", "v2_models")


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", LINEAR_AND_TUNED)
def test_linear_columns_are_the_linear_evaluation_of_the_scale(name: str, scale: str) -> None:
    """At the paper's scale that is appendix B.6's."""
    trials = trials_of(name, scale)
    linear = {t.config.evaluate.protocol for t in trials if t.coordinates.get("evaluate") == "linear"}
    assert linear == {"linear_sgd" if scale == "imagenet" else "frozen"}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_baseline_is_scored_as_cells_are(path: Path, scale: str) -> None:
    trials = trials_of(str(path), scale)
    cells = {trial.config.scored_by for trial in trials if trial.baseline is None}
    assert {trial.config.scored_by for trial in trials if trial.baseline is not None} <= cells


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_there_is_no_blur_at_the_scale_of_appendix_b9_but_where_it_is_ablated(path: Path) -> None:
    for trial in trials_of(str(path), "cifar10"):
        policy = trial.config.pretrain.augment
        is_ablated = path.stem == "flip_blur" or "Blur" in str(trial.coordinates.get("augment"))
        if isinstance(policy, SimclrAugment):
            assert policy.blur == (is_ablated and trial.coordinates.get("leave_one_out") != "blur"), trial.name


@pytest.mark.parametrize(("rise", "expected"), [(0.0, "SUPPORTED"), (-3.0, "SUPPORTED"), (3.0, "REFUTED")])
def test_no_benefit_of_longer_supervised_training_is_decided_where_there_is_none(rise: float, expected: str) -> None:
    """Simulated over ten seeds that spread by half a point: a flat truth is no longer undecided for ever."""
    study, draws = load_study("longer_supervised", "quick"), np.random.default_rng(0)
    cells, claim = _cells(study), study.claims[0]
    epochs = sorted(set(cells["epochs"]), key=float)
    rows = [
        {**cell, "trial_id": f"{number}/{seed}", "seed": seed, "baseline": "", "state": "done"}
        | {"top1": 70 + rise * epochs.index(cell["epochs"]) + draws.normal(0, 0.5)}
        for number, cell in enumerate(cells.to_dict("records"))
        for seed in range(10)
    ]
    assert judge([claim], pd.DataFrame(rows), study.axis_names, "top1")[0].word == expected
