"""A PostgreSQL server of a test's own, from Debian's package ``postgresql``."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 60
PASSWORD = "hunter2hunter2"


def programs() -> Path | None:
    """The folder of the server's programs, which Debian keeps off the path; None if it is not installed."""
    found = [Path(path).parent for path in [shutil.which("initdb")] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return found[-1] if found else None


@contextmanager
def server() -> Iterator[str]:
    """The URI of an empty database, whose password is ``PASSWORD``; the server ends with the block."""
    bin_folder = programs()
    assert bin_folder
    with tempfile.TemporaryDirectory(prefix="postgres-") as name, socket.create_server(("127.0.0.1", 0)) as free:
        folder, port = Path(name), free.getsockname()[1]
        (folder / "password").write_text(PASSWORD, encoding="utf-8")
        user = _user(folder)
        data = folder / "data"
        options: list[str | Path] = ["-D", data, "-U", "me", "--pwfile", folder / "password"]
        options += ["-A", "scram-sha-256", "--no-sync"]
        subprocess.run([*user, bin_folder / "initdb", *options], check=True, stdout=subprocess.DEVNULL)
        free.close()
        command: list[str | Path] = [*user, bin_folder / "postgres", "-D", data, "-p", str(port), "-k", folder]
        command += ["-h", "127.0.0.1", "-F"]
        with (folder / "log").open("ab") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                _wait(port, folder / "log")
                yield f"postgresql+psycopg2://me:{PASSWORD}@127.0.0.1:{port}/postgres"
            finally:
                process.send_signal(2)  # SIGINT: no waiting for clients
                process.wait(PATIENCE)


def _user(folder: Path) -> list[str]:
    """Prefix that runs a command as another user, since the server refuses to run as root."""
    if os.getuid():
        return []
    user = next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})
    shutil.chown(folder, user)
    for path in folder.iterdir():
        shutil.chown(path, user)
    entry = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]


def _wait(port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        except OSError:
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.1)
