"""Every name in a study is checked against what there is, with the closest name that is."""

import os
from pathlib import Path

import pytest

from ablations.planning.grid import enumerate_trials
from ablations.planning.plan import make_plan
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.types.errors import StudyError
from ablations.types.trial import Trial
from reports.statistics.claims.kinds import BetterClaim

GRID = "grid: {loss.temperature: [0.1, 1.0], head.kind: [linear, nonlinear]}\n"
AGAINST = "kind: against, axis: head.kind, x: linear, y: [nonlinear]"
CLAIM = "claims: [{{says: a, source: b, {}}}]\n"


def trials(text: str, *assignments: str, scale: str | None = None) -> list[Trial]:
    Path("study.yaml").write_text(f"name: s\n{text}\n")
    return enumerate_trials(load_study("study.yaml", scale, assignments))


def only_where(condition: str) -> str:
    return GRID.replace("}\n", f", only_where: {condition}}}\n")


def claim(text: str) -> str:
    return GRID + CLAIM.format(text)


def report(text: str) -> str:
    return f"{GRID}report: {{{text}}}\n"


UNTRAINED = "baselines: {untrained: {epochs: 0}}\n"

NAMES = {
    "a misspelt baseline": (
        claim("than: [untraned]") + UNTRAINED,
        "claims[0].than[0]: there is no baseline 'untraned'; did you mean 'untrained'?",
    ),
    "a baseline of a study without any": (
        claim("cells: [linear]"),
        "claims[0].cells[0]: there is no baseline 'linear'; the study has no baselines; a cell of the grid is a list",
    ),
    "a condition's value of another type": (
        only_where("{head.kind: {loss.temperature: 1}}"),
        "grid.only_where.head.kind.loss.temperature: loss.temperature has no value 1; did you mean '1.0'?",
    ),
    "a condition's misspelt value": (
        only_where("{loss.temperature: {head.kind: [linear, nonlinaer]}}"),
        "head.kind[1]: head.kind has no value 'nonlinaer'; did you mean 'nonlinear'?",
    ),
    "a condition without a value": (only_where("{loss.temperature: {head.kind: []}}"), "name a value of head.kind"),
    "a condition on a misspelt axis": (
        only_where("{loss.temprature: {head.kind: linear}}"),
        "no axis of this grid; did you mean 'loss.temperature'?",
    ),
    "a condition by a misspelt axis": (
        only_where("{loss.temperature: {head.knid: linear}}"),
        "'head.knid' is no axis of this grid; did you mean 'head.kind'?",
    ),
    "a condition on itself": (only_where("{head.kind: {head.kind: linear}}"), "head.kind exists only where head.kind"),
    "conditions in a circle": (
        only_where("{loss.temperature: {head.kind: linear}, head.kind: {loss.temperature: 0.1}}"),
        "exists only where loss.temperature itself does",
    ),
    "a misspelt form": (
        "grid: {pionts: {a: {epochs: 3}}}\n",
        "grid.pionts: there is no such field; did you mean 'points'?",
    ),
    "a field of a plain value": ("grid: {epochs.x: [1]}\n", "there is no such field: epochs has a plain value"),
    "a claim's axis": (
        claim("cells: [{loss.temprature: 0.1}]"),
        "is no axis of the grid; did you mean 'loss.temperature'",
    ),
    "a claim's value": (claim("cells: [{head.kind: lienar}]"), "has no value 'lienar'; did you mean 'linear'?"),
    "a claim's number of another type": (claim("cells: [[1, linear]]"), "has no value 1; did you mean '1.0'?"),
    "a claim's scale": (
        claim("cells: [[0.1, linear]], calibration: [quick, labtop]"),
        "claims[0].calibration[1]: there is no scale 'labtop'; did you mean 'laptop'?",
    ),
    "a claim's metric": (
        claim("cells: [[0.1, linear]], metric: linear_evl/top1"),
        "claims[0].metric: there is no metric 'linear_evl/top1'; did you mean 'linear_eval/'?",
    ),
    "a claim's metric of its protocol": (
        claim("cells: [[0.1, linear]], metric: linear_eval/map11"),
        "did you mean 'linear_eval/map_11'?",
    ),
    "a claim's metric of another protocol": (
        claim("cells: [[0.1, linear]], metric: linear_sgd/top1"),
        "claims[0].metric: no trial finds linear_sgd/top1 at scale quick: the trials are scored by frozen",
    ),
    "a claim's numbers of the paper": (
        claim("kind: agreement, key: figure5"),
        "no published numbers called 'figure5'; did you mean 'figure_5'?",
    ),
    "a margin's scale": (
        claim("cells: [[0.1, linear]], margin: {imagnet: 3}"),
        "claims[0].margin.imagnet: there is no scale 'imagnet'; did you mean 'imagenet'?",
    ),
    "an axis that interacts with itself": (
        claim("kind: interaction, axis: head.kind, over: head.kind"),
        "claims[0].over: the claim names head.kind twice",
    ),
    "a condition on what is compared": (
        claim("kind: similar, axis: head.kind, margin: 1, where: {head.kind: linear}"),
        "claims[0].where.head.kind: the claim names head.kind twice",
    ),
    "a report's axis": (
        report("kind: points, x: head.kid"),
        "report.x: 'head.kid' is no axis of the grid; did you mean",
    ),
    "a report's field": (
        report("kind: table, rowes: [head.kind]"),
        "report.rowes: there is no such field; did you mean 'rows'?",
    ),
    "a report's column": (
        report("kind: table, rows: [head.kind], columns: loss.temprature"),
        "report.columns: 'loss.temprature' is no axis of the grid; did you mean 'loss.temperature'?",
    ),
    "a report's row twice": (
        report("kind: table, rows: [head.kind, head.kind]"),
        "report.rows[1]: is the same axis as rows: head.kind",
    ),
    "a report's series that is its x": (
        report("kind: bars, x: head.kind, series: head.kind"),
        "report.series: is the same axis as x",
    ),
    "a report's value": (
        report("kind: against, axis: head.kind, x: linaer, y: [nonlinear]"),
        "report.x: head.kind has no value 'linaer'; did you mean 'linear'?",
    ),
    "a report's other value": (
        report("kind: against, axis: head.kind, x: linear, y: [nonlinaer]"),
        "report.y[0]: head.kind has no value 'nonlinaer'; did you mean 'nonlinear'?",
    ),
    "a report's label": (
        report("kind: table, rows: [head.kind], labels: {head.kid: Head}"),
        "report.labels.head.kid: 'head.kid' is neither an axis of the grid nor a metric; did you mean 'head.kind'?",
    ),
    "a report's metric of another protocol": (
        report("kind: points, x: head.kind, metric: tsne/silhouette"),
        "report.metric: no trial finds tsne/silhouette",
    ),
    "a field at a scale that is not run": (
        f"{GRID}scales: {{imagenet: {{base: {{optimizer: {{learning_rte: 3}}}}}}}}\n",
        "scales.imagenet.base.optimizer.learning_rte: there is no such field; did you mean 'learning_rate'?",
    ),
    "an axis at a scale that is not run": (
        f"{GRID}scales: {{imagenet: {{grid: {{epcohs: [3]}}}}}}\n",
        "scales.imagenet.grid.epcohs: there is no such field; did you mean 'epochs'?",
    ),
    "an extended study": (
        "extends: quikstart\n",
        "extends: quikstart: no such file, and no study of that name; did you mean 'quickstart'",
    ),
    "a baseline without a name": (f"{GRID}baselines: {{'': {{epochs: 0}}}}\n", "a label must not be empty"),
    "a label of two lines": ('grid: {head.kind: {"one\\ntwo": linear}}\n', "a label is one line without tabs"),
    "a label with a tab": ('grid: {head.kind: {"one\\ttwo": linear}}\n', "a label is one line without tabs"),
    "a baseline of two lines": (f'{GRID}baselines: {{"a\\nb": {{epochs: 0}}}}\n', "a label is one line without tabs"),
    "a label without text": ("grid: {head.kind: {' ': linear}}\n", "a label must not be empty"),
    "a scale that is a path": (f"{GRID}scales: {{a/b: {{}}}}\n", "'a/b' is no name"),
}


@pytest.mark.parametrize("case", NAMES)
def test_a_name_that_is_not_there_is_told_with_the_closest_that_is(case: str) -> None:
    text, message = NAMES[case]
    with pytest.raises(StudyError) as caught:
        trials(text)
    assert message in str(caught.value)
    assert str(caught.value).startswith("study.yaml:")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (report(f"{AGAINST}, color: loss.temperature, marker: loss.temperature"), 4),
        (report("kind: table, rows: [head.kind], labels: {top1: Top-1, head.kind: Head}"), 4),
        (claim("cells: [[0.1, linear]], margin: {imagenet: 3, mine: 1}") + "scales: {mine: {}}\n", 4),
        (only_where("{loss.temperature: {head.kind: linear}}"), 3),
        (only_where("{}"), 4),
        (f"{GRID}scales: {{imagenet: {{grid: {{points: {{a: {{loss.margin: 0.3}}}}}}}}}}\n", 4),
    ],
)
def test_names_that_are_there_are_taken(text: str, count: int) -> None:
    assert len(trials(text)) == count


def test_an_axis_depends_on_axes_that_exist_themselves() -> None:
    """If head.kind is none there is no head.output, and so no head.layers that depends on it."""
    conditions = "only_where: {head.output: {head.kind: linear}, epochs: {head.output: 32}}"
    found = trials(f"grid: {{head.kind: [linear, none], head.output: [32, 64], epochs: [2, 3], {conditions}}}\n")
    assert [list(trial.coordinates.values()) for trial in found] == [
        ["linear", 32, 2],
        ["linear", 32, 3],
        ["linear", 64],
        ["none"],
    ]


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("augment.first={}", "an empty mapping sets nothing"),
        ("loss={temperature: {}}", "an empty mapping sets nothing"),
        ("augment.first=[crop, crop]", "'crop' is given twice; name each value of an axis once"),
        ("augment.first=[]", "an axis has at least one value"),
        ("points=long", "points has no 'long'; did you mean 'longer'?"),
        ("points=[longer, longer]", "'longer' is given twice"),
        ("epochs=5", "epochs: is set by the axis 'points', which overrides --set"),
        ("seeds=3", "seeds is no setting of a trial; write --seeds 3"),
        ("grid.augment.first=[crop]", "grid is no setting of a trial; write the axis alone"),
        ("base.epochs=3", "base is no setting of a trial; write the path alone"),
        ("title=x", "title is no setting of a trial; change it in the study file"),
        ("batch_sise=3", "there is no such field; did you mean 'batch_size'?"),
    ],
)
def test_an_assignment_that_would_not_do_what_it_says_is_refused(assignment: str, message: str) -> None:
    text = "base: {augment.policy: composition}\ngrid: {augment.first: [crop, color], points: {longer: {epochs: 3}}}\n"
    with pytest.raises(StudyError) as caught:
        trials(text, assignment)
    assert str(caught.value).startswith(f"--set {assignment}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("second", ["batch_size=32", "batch_size=16", "loss.temperature=0.3", "resources.cpu=2"])
def test_an_assignment_that_hides_another_is_refused(second: str) -> None:
    with pytest.raises(StudyError, match="sets it too; keep one of them"):
        trials("grid: {epochs: [2, 3]}\n", "batch_size=16", "loss={temperature: 0.2}", "resources.cpu=4", second)


def test_a_claim_may_name_a_baseline() -> None:
    Path("study.yaml").write_text(f"name: s\n{claim('than: [untrained]')}{UNTRAINED}")
    (found,) = load_study("study.yaml").claims
    assert isinstance(found, BetterClaim)
    assert found.than == [{"baseline": "untrained"}]


def test_a_label_chooses_its_point() -> None:
    text = "grid: {head.kind: {A: linear, B: nonlinear, C: none}, points: {x: {epochs: 3}, y: {epochs: 4}}}\n"
    found = trials(text, "head.kind=[C, A]", "points=y")
    assert [trial.coordinates for trial in found] == [
        {"head.kind": "C", "points": "y"},
        {"head.kind": "A", "points": "y"},
    ]
    assert [trial.config.pretrain.head.kind for trial in found] == ["none", "linear"]
    assert [trial.coordinates["head.kind"] for trial in trials(text, "head.kind=none")] == ["none", "none"]


def test_an_empty_mapping_in_a_file_sets_nothing_and_hides_nothing() -> None:
    plain, empty = (trials(f"base: {{loss: {base}}}\ngrid: {{epochs: [2]}}\n") for base in ("{temperature: 0.2}", "{}"))
    assert [trial.id for trial in plain] == [trial.id for trial in empty]  # 0.2 is the scale's
    with pytest.raises(StudyError, match=r"augment.strength: should be a number"):
        trials("base: {augment.strength: {}}\ngrid: {epochs: [2]}\n")


LONG = "x" * 5000


@pytest.mark.parametrize(
    ("text", "assignments"),
    [
        (f"grid:\n  ? {LONG}\n  : [3]\n", []),
        (f"grid: {{epochs: ['{LONG}']}}\n", []),
        (f"grid: {{head.kind: ['{LONG}']}}\n", []),
        (f"grid: {{points: {{? {LONG} : {{epochs: 3}}}}}}\n", []),
        (f"{GRID}baselines: {{? {LONG} : {{epochs: 3}}}}\n", []),
        (f"{GRID}extends: {LONG}\n", []),
        (f"{GRID}reproduces: {LONG}\n", []),
        (f"{GRID}base: {{data.name: '../{LONG}'}}\n", []),
        (claim(f"cells: [{{head.kind: '{LONG}'}}]"), []),
        (claim(f"cells: [[0.1, linear]], metric: {LONG}"), []),
        (report(f"kind: points, x: {LONG}"), []),
        (only_where(f"{{loss.temperature: {{head.kind: {LONG}}}}}"), []),
        (GRID, [f"{LONG}=3"]),
        (GRID, [f"epochs={LONG}"]),
        (GRID, [f"resources.gpu={LONG}"]),
        (GRID, [LONG]),
    ],
    ids=range(16),
)
def test_an_error_is_no_longer_for_a_long_text(text: str, assignments: list[str]) -> None:
    with pytest.raises(StudyError) as caught:
        trials(text, *assignments)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("reference", [LONG, f"{LONG}.yaml", f"folder/{LONG}.yaml", "no\0thing.yaml", "a/b.yaml"])
def test_a_reference_that_is_no_file_is_said(reference: str) -> None:
    with pytest.raises(StudyError, match="no such file") as caught:
        load_study(reference)
    assert len(str(caught.value)) < 1500


@pytest.mark.parametrize("scale", ["s" * 300, "quik", LONG])
def test_a_scale_that_is_not_there_is_said(scale: str) -> None:
    with pytest.raises(StudyError, match="--scale") as caught:
        trials(GRID, scale=scale)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(("name", "close"), [("cifar01", "cifar10"), ("my-photo", "my-photos"), ("zzz", None)])
def test_data_that_is_not_there_is_told_with_the_closest_that_is(name: str, close: str | None) -> None:
    Path("data/my-photos/train").mkdir(parents=True)
    trials(f"base: {{data.name: {name}}}\ngrid: {{epochs: [2]}}\n")
    with pytest.raises(StudyError, match="no folder") as caught:
        make_plan(load_study("study.yaml"), TrialStore(Path("runs")), Path("data"))
    assert (f"; did you mean {close!r}?" in str(caught.value)) == (close is not None)


def test_pipes_and_folders_among_the_studies_are_passed_over() -> None:
    Path("studies/scales").mkdir(parents=True)
    os.mkfifo("studies/pipe.yaml")
    os.mkfifo("studies/scales/quick.yaml")
    Path("studies/folder.yaml").mkdir()
    Path("studies/nowhere.yaml").symlink_to("missing.yaml")
    Path("studies/mine.yaml").write_text(f"name: mine\n{GRID}")
    assert len(enumerate_trials(load_study("mine"))) == 4
    with pytest.raises(StudyError, match="is read from a regular file"):
        load_study("studies/pipe.yaml")
