"""An object store in the place of a folder: the same names, whole objects, and errors that are those of files."""

import errno
import pickle
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from core import pretrain
from core.errors import StorageAway, StorageRefused
from core.files import as_local, create_text, whole_file, write_text
from core.history import Epoch
from core.remote import AnyPath, RemotePath
from core.trained.checkpoint import load_checkpoint
from helpers import random_dataset, small_config

TREE = (
    "schema.json",
    "encoders/a/lease.9",
    "encoders/a/lease.10",
    "encoders/a/encoder.pt",
    "encoders/b/checkpoint.pt",
    "encoders2/c/encoder.pt",
    "trials/t/config.json",
    "trials/t/.result.json.12ab",
    "trials/u/deep/config.json",
)


def test_its_names_are_those_of_a_path() -> None:
    path, same = RemotePath("s3", PurePosixPath("lab/runs/a.tar.gz")), PurePosixPath("lab/runs/a.tar.gz")
    assert (path.name, path.stem, path.suffix) == (same.name, same.stem, same.suffix)
    assert str(path) == "s3://lab/runs/a.tar.gz"
    assert path == path.parent / "a.tar.gz" == pickle.loads(pickle.dumps(path)) == path.resolve()
    assert len({path, path.parent / path.name, path.parent}) == 2


@pytest.mark.parametrize(
    "pattern", ["*", "*.json", "*/*", "*/*/.*", "trials/*/config.json", "encoders/*", "encoders/a/lease.[0-9]*"]
)
def test_it_finds_what_a_folder_finds(bucket: RemotePath, tmp_path: Path, pattern: str) -> None:
    for name in TREE:
        for root in (bucket / "runs", tmp_path / "runs"):
            write_text(root / name, name)
    expected = {str(path.relative_to(tmp_path / "runs")) for path in (tmp_path / "runs").glob(pattern)}
    assert {str(path).partition("/runs/")[2] for path in (bucket / "runs").glob(pattern)} == expected != set()


def test_files_are_there_or_not_as_in_a_folder(storage: AnyPath) -> None:
    path = storage / "trials" / "t" / "result.json"
    assert [place.exists() for place in (path, path.parent, storage)] == [False] * 3
    assert list(path.parent.glob("*")) == []
    with pytest.raises(FileNotFoundError):
        path.read_text()
    with pytest.raises(FileNotFoundError), as_local(path) as local:
        local.read_bytes()
    path.unlink(missing_ok=True)
    write_text(path, "{}")
    assert [place.exists() for place in (path, path.parent, storage)] == [True] * 3
    assert [place.is_dir() for place in (path, path.parent)] == [False, True]
    assert [place.is_file() for place in (path, path.parent)] == [True, False]
    path.unlink()
    assert not path.exists()


def test_what_others_write_is_seen_at_once(bucket: RemotePath) -> None:
    import s3fs

    other = s3fs.S3FileSystem(skip_instance_cache=True)
    assert list(bucket.glob("*/*")) == []
    other.pipe_file(f"{bucket.key}/live/far", b"1")
    assert [path.name for path in bucket.glob("live/*")] == ["far"]
    other.pipe_file(f"{bucket.key}/live/far", b"2")
    assert (bucket / "live" / "far").read_text() == "2"
    other.rm_file(f"{bucket.key}/live/far")
    assert not (bucket / "live" / "far").exists()


def test_of_all_that_create_a_file_one_does(storage: AnyPath) -> None:
    start, made = threading.Barrier(8), list[str]()

    def create(name: str) -> None:
        start.wait()
        if create_text(storage / "lease.1", name):
            made.append(name)

    threads = [threading.Thread(target=create, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(storage / "lease.1").read_text()] == made


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small parts, of which a large file is put together."""
    pytest.importorskip("s3fs")
    monkeypatch.setattr("s3fs.core.calculate_chunksize", lambda *arguments, **options: 5 * 2**20)


LARGE = b"0123456789abcdef" * (11 * 2**16)


@pytest.mark.usefixtures("small_parts")
def test_a_large_file_arrives_whole(bucket: RemotePath) -> None:
    with whole_file(bucket / "encoder.pt") as file:
        file.write(LARGE)
        assert not (bucket / "encoder.pt").exists()
    with as_local(bucket / "encoder.pt") as local:
        assert local.read_bytes() == LARGE
    assert not local.exists()


@pytest.mark.usefixtures("small_parts")
def test_of_a_large_file_whose_writing_fails_nothing_is_left(
    bucket: RemotePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    import s3fs

    write_text(bucket / "encoder.pt", "old")
    call, begun = s3fs.S3FileSystem._call_s3, list[str]()

    async def fail(self: Any, method: str, *arguments: Any, **options: Any) -> Any:
        begun.append(method)
        if method == "upload_part" and options["PartNumber"] == 2:
            raise ConnectionResetError("gone")
        return await call(self, method, *arguments, **options)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", fail)
    with pytest.raises(StorageAway, match="gone"), whole_file(bucket / "encoder.pt") as file:
        file.write(LARGE)
    assert "create_multipart_upload" in begun
    assert (bucket / "encoder.pt").read_text() == "old"
    assert s3fs.S3FileSystem().list_multipart_uploads(str(bucket.key)) == []


@pytest.mark.usefixtures("small_parts")
def test_a_writer_that_is_gone_before_the_end_leaves_no_object(
    bucket: RemotePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its death nothing puts the parts together, and nothing removes them."""
    import s3fs

    call = s3fs.S3FileSystem._call_s3

    async def lose(self: Any, method: str, *arguments: Any, **options: Any) -> Any:
        if method in ("complete_multipart_upload", "abort_multipart_upload"):
            raise ConnectionResetError("gone")
        return await call(self, method, *arguments, **options)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", lose)
    with pytest.raises(StorageAway), whole_file(bucket / "encoder.pt") as file:
        file.write(LARGE)
    assert len(s3fs.S3FileSystem().list_multipart_uploads(str(bucket.key))) == 1
    assert not (bucket / "encoder.pt").exists()
    assert list(bucket.glob("*")) == []


def test_a_training_goes_on_from_its_checkpoint(bucket: RemotePath) -> None:
    config, data, checkpoint = small_config(epochs=2), random_dataset(train=32), bucket / "runs" / "checkpoint.pt"
    saved = list[int]()

    def stop(history: list[Epoch]) -> None:
        saved.append(len(history))
        if len(history) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pretrain(config, data, device="cpu", checkpoint=checkpoint, checkpoint_seconds=0, on_checkpoint=stop)
    state = load_checkpoint(checkpoint)
    assert state
    assert saved[-1] == len(state["history"]) == 1
    epochs = list[Epoch]()
    resumed = pretrain(config, data, device="cpu", checkpoint=checkpoint, on_epoch=epochs.append)
    assert [epoch.epoch for epoch in epochs] == [2]
    quiet = pretrain(config, data, device="cpu").encoder.state_dict()
    assert all(torch.equal(value, quiet[name]) for name, value in resumed.encoder.state_dict().items())


def test_a_damaged_checkpoint_is_none_and_one_that_cannot_be_read_is_an_error(
    bucket: RemotePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could be whole, and a training would begin anew."""
    path = bucket / "checkpoint.pt"
    assert load_checkpoint(path) is None
    path.write_bytes(b"half")
    assert load_checkpoint(path) is None
    monkeypatch.setattr(RemotePath, "_store", lambda self: SimpleNamespace(open=raising(ConnectionResetError("gone"))))
    with pytest.raises(StorageAway, match="gone"):
        load_checkpoint(path)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*arguments: Any, **options: Any) -> Any:
        raise error

    return fail


def errors() -> list[tuple[Exception, type[Exception], str]]:
    pytest.importorskip("botocore")
    from botocore.exceptions import EndpointConnectionError, NoCredentialsError
    from google.auth.exceptions import DefaultCredentialsError

    refused = DefaultCredentialsError("none were found")  # type: ignore[no-untyped-call]
    return [
        (EndpointConnectionError(endpoint_url="http://x"), StorageAway, "Could not connect"),
        (TimeoutError("slow"), StorageAway, "slow"),
        (NoCredentialsError(), StorageRefused, "Unable to locate credentials; credentials come from"),
        (refused, StorageRefused, "none were found; credentials come from"),
        (PermissionError("Access Denied"), StorageRefused, "Access Denied; credentials come from"),
        (ImportError("Install s3fs"), StorageRefused, "needs s3fs"),
        (FileNotFoundError("x"), FileNotFoundError, "x"),
        (OSError(errno.ENOSPC, "no space here"), OSError, "no space here"),
        (TypeError("a mistake"), TypeError, "a mistake"),
    ]


def test_what_goes_wrong_is_told_as_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = RemotePath("s3", PurePosixPath("lab"))
    for error, kind, text in errors():
        store = SimpleNamespace(cat_file=raising(error))
        monkeypatch.setattr(RemotePath, "_store", lambda self, store=store: store)
        with pytest.raises(kind, match=text) as caught:
            (bucket / "schema.json").read_text()
        assert type(caught.value) is kind
        if isinstance(caught.value, StorageAway | StorageRefused):
            assert caught.value.filename == f"{bucket}/schema.json"


def test_a_bucket_that_is_not_there_is_named(bucket: RemotePath) -> None:
    nowhere = RemotePath("s3", PurePosixPath("nowhere/runs"))
    uses: list[Callable[[], object]] = [
        lambda: list(nowhere.glob("*")),
        lambda: write_text(nowhere / "a", ""),
        lambda: create_text(nowhere / "a", ""),
    ]
    for use in uses:
        with pytest.raises(StorageRefused, match="no such bucket") as caught:
            use()
        assert caught.value.filename == "s3://nowhere"


def test_a_creation_that_met_a_removal_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed precondition means that the object is there already."""
    answers = ["ConditionalRequestConflict", "PreconditionFailed"]

    def answer(*arguments: object, **options: object) -> None:
        raise OSError(errno.EIO, answers.pop(0))

    monkeypatch.setattr(RemotePath, "_store", lambda self: SimpleNamespace(pipe_file=answer))
    assert not RemotePath("s3", PurePosixPath("lab/lease.1")).create(b"me")
    assert answers == []
