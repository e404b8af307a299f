"""A run on Ray lets in no other user of the machine, leaves no secret behind, and executes no file of the user's own
that is named as one of its modules."""

import os
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import psutil
import pytest
from canaries import CANARY, canaries, holding
from like_packages import write_mine

from ablations.running.schedulers.on_ray.private import LONGEST_SOCKET, SOCKET, keep_token, session_folder
from ablations.types.errors import StudyError
from core.files import cache_dir
from helpers import small_study

GRID = "grid: {loss.temperature: [0.1]}\n"
MINE = ("core.py", "ablations.py", "reports/__init__.py", "random.py", "torch.py", "pandas/__init__.py")
"""Files of the user's own in the working folder."""


@dataclass
class Watched:
    """A run, and what others of the machine could see of it."""

    folder: Path
    """Its working folder, its home and its temporary folder."""
    code: int = -1
    said: str = ""
    lines: set[str] = field(default_factory=set)
    """Command lines of its processes."""
    listening: set[tuple[str, str]] = field(default_factory=set)
    """Addresses, with the names of its processes that listen there."""

    @property
    def executed(self) -> Path:
        """The file that the user's own modules write to."""
        return self.folder / "executed"

    def look(self, process: psutil.Process) -> None:
        for one in (process, *process.children(recursive=True)):
            try:
                self.lines.add(" ".join(one.cmdline()))
                found = one.net_connections("inet")
                self.listening |= {(c.laddr.ip, one.name()) for c in found if c.status in (psutil.CONN_LISTEN, "NONE")}
            except psutil.Error:  # it has ended
                continue


@pytest.fixture(scope="module", params=[1, pytest.param(2, marks=pytest.mark.slow)])
def watched(request: pytest.FixtureRequest, empty_mlflow: Path) -> Iterator[Watched]:
    """A run with so many workers a trial, a canary in every secret variable, a home that has no token yet, and files of
    the user's own in the working folder and on PYTHONPATH."""
    with tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as name:  # Ray's sockets want a short name
        run = Watched(Path(name))
        run.folder.chmod(0o755)
        resources = f"resources: {{cpu: 1, workers: {request.param}}}\n"
        (run.folder / "study.yaml").write_text(small_study(f"{GRID}{resources}", 1))
        shutil.copy(empty_mlflow, run.folder / "mlflow.db")
        write_mine(run.executed, *(run.folder / one for one in (*MINE, "src/core/__init__.py", "src/reports.py")))
        own = {"HOME": name, "TMPDIR": name, "XDG_CACHE_HOME": str(cache_dir().parent), "PYTHONPATH": "src"}
        command = [sys.executable, "-P", "-m", "ablations", "run", "study.yaml"]
        with (run.folder / "said").open("wb") as said:
            environment = {key: value for key, value in os.environ.items() if not key.startswith(("RAY_", "MLFLOW_"))}
            process = psutil.Popen(
                command, cwd=name, env=environment | own | canaries(), stdout=said, stderr=subprocess.STDOUT
            )
            while process.poll() is None:
                run.look(process)
                time.sleep(0.5)
        run.code, run.said = process.returncode, (run.folder / "said").read_text()
        yield run


def test_all_listen_on_loopback_alone(watched: Watched) -> None:
    """PyTorch's store of several workers too."""
    assert watched.code == 0, watched.said
    assert {"gcs_server", "raylet"} <= {name for _, name in watched.listening}
    addresses = {(ip_address(address.removeprefix("::ffff:")), name) for address, name in watched.listening}
    assert {(address, name) for address, name in addresses if not address.is_loopback} == set()


def test_no_secret_is_left_by_a_run(watched: Watched) -> None:
    assert (watched.folder / "runs" / "reports" / "small" / "quick" / "report.html").exists()
    assert [*watched.folder.rglob("runtime_env_agent.log")], "Ray's logs were kept, and looked at"
    assert holding(watched.folder) == []
    assert [line for line in watched.lines if CANARY in line] == []


def test_the_token_is_the_users_alone(watched: Watched) -> None:
    token = watched.folder / ".ray" / "auth_token"
    assert [mode(path) for path in (token, token.parent)] == [0o600, 0o700]
    assert holding(watched.folder, token.read_text()) == [str(token)]
    assert [line for line in watched.lines if token.read_text() in line] == []


def test_nobody_else_enters_the_session(watched: Watched) -> None:
    """Ray itself opens its folder to all, so that the one above it is closed."""
    sessions = [*watched.folder.rglob("session_2*/logs")]
    assert sessions
    for session in sessions:
        above = [path for path in session.parents if watched.folder in path.parents]
        assert any(mode(path) & 0o077 == 0 for path in above)


def test_workers_import_the_drivers_files(watched: Watched) -> None:
    assert not watched.executed.exists(), watched.executed.read_text()
    assert "1 done, 0 failed" in watched.said


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.setenv(name, "")  # so that what is set is taken back
        monkeypatch.delenv(name)
    return tmp_path


@pytest.mark.parametrize("before", [None, "", "a token of a cluster"])
def test_a_token_is_made_once_and_closed(home: Path, before: str | None) -> None:
    """One that Ray has made, for everybody to read, stays what it is."""
    token = home / ".ray" / "auth_token"
    if before is not None:
        token.parent.mkdir(0o755)
        token.write_text(before)
        token.chmod(0o644)
    keep_token()
    text = token.read_text()
    assert text == before if before else len(text) == 64
    assert [mode(path) for path in (token, token.parent)] == [0o600, 0o700]
    keep_token()
    assert token.read_text() == text
    assert [path.name for path in token.parent.iterdir()] == ["auth_token"]
    assert "RAY_AUTH_TOKEN" not in os.environ


def test_a_token_is_of_this_process_where_no_home_can_keep_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".ray").touch()
    keep_token()
    token = os.environ["RAY_AUTH_TOKEN"]
    assert len(token) == 64
    keep_token()
    assert os.environ["RAY_AUTH_TOKEN"] == token


@pytest.mark.parametrize(
    "named", [{"RAY_AUTH_TOKEN": "t"}, {"RAY_AUTH_TOKEN_PATH": "p"}, {"RAY_AUTH_MODE": "disabled"}]
)
def test_no_token_is_made_where_the_user_says_which(
    home: Path, named: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    keep_token()
    assert list(home.iterdir()) == []


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as name:
        monkeypatch.setenv("RAY_TMPDIR", name)
        yield Path(name)


def test_sessions_lie_in_a_folder_of_the_user_alone(short: Path) -> None:
    folder = Path(session_folder())
    assert (folder.parent.parent, mode(folder.parent)) == (short, 0o700)
    folder.parent.chmod(0o777)
    assert session_folder() == str(folder)
    assert mode(folder.parent) == 0o700


@pytest.mark.parametrize("made", ["another's", "a link", "a file"])
def test_a_folder_that_somebody_else_has_put_there_is_not_used(
    short: Path, made: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = Path(session_folder()).parent
    if made != "another's":
        theirs.rmdir()
    match made:
        case "a link":
            theirs.symlink_to("/")
        case "a file":
            theirs.touch()
        case _:
            own = os.getuid()
            monkeypatch.setattr(os, "getuid", lambda: own + 1)
            theirs.rename(short / f"ray-{own + 1}")
            theirs = short / f"ray-{own + 1}"
    folder = Path(session_folder())
    assert folder.parent != theirs
    assert mode(folder.parent) == 0o700


def test_a_temporary_folder_with_too_long_a_name_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name has 48 characters, as on some clusters."""
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / ("t" * 48)))
    folder = Path(session_folder())
    assert folder.is_relative_to("/tmp")
    assert len(str(folder.parent / SOCKET)) <= LONGEST_SOCKET


def test_no_folder_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_TMPDIR", f"/proc/{secrets.token_hex(4)}")
    monkeypatch.setattr("ablations.running.schedulers.on_ray.private.SYSTEMS_OWN", "/proc")
    with pytest.raises(StudyError, match="set RAY_TMPDIR to one that this user may write to"):
        session_folder()
