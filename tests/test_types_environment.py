"""Odd homes, streams and folders, as in containers and batch systems: commands work, or say what to do."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ablations.store.trial_store import TrialStore
from ablations.types.console import WordConsole
from ablations.types.errors import DiskFullError, StudyError, place_error, storage_error
from core.files import cache_dir, can_be_written, temporary_home
from helpers import small_study

STUDY = small_study("grid: {loss.temperature: [0.1]}\n", epochs=1)
SLOW = pytest.mark.slow
RUN = ("run", "small.yaml", "--inline")
UNKNOWN_USER = """
import os, pwd
def unknown(uid):
    raise KeyError(uid)
pwd.getpwuid = unknown
"""
"""The user is one as in a container that was started with ``--user 12345``."""


def ablate(
    *arguments: str, before: str = "", output: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A command in a new process that has nothing else in its environment; it prints into the file ``output``."""
    code = f"{before}\nfrom ablations.cli.app import main; main()"
    descriptor = os.open(output, os.O_WRONLY) if output else subprocess.PIPE
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        stdout=descriptor,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(Path.cwd())} | environment,
        check=False,
    )
    if output:
        os.close(descriptor)
    return ran


def usual_places() -> dict[str, str]:
    """The environment of a user with a home, and with the cache of these tests, in which the encoder is counted."""
    return {"HOME": str(Path.cwd()), "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]}


@pytest.fixture(autouse=True)
def study(own_folders: None) -> None:
    Path("small.yaml").write_text(STUDY)


@pytest.mark.usefixtures("mlflow_db")
@pytest.mark.parametrize(
    ("before", "environment"),
    [
        pytest.param(UNKNOWN_USER, {"HOME": "/proc", "MPLBACKEND": "nonsense"}, id="all that is odd at once"),
        pytest.param("", {"HOME": "/proc"}, id="read-only home", marks=SLOW),
        pytest.param("", {"HOME": "/proc", "XDG_CACHE_HOME": "/proc/cache"}, id="read-only cache", marks=SLOW),
        pytest.param(UNKNOWN_USER, {}, id="no home and no name", marks=SLOW),
    ],
)
def test_a_run_needs_no_home_and_no_backend_of_matplotlib(before: str, environment: dict[str, str]) -> None:
    ran = ablate(*RUN, before=before, **environment)
    assert ran.returncode == 0, ran.stderr
    assert "1 done, 0 failed" in ran.stdout
    assert "Traceback" not in ran.stderr
    assert "figure" in ran.stdout
    assert "atplotlib" not in ran.stderr
    assert list(Path(f"simclr-ablations-{os.getuid()}").rglob("images"))


def test_a_cache_is_kept_in_the_home_if_that_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(Path("home").resolve()))
    assert cache_dir() == Path("home/.cache/simclr-ablations").resolve()
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path("other").resolve()))
    assert cache_dir() == Path("other/simclr-ablations").resolve()


def test_a_temporary_folder_of_another_user_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who makes it first could put decoded images into it."""
    monkeypatch.setattr("tempfile.tempdir", str(Path.cwd()))
    home = temporary_home()
    assert home.stat().st_mode & 0o777 == 0o700
    assert temporary_home() == home
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    Path("simclr-ablations-4711").mkdir()
    with pytest.raises(PermissionError, match="set HOME or XDG_CACHE_HOME"):
        temporary_home()


def test_what_can_be_written() -> None:
    assert can_be_written(Path("new/folder"))
    assert not can_be_written(Path("/proc/new"))
    assert not can_be_written(Path("small.yaml/folder"))


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_traceback(closed: str) -> None:
    command = f"{sys.executable} -m ablations plan small.yaml {closed}"
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (ran.returncode, "Traceback" in ran.stderr) == (0, False)
    assert ("small at scale" in ran.stdout) == (">&-" not in closed.replace("2>&-", ""))


def test_no_file_takes_the_place_of_a_closed_stream() -> None:
    """Else a library that prints would print into the database."""
    code = "import ablations.cli, os; print(os.open('small.yaml', os.O_RDONLY), file=open('said', 'w'))"
    subprocess.run(["sh", "-c", f'{sys.executable} -c "{code}" <&- >&- 2>&-'], check=True)
    assert int(Path("said").read_text()) > 2


@pytest.mark.parametrize(
    "command",
    [["plan", "small.yaml"], ["plan", "small.yaml", "--json"], ["schema"], pytest.param(["list"], marks=SLOW)],
)
def test_an_output_that_is_full_is_named(command: list[str]) -> None:
    ran = ablate(*command, output="/dev/full", **usual_places())
    assert ran.returncode == 1
    assert "standard output: No space left on device" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert str(Path.cwd()) not in ran.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("mlflow_db")
def test_a_run_whose_output_is_full_goes_on() -> None:
    """The console alone, and commands that print, are tested every day."""
    assert ablate(*RUN, output="/dev/full", HOME=str(Path.cwd())).returncode == 1
    store = TrialStore(Path("runs"))
    assert [result.state for result in map(store.result, store.trial_ids()) if result] == ["done"]


def test_a_console_remembers_why_it_could_not_write() -> None:
    with Path("/dev/full").open("w") as full:
        console = WordConsole(file=full)
        failed = [console.failed]
        console.print("a")
        console.print("b")
        failed.append(console.failed)
    assert failed == ["", "No space left on device"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "small.yaml", "--inline", "--storage", "/proc/x"], "/proc/x: No such file or directory"),
        (["run", "small.yaml", "--inline", "--storage", "x" * 300], "x...: File name too long"),
        (["run", "small.yaml", "--inline", "--storage", "gone"], "gone: links to a place that is not there"),
        (["gc", "--storage", "/proc/x"], "/proc/x: there is no such storage"),
        (["new", "/proc/mine.yaml"], "/proc/mine.yaml: cannot be written: No such file or directory"),
        (["plan", "x" * 5000], "no such file"),
        (["plan", "loop.yaml"], "no such file"),
    ],
)
def test_a_place_that_cannot_be_is_told_in_a_sentence(arguments: list[str], told: str) -> None:
    Path("loop.yaml").symlink_to("loop.yaml")
    Path("gone").symlink_to("away/and/gone")
    ran = ablate(*arguments, **usual_places())
    assert (ran.returncode, "Traceback" in ran.stderr) == (2, False)
    assert told in ran.stderr
    assert len(ran.stderr) < 2000


@pytest.mark.parametrize("arguments", [["report", "small.yaml"], ["ui"]])
def test_a_database_that_cannot_be_made_is_told_at_once(arguments: list[str]) -> None:
    """MLflow itself tries for minutes, with a page of warnings."""
    ran = ablate(*arguments, MLFLOW_TRACKING_URI="sqlite:////proc/new/mlflow.db", **usual_places())
    assert ran.returncode == 1
    assert "make that writable, or set MLFLOW_TRACKING_URI" in ran.stderr
    assert "WARNING" not in ran.stderr
    assert "http://" not in ran.stdout


def test_errors_of_a_place_are_told_from_others() -> None:
    assert isinstance(place_error(FileNotFoundError(errno.ENOENT, "No such file", "/a")), StudyError)
    assert "TMPDIR" in str(place_error(FileNotFoundError(errno.ENOENT, "No usable temporary directory found in []")))
    assert place_error(OSError(errno.EIO, "Input/output error", "/a")) is None
    assert isinstance(storage_error(OSError(errno.ENOSPC, "No space left", "/a"), Path("b")), DiskFullError)


def test_a_large_photograph_is_decoded_without_a_warning() -> None:
    """In a process of its own: pytest forgets the filters of warnings that a module sets when it is imported."""
    Image.new("1", (9_500, 10_000)).save("large.png")
    code = "from core.data.decode import decode; print(decode('large.png', 8).shape)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("torch.Size([3, 8, 8])\n", "")
