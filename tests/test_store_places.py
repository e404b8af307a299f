"""Places of storages and data are paths or URIs; anything else ends with a helpful message."""

import importlib.util
from pathlib import Path, PurePosixPath

import pytest
from typer.testing import CliRunner

from ablations.cli.app import app
from ablations.store.leases import live_run
from ablations.store.locations import location, reports_folder
from ablations.types.errors import StudyError
from core.remote import LIBRARIES, AnyPath, RemotePath

PLACES: dict[str, AnyPath] = {
    "runs": Path("runs"),
    "/shared/runs": Path("/shared/runs"),
    "a:b": Path("a:b"),
    "C:/runs": Path("C:/runs"),
    "file:///shared/runs": Path("/shared/runs"),
    "file:/shared/runs": Path("/shared/runs"),
    "file://localhost/shared/runs": Path("/shared/runs"),
    "file:///a%20b/%C3%A9%23%3F%25": Path("/a b/é#?%"),
    "a%20b": Path("a%20b"),
    "s3://lab/runs": RemotePath("s3", PurePosixPath("lab/runs")),
    "s3://lab/a%20b é": RemotePath("s3", PurePosixPath("lab/a%20b é")),
    "s3://lab/runs/": RemotePath("s3", PurePosixPath("lab/runs")),
    "gs://lab": RemotePath("gs", PurePosixPath("lab")),
}
MISTAKES = {
    "s4://lab/runs": "s4://lab/runs: there is no s4://; a storage or data is a path, or begins with s3:// and gs://",
    "S3://lab/runs": "there is no S3://",
    "s3:/lab/runs": "is no s3://bucket/folder",
    "s3:": "is no s3://bucket/folder",
    "s3://": "is no s3://bucket/folder",
    "s3:///runs": "is no s3://bucket/folder",
    "s3://lab/runs?versionId=1": "is no s3://bucket/folder",
    "s3://me:hunter2@lab/runs": "s3://lab/runs: a password does not belong here",
    "file://lab/runs": "is no file:///folder of this machine",
    "file://": "is no file:///folder of this machine",
    "s4://me:hunter2@lab/runs": "s4://lab/runs: there is no",
}


@pytest.mark.parametrize("text", PLACES)
def test_a_place_is_a_path_or_a_uri(text: str) -> None:
    if isinstance(expected := PLACES[text], RemotePath) and not importlib.util.find_spec(LIBRARIES[expected.scheme]):
        pytest.skip(f"no {LIBRARIES[expected.scheme]}")
    assert location(text) == expected == location(expected)


@pytest.mark.parametrize("text", MISTAKES)
@pytest.mark.parametrize("option", ["--storage", "--data-dir"])
def test_a_mistake_is_told_with_its_remedy_and_no_password(text: str, option: str) -> None:
    result = CliRunner().invoke(app, ["plan", "quickstart", option, text])
    assert result.exit_code == 2
    assert MISTAKES[text] in result.output
    assert "hunter2" not in result.output


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StudyError, match=r"s3://lab: needs s3fs; pip install 'simclr-ablations\[s3\]'"):
        location("s3://lab")


def test_the_environment_names_a_place_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABLATE_STORAGE", "s3:/lab")
    result = CliRunner().invoke(app, ["plan", "quickstart"])
    assert (result.exit_code, "is no s3://bucket/folder" in result.output) == (2, True)


def test_reports_are_files_wherever_the_storage_is() -> None:
    assert reports_folder(Path("/shared/runs")) == Path("/shared/runs/reports")
    assert reports_folder(RemotePath("s3", PurePosixPath("lab/runs"))) == Path("runs/reports")


def test_a_bucket_that_is_not_there_ends_a_command_with_a_sentence(bucket: RemotePath) -> None:
    for command in (["plan", "quickstart"], ["run", "quickstart", "--inline"], ["gc"], ["show", "3f"]):
        result = CliRunner().invoke(app, [*command, "--storage", f"{bucket}-typo/runs"])
        told = (
            f"{bucket}-typo/runs: there is no such storage"
            if command == ["gc"]
            else f"{bucket}-typo: there is no such bucket"
        )
        assert (result.exit_code, told in result.output) == (2, True), command


def test_a_store_that_does_not_answer_ends_a_command_with_a_sentence(
    bucket: RemotePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import EndpointConnectionError

    def away(self: RemotePath) -> None:
        raise EndpointConnectionError(endpoint_url="http://lab")

    monkeypatch.setattr(RemotePath, "_store", away)
    result = CliRunner().invoke(app, ["status", "quickstart", "--storage", str(bucket)])
    assert result.exit_code == 1
    assert 'Could not connect to the endpoint URL: "http://lab"; finished results are kept' in result.output


def test_a_server_that_would_let_two_runs_hold_one_lease_is_refused(
    bucket: RemotePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RemotePath, "create", lambda self, content: self.write_bytes(content) or True)
    with pytest.raises(StudyError, match="ignores conditional writes"), live_run.LiveRun(bucket / "runs"):
        pytest.fail("begun")
    assert bucket.files() == []
