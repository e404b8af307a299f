"""``ablate rm`` and ``ablate gc`` remove only what they may, in whole stores and in damaged ones."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import hypothesis.strategies as st
import pytest
from command_line import ablate
from hypothesis import HealthCheck, given, settings

from ablations.planning.plan import make_plan
from ablations.store.folders import files_below
from ablations.store.trial_store import TrialStore
from ablations.store.upkeep.cleaning import unneeded
from ablations.study.load import load_study
from ablations.types.trial import Result, Trial
from core.files import is_unfinished, whole_file, write_text
from core.remote import AnyPath, RemotePath
from core.trained.checkpoint import save_checkpoint
from helpers import local

STUDY = "name: small\ngrid:\n  loss.temperature: [0.1, 0.5]\n  evaluate.neighbors: [5, 7]\n"
ORPHAN = "0123456789abcdef"


def fill(storage: AnyPath) -> list[Trial]:
    """Four trials of two encoders, each trained, and an encoder of no trial."""
    Path("small.yaml").write_text(STUDY)
    store = TrialStore(storage)
    plan = make_plan(load_study("small.yaml"), store, Path("data"))
    for unit in plan.units:
        store.record(unit)
        save_checkpoint(store.encoder_path(unit.pretrain_id), {"state": 1})
    for trial in plan.trials:
        store.save_result(Result(trial.id, "done", {"linear_eval/top1": 50.0}, 3.0, 0.0, {}))
    write_text(store.encoder_folder(ORPHAN) / "config.json", "{}")
    return plan.trials


@pytest.fixture
def trials(storage: AnyPath, monkeypatch: pytest.MonkeyPatch) -> list[Trial]:
    monkeypatch.setenv("ABLATE_STORAGE", str(storage))
    return fill(storage)


def encoders(storage: AnyPath) -> set[str]:
    return {path.parent.name for path in storage.glob("encoders/*/encoder.pt")}


def config_of(storage: AnyPath, trial: Trial) -> AnyPath:
    return TrialStore(storage).trial_folder(trial.id) / "config.json"


def other_encoder(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "encoder": "f" * 16}


def other_setting(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "pretrain": {**values["pretrain"], "epochs": 7}}


DAMAGED: dict[str, Callable[[str], str]] = {
    "empty": lambda text: "",
    "cut off": lambda text: text[:1],
    "no object": lambda text: "[]",
    "an empty object": lambda text: "{}",
    "no encoder": lambda text: json.dumps({**json.loads(text), "encoder": None}),
    "the encoder is empty": lambda text: json.dumps({**json.loads(text), "encoder": ""}),
    "the encoder is a path": lambda text: json.dumps({**json.loads(text), "encoder": str(Path("else").resolve())}),
    "the encoder is above": lambda text: json.dumps({**json.loads(text), "encoder": "../.."}),
    "the encoder is the folder": lambda text: json.dumps({**json.loads(text), "encoder": "."}),
    "the encoder is a list": lambda text: json.dumps({**json.loads(text), "encoder": [1]}),
    "the encoder is another's": lambda text: json.dumps(other_encoder(json.loads(text))),
    "another configuration": lambda text: json.dumps(other_setting(json.loads(text))),
    "nested without end": lambda text: "[" * 100_000,
}


@pytest.mark.parametrize(
    ("storage", "damage"),
    [pytest.param("folder", damage, id=name) for name, damage in DAMAGED.items()]
    + [pytest.param("s3", DAMAGED["cut off"], id="cut off in a bucket")],
    indirect=["storage"],
)
def test_a_damaged_configuration_costs_no_encoder(
    storage: AnyPath, trials: list[Trial], damage: Callable[[str], str]
) -> None:
    """The content that is read of a file is the same in a bucket."""
    Path("else").mkdir()
    Path("else/thesis.tex").touch()
    first, *_ = trials
    path = config_of(storage, first)
    write_text(path, damage(path.read_text()))
    before = set(files_below(storage / "encoders"))
    for command in (["gc"], ["rm", first.id]):
        code, text = ablate(*command, "--yes")
        assert code == 0
        assert str(path) in text
        assert set(files_below(storage / "encoders")) == before
    assert not path.exists()
    assert Path("else/thesis.tex").exists()
    assert "an encoder of no trial" in ablate("gc", "--yes")[1], "the rest is sound"
    assert encoders(storage) == {trial.pretrain_id for trial in trials}


def test_a_trial_without_a_configuration_keeps_encoders_and_can_be_removed(
    storage: AnyPath, trials: list[Trial]
) -> None:
    one, other, *_ = trials
    for trial in (one, other):
        config_of(storage, trial).unlink()
    assert f"ablate rm {min(one.id, other.id)}" in ablate("gc", "--yes")[1]
    assert encoders(storage) == {trial.pretrain_id for trial in trials}
    for trial in (one, other):
        assert ablate("rm", trial.id, "--yes")[0] == 0
        assert not TrialStore(storage).trial_folder(trial.id).exists()
    assert encoders(storage) == {trial.pretrain_id for trial in trials}


def test_a_damaged_trial_can_be_shown(storage: AnyPath, trials: list[Trial]) -> None:
    write_text(config_of(storage, trials[0]), "{")
    assert "encoder unknown" in ablate("show", trials[0].id)[1]
    assert json.loads(ablate("show", trials[0].id, "--json")[1])["encoder"] == ""


def test_rm_keeps_an_encoder_that_a_damaged_trial_may_need(storage: AnyPath, trials: list[Trial]) -> None:
    one, other, *_ = trials
    write_text(config_of(storage, other), "")
    code, text = ablate("rm", one.id, "--yes")
    assert (code, f"its encoder {one.pretrain_id} stays" in text) == (0, True)
    assert encoders(storage) == {trial.pretrain_id for trial in trials}


@pytest.mark.parametrize("command", [["gc"], ["rm", "{trial}"]])
def test_a_dry_run_says_all_and_removes_nothing(storage: AnyPath, trials: list[Trial], command: list[str]) -> None:
    before = set(files_below(storage / "encoders")) | set(files_below(storage / "trials"))
    words = [word.format(trial=trials[0].id) for word in command]
    code, said = ablate(*words, "--dry-run", "--yes")
    assert (code, said.endswith("nothing was removed\n")) == (0, True)
    assert set(files_below(storage / "encoders")) | set(files_below(storage / "trials")) == before
    _, done = ablate(*words, "--yes")
    assert done.splitlines()[:-1] == said.splitlines()[:-1]


def test_rm_wants_an_id(trials: list[Trial]) -> None:
    """Such as of a variable that was never set, in a storage of one trial."""
    for trial in trials[1:]:
        ablate("rm", trial.id, "--yes")
    code, text = ablate("rm", "", "--yes")
    assert (code, trials[0].id in text) == (2, True)


def test_no_trials_folder_is_a_doubt(storage: AnyPath, trials: list[Trial]) -> None:
    """The disk may not be mounted, or the folder may have been moved away."""
    for path in files_below(storage / "trials"):
        path.unlink()
    if isinstance(storage, Path):
        shutil.rmtree(storage / "trials")
    code, text = ablate("gc", "--yes")
    assert (code, "there is no folder" in text) == (0, True)
    assert encoders(storage) == {trial.pretrain_id for trial in trials}


def test_files_that_are_none_of_the_stores_stay(storage: AnyPath, trials: list[Trial]) -> None:
    """Swap files of editors, notes beside the encoders, and trials under a name that somebody gave them."""
    notes = [storage / "encoders" / "README.md", storage / "trials" / trials[0].id / ".config.json.swp"]
    notes += [storage / "encoders" / "mine" / "encoder.pt", storage / "notes" / "of_may" / ".draft"]
    for path in notes:
        write_text(path, "mine")
    assert "an encoder of no trial" in ablate("gc", "--yes")[1]
    write_text(storage / "encoders" / ORPHAN / "encoder.pt", "state")
    write_text(storage / "trials" / "copy of one" / "config.json", config_of(storage, trials[0]).read_text())
    assert "copy of one has no trial's name" in ablate("gc", "--yes")[1]
    assert all(path.exists() for path in notes)
    assert (storage / "encoders" / ORPHAN / "encoder.pt").exists()


def test_a_checkpoint_stays_beside_a_damaged_encoder(storage: AnyPath, trials: list[Trial]) -> None:
    store = TrialStore(storage)
    first, *_, last = trials
    for trial in (first, last):
        save_checkpoint(store.checkpoint_path(trial.pretrain_id), {"state": 1})
    store.encoder_path(first.pretrain_id).write_bytes(b"half")
    assert ablate("gc", "--yes")[0] == 0
    assert store.has_checkpoint(first.pretrain_id)
    assert not store.has_checkpoint(last.pretrain_id)


@pytest.mark.parametrize("text", ["", ".", "..", "/etc", "../0123456789abcdef", "0123456789ABCDEF", ORPHAN + "\n", "*"])
def test_no_path_is_made_of_what_is_no_id(text: str) -> None:
    store = TrialStore(Path("runs"))
    for make in (store.trial_folder, store.encoder_folder, store.encoder_path, store.checkpoint_path):
        with pytest.raises(ValueError, match="is no id"):
            make(text)


def linked(path: Path, target: Path) -> None:
    """Moved there, with a link in its place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)
    path.symlink_to(target.resolve(), target_is_directory=target.is_dir())


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ABLATE_STORAGE", "runs")
    return Path("runs")


def test_a_link_is_removed_and_not_followed(folder: Path) -> None:
    first, second, *_ = fill(folder)
    store = TrialStore(folder)
    linked(local(store.encoder_folder(ORPHAN)), Path("disk/orphan"))
    linked(local(store.encoder_folder(first.pretrain_id)), Path("disk/encoder"))
    linked(local(store.trial_folder(first.id)), Path("disk/trial"))
    beyond = {path: path.read_bytes() for path in files_below(Path("disk"))}
    code, text = ablate("gc", "--yes")
    assert (code, "a link, what it points to stays" in text) == (0, True)
    assert not local(store.encoder_folder(ORPHAN)).is_symlink()
    for trial in (first, second):
        assert ablate("rm", trial.id, "--yes")[0] == 0
    assert not local(store.trial_folder(first.id)).is_symlink()
    assert not local(store.encoder_folder(first.pretrain_id)).is_symlink()
    assert {path: path.read_bytes() for path in files_below(Path("disk"))} == beyond


def test_what_lies_behind_a_link_stays(folder: Path) -> None:
    """The encoders are on another disk, or one encoder's folder is."""
    first, *_ = fill(folder)
    store = TrialStore(folder)
    save_checkpoint(store.checkpoint_path(first.pretrain_id), {"state": 1})
    write_text(store.encoder_folder(first.pretrain_id) / f".history.json.{ORPHAN}", "half")
    linked(local(store.encoder_folder(first.pretrain_id)), Path("disk/encoder"))
    linked(folder / "encoders", Path("disk/encoders"))
    beyond = set(files_below(Path("disk")))
    code, text = ablate("gc", "--yes")
    assert (code, "a symbolic link leads out of runs" in text) == (0, True)
    assert set(files_below(Path("disk"))) == beyond


def test_a_storage_that_is_a_link_is_cleaned(folder: Path) -> None:
    fill(folder)
    linked(folder, Path("disk/runs"))
    assert "an encoder of no trial" in ablate("gc", "--yes")[1]
    assert not (folder / "encoders" / ORPHAN).exists()


def test_a_trials_folder_on_a_disk_that_is_away_is_a_doubt(folder: Path) -> None:
    trials = fill(folder)
    linked(folder / "trials", Path("disk/trials"))
    Path("disk").rename("unplugged")
    assert ablate("gc", "--yes")[0] == 0
    assert encoders(folder) == {trial.pretrain_id for trial in trials}


@pytest.mark.parametrize("name", ["trials", "encoders"])
def test_a_folder_that_cannot_be_listed_is_told(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = fill(folder)
    scan, listed = os.scandir, os.listdir

    def refuse(really: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def maybe(path: Any = ".") -> Any:
            if not isinstance(path, int) and Path(path).name == name:
                raise PermissionError(13, "Permission denied", str(path))
            return really(path)

        return maybe

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse(scan))
        patch.setattr(os, "listdir", refuse(listed))
        assert ablate("gc", "--yes") == (2, f"runs/{name}: Permission denied\n")
    assert encoders(folder) == {trial.pretrain_id for trial in trials}


def test_an_editors_swap_file_is_no_leftover() -> None:
    """Beside a file that is written, those that ``unfinished`` left a day ago are removed."""
    swap, left = Path(".small.yaml.swp"), Path(f".small.yaml.{ORPHAN}")
    for path in (swap, left):
        path.touch()
        os.utime(path, (0, 0))
    with whole_file(Path("small.yaml")):
        pass
    assert swap.exists()
    assert not left.exists()
    assert is_unfinished(left.name, "small.yaml")
    assert not is_unfinished(left.name, "small")


def test_objects_beside_an_encoder_of_no_trial_stay(bucket: RemotePath) -> None:
    """Neighbours are those whose keys begin as its key does."""
    storage = bucket / "runs"
    fill(storage)
    beside = RemotePath("s3", PurePosixPath(f"{storage.key}/encoders/{ORPHAN}-of-mine/encoder.pt"))
    write_text(beside, "mine")
    for piece in unneeded(TrialStore(storage)).rubbish:
        piece.remove()
    assert beside.exists()
    assert not (storage / "encoders" / ORPHAN).exists()


FILES = ("config.json", "result.json", "encoder.pt", "checkpoint.pt", "history.json", ".config.json.0123456789abcdef")
CONTENTS = st.sampled_from([b"", b"{", b"[]", b"{}", b'{"encoder": ""}', b'{"encoder": "/"}', b"\xff\xfe"])


@st.composite
def damages(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Each a kind, the number of an encoder or a trial, and what the kind needs."""
    place, number = st.sampled_from(["encoders", "trials"]), st.integers(0, 4)
    write = st.tuples(st.just("write"), place, number, st.sampled_from(FILES), CONTENTS)
    others = st.sampled_from(["remove", "folder", "link", "rename", "swap", "cut"])
    return draw(st.lists(write | st.tuples(others, place, number, st.sampled_from(FILES)), min_size=0, max_size=4))


def strike(root: Path, kind: str, place: str, number: int, file: str, content: bytes = b"") -> None:
    """Damage what is there; nothing else."""
    folders = sorted(path for path in (root / place).iterdir() if path.is_dir())
    if not folders:
        return
    folder, other = folders[number % len(folders)], folders[(number + 1) % len(folders)]
    path = folder / file
    match kind:
        case "write" if not path.is_dir():
            path.write_bytes(content)
        case "remove" if path.is_file():
            path.unlink()
        case "folder" if not path.is_dir():
            path.unlink(missing_ok=True)
            path.mkdir()
            (path / "inside").touch()
        case "link" if not folder.is_symlink():
            linked(folder, root.parent / "disk" / f"{place}-{folder.name}")
        case "rename":
            folder.rename(folder.with_name(f"{folder.name} (copy)"))
        case "swap" if path.is_file() and (other / file).is_file():
            one, two = path.read_bytes(), (other / file).read_bytes()
            path.write_bytes(two)
            (other / file).write_bytes(one)
        case "cut" if path.is_file():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def inventory(root: Path) -> dict[Path, bytes]:
    return {local(path): path.read_bytes() for path in files_below(root) if path.is_file()}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(struck=damages(), removed=st.none() | st.integers(0, 3))
def test_what_a_trial_needs_outlives_any_damage(
    struck: list[tuple[Any, ...]], removed: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The encoder of every trial that is still there, whole or not, is left as it was; outside nothing is touched; and
    in a store that is whole, what nothing needs is gone."""
    with tempfile.TemporaryDirectory() as temporary, monkeypatch.context() as patch:
        patch.chdir(temporary)
        patch.setenv("ABLATE_STORAGE", "runs")
        (root, disk), trials = (Path("runs"), Path("disk")), fill(Path("runs"))
        for one in struck:
            strike(root, *one)
        chosen = {trials[removed].id} if removed is not None else set()
        there = {path.name[:16] for path in (root / "trials").iterdir()}
        needed = {trial.pretrain_id for trial in trials if trial.id in there - chosen}
        kept = {
            path: content
            for path, content in inventory(root / "encoders").items()
            if path.parts[2][:16] in needed and not {"checkpoint.pt", FILES[-1]} & {*path.parts}
        }
        results = {
            path: content
            for path, content in inventory(root / "trials").items()
            if path.parts[2][:16] not in chosen and path.name != FILES[-1]
        }
        outside = inventory(disk) if disk.exists() else {}
        if chosen and (root / "trials" / min(chosen)).is_dir():
            ablate("rm", min(chosen), "--yes")
        assert ablate("gc", "--yes")[0] == 0
        left = {**inventory(root / "encoders"), **inventory(root / "trials")}
        assert {path: left.get(path) for path in [*kept, *results]} == kept | results
        assert (inventory(disk) if disk.exists() else {}) == outside
        if not struck:
            assert encoders(root) == needed
            assert not (root / "encoders" / ORPHAN).exists()
