"""Bad studies and bad command lines: one clear message with its place, exit code 2, and never a traceback."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import invoke
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ablations.types.errors
import core.errors
from ablations.types.errors import (
    AblateError,
    DiskFullError,
    LostStorageError,
    NotRecordedError,
    StudiesError,
    StudyError,
)
from core.errors import Collapsed, DataError, Diverged, MissingData, OtherData, ProcessLost, StorageAway, StorageRefused

GOOD = "name: s\nbase: {epochs: 4, schedule.warmup_epochs: 1}\ngrid: {loss.temperature: [0.1, 0.5]}\n"
HUNDRED = list(range(2, 102))
LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


def grid(text: str) -> str:
    return f"name: s\ngrid: {text}\n"


def with_(text: str) -> str:
    return GOOD + text + "\n"


STUDIES = {
    # not YAML, or more than plain values
    "empty": ("", "a study file is a mapping"),
    "a list": ("- name: s\n", "a study file is a mapping"),
    "a word": ("hello\n", "a study file is a mapping"),
    "tabs": ("name: s\ngrid:\n\tepochs: [1]\n", "indent with spaces, not tabs"),
    "unclosed": ("name: [s\n", "close every bracket"),
    "no space after a colon": ("name:s\ngrid: {epochs: [3]}\n", "put a space after each ':'"),
    "lines that are not aligned": ("name: s\nbase:\n  epochs: 3\n seeds: 4\n", "in the same column"),
    "two documents": ("name: s\n---\nname: t\n", "not valid YAML"),
    "aliases": (LAUGHS, "anchors and aliases are not supported"),
    "a python object": ("name: !!python/object/apply:os.system [ls]\n", "tag"),
    "a binary": ("name: !!binary aGVsbG8=\n", "read as a bytes"),
    "a merge": ("name: s\n<<: {grid: {epochs: [1]}}\n", "<<"),
    "a duplicate": ("name: s\nname: t\n", "given twice (first in line 1)"),
    "a duplicate inside": (with_("report: {kind: points, x: a, x: b}"), "given twice"),
    "a date": (with_("title: 2020-01-01"), "read as a"),
    "a deep nest": ("name: " + "[" * 2000 + "\n", "not valid YAML"),
    "a long number": (grid("{epochs: [" + "9" * 5000 + "]}"), "too long a number"),
    "a key that is a list": ("name: s\n[a]: b\n", "a key must be a word"),
    "not text": ("name: \x00\n", "not valid YAML"),
    # names and fields
    "no name": ("grid: {epochs: [5]}\n", "'name' is required"),
    "no grid": ("name: s\n", "'grid' is required"),
    "a path for a name": (GOOD.replace("name: s", "name: ../../etc"), "name"),
    "a number for a name": (GOOD.replace("name: s", "name: 5"), "should be text"),
    "a misspelt field": (GOOD.replace("grid:", "girds:"), "did you mean 'grid'?"),
    "an unknown field": (with_("colour: red"), "there is no such field"),
    "code in a title": (with_("title: {__import__('os'): 1}"), "should be text"),
    # the grid
    "an empty grid": (grid("{}"), "at least 1"),
    "an axis of nothing": (grid("{epochs: []}"), "at least one value"),
    "an axis that is a number": (grid("{epochs: 5}"), "should be a list of values"),
    "a value twice": (grid("{epochs: [5, 5]}"), "5 is given twice"),
    "an axis without a name": (grid("{'': [null]}"), "an axis is named by its path"),
    "a zipped axis without a name": (grid("{zip: {'': [null], epochs: [5]}}"), "an axis is named by its path"),
    "an unknown path": (grid("{loss.temprature: [0.1]}"), "did you mean 'temperature'?"),
    "an unknown beginning": (grid("{los.temperature: [0.1]}"), "did you mean 'loss'?"),
    "two axes in each other": (grid("{loss: [{kind: margin, margin: 0.4}], loss.margin: [1.0]}"), "is also set at"),
    "a million cells": (
        grid(f"{{epochs: {HUNDRED}, batch_size: {HUNDRED}, evaluate.neighbors: {HUNDRED}}}"),
        "1,000,000 trials",
    ),
    "a zip of unequal lists": (grid("{zip: {epochs: [5, 6], batch_size: [8]}}"), "the same number of values"),
    "a condition on no axis": (grid("{epochs: [5], only_where: {batch_size: {epochs: [5]}}}"), "no axis of this grid"),
    "a seed on an axis": (grid("{seed: [1, 2]}"), "seeds are given by"),
    # values
    "a word for a number": (grid("{epochs: [ten]}"), "should be a whole number, not 'ten'"),
    "a number as text": (grid("{epochs: ['5']}"), "should be a whole number, not '5'"),
    "nothing for a number": (grid("{data.subset: [null]}"), "a number, not null; write a value, or leave it out"),
    "an empty section": (with_("claims:"), "claims: should be a list, not null; write a value, or leave it out"),
    "nothing for a kind": (grid("{loss.kind: [null]}"), "null is not known; known are nt_xent,"),
    "one of two types": (grid("{evaluate.neighbors: [x]}"), "should be a whole number or a list, not 'x'"),
    "a fraction of an epoch": (grid("{epochs: [2.5]}"), "should be a whole number"),
    "not a number": (grid("{loss.temperature: [.nan]}"), "should be a finite number"),
    "infinity": (grid("{loss.temperature: [.inf]}"), "should be a finite number"),
    "a negative temperature": (grid("{loss.temperature: [-1]}"), "greater than 0"),
    "a batch of one": (grid("{batch_size: [1]}"), "greater than or equal to 2"),
    "an unknown kind": (grid("{loss.kind: [quadruplet]}"), "'quadruplet' is not known"),
    "a misspelt operation": (grid("{augment: [{policy: custom, both: [crp]}]}"), "did you mean 'crop'?"),
    "an area above 1": (grid("{augment.crop_area: [[0.5, 2.0]]}"), "at most the whole image"),
    "a range upside down": (grid("{augment.crop_area: [[0.9, 0.1]]}"), "[low, high]"),
    "a subset of nothing": (grid("{data.subset: [0]}"), "a subset is a count"),
    "a fraction above 1": (grid("{data.subset: [1.5]}"), "a fraction is at most 1.0"),
    "a negative seed": (with_("seeds: [-1]"), "greater than or equal to 0"),
    "a seed twice": (with_("seeds: [1, 1]"), "bad.yaml:4:8: seeds: the seed 1 is given twice"),
    "a list of no seeds": (with_("seeds: []"), "seeds: must have at least 1 entry"),
    "no seeds": (with_("seeds: 0"), "greater than or equal to 1"),
    # what does not go together
    "a warmup as long as the training": (
        grid("{epochs: [4], schedule.warmup_epochs: [4]}"),
        "must be below epochs (4), or the learning rate never reaches its peak; lower it, or raise epochs",
    ),
    "a layer the head does not have": (grid("{evaluate.representation: [3]}"), "layer 3 of the head"),
    "selective kernels without a bottleneck": (grid("{encoder.selective_kernels: [true]}"), "has no bottleneck"),
    "a chunk that does not divide": (grid("{batch_norm_chunk: [48]}"), "must divide a batch's"),
    "a classifier of nothing": (grid("{evaluate.protocol: [classifier]}"), "loss.kind cross_entropy"),
    "a spectrum of another head": (grid("{evaluate.protocol: [spectrum]}"), "head.kind linear"),
    "a queue above the data": (grid("{loss.kind: [moco]}"), "lower loss.queue or batch_size"),
    "a turned rotation": (
        "base: {loss.kind: rotation}\n" + grid("{augment: [{policy: custom, both: [rotate]}]}"),
        "take rotate out of augment",
    ),
    "a batch above the data": (grid("{batch_size: [100000]}"), "training images; lower batch_size"),
    "a batch above a subset": (
        grid("{batch_size: [256], data.subset: [100]}"),
        "100 training images; lower batch_size or raise data.subset",
    ),
    "a subset above the data": (grid("{data.subset: [10000]}"), "has 6,000 training images"),
    "data that is not there": (grid("{data.name: [nowhere]}"), "no folder"),
    "data outside its folder": (grid("{data.name: [../../etc]}"), "is no name"),
    "stored below its size": (grid("{data.stored_size: [16]}"), "below image_size"),
    # report, claims, resources, extension
    "a report of no axis": (with_("report: {kind: points, x: epochs}"), "'epochs' is no axis of the grid"),
    "a report of an unknown metric": (with_("report: {kind: points, x: loss.temperature, metric: acc}"), "no metric"),
    "rows that are columns": (with_("report: {rows: loss.temperature, columns: loss.temperature}"), "the same axis"),
    "a claim of no cell": (with_("claims: [{says: a, source: b, cells: [[0.3]]}]"), "has no value 0.3"),
    "a claim about the same cells": (
        with_("claims: [{says: a, source: b, cells: [[0.1]], than: [[0.1]]}]"),
        "claims[0].than: has the cells that it is to be compared with",
    ),
    "a report without its axes": (with_("report: {metric: x}"), "'rows' is required for the kind heatmap"),
    "a claim about nothing": (with_("claims: [{says: a, source: b}]"), "say which 'cells'"),
    "numbers that are not the paper's": (with_("reproduces: figure_99"), "no published numbers called"),
    "no cores": (with_("resources: {cpu: 0}"), "greater than 0"),
    "a study that extends nothing": ("name: s\nextends: nobody\n", "no such file"),
    "a study that extends itself": ("name: s\nextends: bad.yaml\n", "extends itself"),
}  # fmt: skip

COMMANDS = {
    "no such study": (["plan", "nothing.yaml"], "no such file"),
    "a file without its suffix": (["plan", "good"], "write good.yaml"),
    "a folder": (["plan", "."], ".: is a folder; name a study file, such as good.yaml"),
    "standard input": (["plan", "-"], "a study is read from a regular file"),
    "code that is no Python": (["plan", "good.yaml", "--use", "good.yaml"], "is no Python file"),
    "code in a folder": (["plan", "good.yaml", "--use", "."], "is a folder"),
    "a range for an axis": (
        ["plan", "good.yaml", "--set", "loss.temperature={log: [0.1, 1, 3]}"],
        "list the values of an axis here, as --set loss.temperature=[0.1,0.5]",
    ),
    "a storage that is a file": (["plan", "good.yaml", "--storage", "good.yaml"], "which is a folder"),
    "no such scale": (["plan", "good.yaml", "--scale", "huge"], "there is no such scale; known are"),
    "a scale that is a path": (["plan", "good.yaml", "--scale", "../x"], "a scale is a name"),
    "an assignment of nothing": (["plan", "good.yaml", "--set", "epochs"], "write --set path=value"),
    "an assignment to nothing": (["plan", "good.yaml", "--set", "=5"], "write --set path=value"),
    "an assignment that is no YAML": (["plan", "good.yaml", "--set", "epochs=[1"], "not valid YAML"),
    "an unknown setting": (["plan", "good.yaml", "--set", "epocs=5"], "did you mean 'epochs'?"),
    "negative seeds": (["plan", "good.yaml", "--seeds", "-1"], "--seeds"),
    "an unknown retry": (["run", "good.yaml", "--retry", "x"], "--retry"),
    "an unknown option": (["run", "good.yaml", "--fast"], "--fast"),
    "an unknown command": (["rnu", "good.yaml"], "rnu"),
    "no trial of that id": (["show", "zzz"], "no trial whose id begins so"),
    "a storage whose name is too long": (["plan", "good.yaml", "--storage", "s" * 300], "File name too long"),
    "a study whose name is too long": (["plan", "s" * 300], "no such file"),
    "a scale whose name is too long": (["plan", "good.yaml", "--scale", "s" * 300], "a scale is a name"),
    "a negative price": (["plan", "good.yaml", "--price", "-1"], "--price"),
}


def ablate(*arguments: str) -> tuple[int, str]:
    """Exit code and output, on one line."""
    result = invoke(*arguments)
    return result.exit_code, " ".join(result.output.split())


@pytest.mark.parametrize("case", STUDIES, ids=str)
def test_a_bad_study_has_one_message(case: str) -> None:
    text, message = STUDIES[case]
    Path("bad.yaml").write_text(text)
    code, told = ablate("plan", "bad.yaml")
    assert (code, message in told) == (2, True), told
    assert "Traceback" not in told
    assert told.count("bad.yaml") >= 1 or "data:" in told


@pytest.mark.parametrize("case", COMMANDS, ids=str)
def test_a_bad_command_line_has_one_message(case: str) -> None:
    arguments, message = COMMANDS[case]
    Path("good.yaml").write_text(GOOD)
    code, told = ablate(*arguments)
    assert (code, message in told) == (2, True), told


def test_none_of_them_needs_torch_or_ray() -> None:
    """All in one process, which has imported neither at its end."""
    folder = Path("bad")
    folder.mkdir()
    for number, (text, _) in enumerate(STUDIES.values()):
        (folder / f"{number}.yaml").write_text(text)
    code = (
        "import pathlib, sys\n"
        "from typer.testing import CliRunner\n"
        "from ablations.cli.app import app\n"
        "codes = {CliRunner().invoke(app, ['run', str(path)]).exit_code for path in pathlib.Path('bad').iterdir()}\n"
        "print(codes, {'torch', 'ray', 'mlflow'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "{2} set()"


ERRORS = [
    AblateError("a"),
    DiskFullError("runs/a"),
    LostStorageError(StorageAway(5, "gone", "s3://lab")),
    NotRecordedError("a"),
    StudyError("a"),
    StudiesError("a"),
    DataError("a"),
    MissingData("a"),
    OtherData("a"),
    Diverged("a"),
    Collapsed("a"),
    ProcessLost("a"),
    StorageRefused(13, "no right to it", "s3://lab"),
    StorageAway(5, "gone", "s3://lab"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_of_another_machine_is_told_as_if_it_were_of_this_one(error: Exception) -> None:
    there = pickle.loads(pickle.dumps(error))
    assert (type(there), str(there), there.args) == (type(error), str(error), error.args)
    assert getattr(there, "filename", None) == getattr(error, "filename", None)


def test_they_are_all_the_errors_that_there_are() -> None:
    kinds = [kind for module in (ablations.types.errors, core.errors) for kind in vars(module).values()]
    assert {kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Exception)} == set(map(type, ERRORS))


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("crop")
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["name", "grid", "base", "seeds", "claims", "report", "baselines", "scales", "resources", "extends", "zip", "loss"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(FIELDS, VALUES, min_size=1, max_size=3))
def test_whatever_a_study_holds_there_is_no_traceback(changes: dict[str, object]) -> None:
    from ruamel.yaml import YAML

    good = {"name": "s", "grid": {"loss.temperature": [0.1, 0.5]}}
    with Path("fuzz.yaml").open("w") as file:
        YAML(typ="safe", pure=True).dump(good | changes, file)
    code, told = ablate("plan", "fuzz.yaml")
    assert code in (0, 2), told


NUMBERS = st.integers(-2, 40) | st.floats(allow_nan=True) | st.just("a")
RANGES = st.dictionaries(st.sampled_from(["log", "linear"]), st.lists(NUMBERS, max_size=4), min_size=1, max_size=1)
AXIS_NAMES = st.sampled_from(
    [
        *("loss.temperature", "head.kind", "epochs", "augment", "evaluate.data", "loss", "pionts", "", "a..b"),
        *("zip", "points", "leave_one_out", "only_where", "sample", "seed"),
    ]
)
AXIS_VALUES = st.lists(VALUES, max_size=3) | RANGES | VALUES | st.dictionaries(AXIS_NAMES, VALUES | RANGES, max_size=3)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(grid=st.dictionaries(AXIS_NAMES, AXIS_VALUES, min_size=1, max_size=4))
def test_whatever_a_grid_holds_there_is_no_traceback(grid: dict[str, object]) -> None:
    from ruamel.yaml import YAML

    with Path("fuzz.yaml").open("w") as file:
        YAML(typ="safe", pure=True).dump({"name": "s", "grid": grid}, file)
    code, told = ablate("plan", "fuzz.yaml")
    assert code in (0, 2), told


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=AXIS_NAMES | st.text(max_size=8), value=st.text("[]{}:, 0.1ae-'\"\n#&*!", max_size=12))
def test_whatever_is_set_there_is_no_traceback(path: str, value: str) -> None:
    Path("good.yaml").write_text(GOOD)
    code, told = ablate("plan", "good.yaml", "--set", f"{path}={value}")
    assert code in (0, 2), told
