"""Files that were damaged, edited or exchanged: each costs itself alone, and is named."""

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from command_line import ablate
from safetensors.numpy import save_file

from ablations.store.trial_store import TrialStore
from helpers import small_study

GRID = "grid:\n  loss.temperature: [0.1, 0.5]\n"
STORE = TrialStore(Path("runs"))

pytestmark = pytest.mark.usefixtures("mlflow_db", "blank_figures")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, empty_mlflow: Path) -> Path:
    """A folder with a storage of two trials, which are trained once for all tests."""
    folder = tmp_path_factory.mktemp("trained")
    shutil.copy(empty_mlflow, folder / "mlflow.db")
    with contextlib.chdir(folder):
        Path("study.yaml").write_text(small_study(GRID, 2), encoding="utf-8")
        code, text = ablate("run", "study.yaml", "--inline")
    assert code == 0, text
    return folder


@pytest.fixture(autouse=True)
def copied(trained: Path, own_folders: None) -> None:
    shutil.copytree(trained / "runs", "runs")
    shutil.copy(trained / "study.yaml", "study.yaml")


def trial() -> str:
    """The id of the first trial."""
    return STORE.trial_ids()[0]


def encoder_of(trial_id: str) -> str:
    """Id of the encoder that a stored trial uses."""
    found = STORE.stored(trial_id).pretrain_id
    assert found is not None
    return found


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values, indent=1, sort_keys=True), encoding="utf-8")


def with_seal_removed(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    """The change in a file of a version that sealed none."""
    return lambda values: (values.pop("checksum"), change(values))


DAMAGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an edited metric": (lambda values: values["metrics"].update({"knn/top1": 99.0}), "was changed after it was"),
    "no metrics": (with_seal_removed(lambda values: values.update(metrics=None)), "metrics: Input should be a valid"),
    "a metric that is a word": (with_seal_removed(lambda values: values["metrics"].update(a="b")), "metrics.a: Input"),
    "another state": (with_seal_removed(lambda values: values.update(state="odd")), "state: Input should be 'done'"),
    "a field of nobody": (with_seal_removed(lambda values: values.update(colour="red")), "no result has: colour"),
    "another trial's": (with_seal_removed(lambda values: values.update(trial_id="0" * 16)), "the result of trial 000"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_result_is_named_and_does_not_count(name: str) -> None:
    change, says = DAMAGES[name]
    path = Path(str(STORE.result_path(trial())))
    edit(path, change)
    told: list[str] = []
    store = TrialStore(Path("runs"), told.append)
    results = [store.result(trial_id) for trial_id in (*store.trial_ids(), *store.trial_ids())]
    assert [result is None for result in results] == [True, False, True, False]
    assert len(told) == 1
    assert told[0].startswith(f"{path}: ")
    assert says in told[0]


def test_an_edited_result_is_named_by_every_command_and_evaluated_anew() -> None:
    path = Path(str(STORE.result_path(trial())))
    before = json.loads(path.read_text(encoding="utf-8"))
    edit(path, DAMAGES["an edited metric"][0])
    for command in (["plan", "study.yaml"], ["status", "study.yaml"], ["show", trial()]):
        code, text = ablate(*command)
        assert (code, text.count(f"{path}: was changed after it was written")) == (0, 1), text
    assert "1 done, 1 to run" in ablate("plan", "study.yaml")[1]
    code, text = ablate("run", "study.yaml", "--inline")
    assert (code, "2 done, 0 failed" in text) == (0, True), text
    assert json.loads(path.read_text(encoding="utf-8"))["metrics"] == before["metrics"]
    assert str(path) not in ablate("plan", "study.yaml")[1]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"epochs": null}', '{"epochs": [1]}', '{"epochs": [{"epoch": 1}]}']
)
def test_a_damaged_history_is_named_and_read_from_the_encoder(content: str) -> None:
    encoder = encoder_of(trial())
    before = STORE.history(encoder)
    Path(str(STORE.history_path(encoder))).write_text(content, encoding="utf-8")
    told: list[str] = []
    store = TrialStore(Path("runs"), told.append)
    assert store.history(encoder) == store.history(encoder) == before
    assert len(before) == 2
    assert len(told) == 1
    assert told[0].startswith(f"{STORE.history_path(encoder)}: is damaged (")


def swap() -> None:
    one, other = (Path(str(STORE.encoder_path(encoder_of(name)))) for name in STORE.trial_ids())
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def change_a_weight() -> None:
    for name in STORE.trial_ids():
        path = STORE.encoder_path(encoder_of(name))
        state = torch.load(str(path), weights_only=True)
        next(iter(state["encoder"].values())).add_(1e-3)
        torch.save(state, str(path))


@pytest.mark.parametrize(("spoil", "says"), [(swap, "is the encoder"), (change_a_weight, "holds other weights (hash ")])
def test_an_encoder_that_is_not_the_one_that_was_trained_is_not_scored(
    spoil: Callable[[], None], says: str, trained: Path
) -> None:
    spoil()
    more = ("study.yaml", "--inline", "--set", "evaluate.neighbors=1")
    code, text = ablate("run", *more)
    assert (code, "0 done, 2 failed" in text, text.count(says)) == (1, True, 2), text
    shutil.rmtree("runs/encoders")
    shutil.copytree(trained / "runs" / "encoders", "runs/encoders")
    code, text = ablate("run", *more)
    assert (code, "2 done, 0 failed" in text) == (0, True), text


def test_a_storage_is_verified() -> None:
    code, text = ablate("verify")
    assert (code, text) == (0, "2 trials and 2 encoders: all files are as they were written\n")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


SPOILED: dict[str, Callable[[Path], object]] = {
    "trials/*/result.json": lambda path: edit(path, lambda values: values.update(seconds=1.0)),
    "trials/*/config.json": lambda path: edit(path, lambda values: values.update(epochs=1000)),
    "encoders/*/encoder.pt": cut,
    "encoders/*/history.json": cut,
    "speeds/*.json": cut,
}


@pytest.mark.parametrize("pattern", SPOILED)
def test_each_damaged_file_is_named_by_verify(pattern: str) -> None:
    path = next(iter(sorted(Path("runs").glob(pattern))))
    SPOILED[pattern](path)
    code, text = ablate("verify")
    assert code == 1
    assert [line.split(": ")[0] for line in text.splitlines()] == [str(path), "2 trials and 2 encoders"]


@pytest.mark.parametrize(("spoil", "says"), [(swap, "is the encoder "), (change_a_weight, "holds other weights")])
@pytest.mark.parametrize("is_old", [False, True])
def test_exchanged_encoders_are_named_by_verify(spoil: Callable[[], None], says: str, is_old: bool) -> None:
    """In a storage of an older version, which kept no hash with the history, the results tell."""
    for path in Path("runs").glob("encoders/*/history.json") if is_old else ():
        edit(path, lambda values: values.pop("encoder_hash"))
        says = says.replace("holds other weights", "but results of its trials are of weights with the hash ")
    spoil()
    code, text = ablate("verify")
    assert (code, text.count(says), text.count("encoder.pt: ")) == (1, 2, 2), text


def test_what_is_no_encoder_among_the_encoders_is_left_alone_by_verify() -> None:
    Path("runs/encoders/.DS_Store").touch()
    Path("runs/encoders/notes").mkdir()
    assert ablate("verify")[0] == 0


@pytest.mark.parametrize("command", [("verify",), ("gc",), ("rm", "0123")])
def test_a_storage_that_is_not_there_is_not_made(command: tuple[str, ...]) -> None:
    assert ablate(*command, "--storage", "typo") == (2, "typo: there is no such storage\n")
    assert not Path("typo").exists()


@pytest.mark.parametrize("spoil", [cut, Path.unlink, lambda path: save_file({"a": torch.ones(1).numpy()}, path)])
def test_arrays_that_are_not_what_was_written_are_named_and_not_drawn(spoil: Callable[[Path], object]) -> None:
    result = STORE.result(trial())
    assert result
    STORE.save_arrays(trial(), {"a": torch.zeros(1000).numpy()}, ["x"])
    STORE.save_result(result)
    assert STORE.arrays(trial())["a"].shape == (1000,)
    spoil(Path(str(STORE.arrays_path(trial()))))
    told: list[str] = []
    assert TrialStore(Path("runs"), told.append).arrays(trial()) == {}
    assert told[0].startswith(f"{STORE.arrays_path(trial())}: is not what was written")
    code, text = ablate("verify")
    assert (code, f"{trial()}/" in text) == (1, True), text
