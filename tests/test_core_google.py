"""Google Cloud Storage keeps what a storage is promised, against a server in memory that goes by its documentation."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

import pytest
from google_storage import Bucket, bucket

from core.files import write_text
from core.remote import RemotePath

gcsfs = pytest.importorskip("gcsfs", reason="needs pip install 'simclr-ablations[gs]'")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with bucket() as made:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", made.address)
        monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")  # which asks Google by gRPC
        gcsfs.GCSFileSystem.clear_instance_cache()
        yield made
    gcsfs.GCSFileSystem.clear_instance_cache()


@pytest.fixture
def folder(server: Bucket) -> RemotePath:
    return RemotePath("gs", PurePosixPath("lab/runs"))


def test_of_several_that_create_an_object_one_has(folder: RemotePath, server: Bucket) -> None:
    path = folder / "lease.1"
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(path.create, [f"owner {number}".encode() for number in range(8)]))
    assert sum(created) == 1
    assert server.objects == {"runs/lease.1": f"owner {created.index(True)}".encode()}
    assert not path.create(b"another")
    path.unlink()
    assert path.create(b"another")


def test_objects_are_written_found_read_copied_and_removed(folder: RemotePath, server: Bucket) -> None:
    path = folder / "trials" / "t" / "result.json"
    assert not path.exists()
    write_text(path, "{}")
    path.copy_to(folder / "trials" / "u" / "result.json")
    assert [str(found) for found in folder.glob("trials/*/result.json")] == [
        "gs://lab/runs/trials/t/result.json",
        "gs://lab/runs/trials/u/result.json",
    ]
    assert (path.read_text(), path.size(), path.exists(), path.parent.is_dir()) == ("{}", 2, True, True)
    path.unlink()
    assert list(server.objects) == ["runs/trials/u/result.json"]
    with pytest.raises(FileNotFoundError):
        path.read_text()
