"""A Ray that only its user reaches: it listens on loopback, and its token and its session are for the user alone.

Ray by itself listens on all interfaces, makes a token that everybody on the machine can read, and a session folder in
which everybody can write (seen in Ray 2.60).
"""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ray._common.utils import get_default_system_temp_dir
from ray._private import ray_constants

from ablations.errors import StudyError
from core.files import place_once

LOOPBACK = "127.0.0.1"
LONGEST_SOCKET = 103
"""Bytes of a socket's path: what macOS allows, 4 fewer than Linux."""
SOCKET = "s/session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store"
"""The longest path of one in the user's folder. Ray opens its own, ``s``, to everybody."""
ONLY_USER = 0o700
SYSTEMS_OWN = "/tmp"


@contextmanager
def on_loopback() -> Iterator[None]:
    """A Ray that is started in the block listens on 127.0.0.1 alone, as it does on macOS and Windows: this is its own
    switch for them. Its option for a node's address refuses 127.0.0.1, and with any other it listens everywhere."""
    before = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before


def session_folder() -> str:
    """A folder for Ray's sessions that only this user opens, in the temporary folder or, where that has too long a name
    for a socket or cannot be used, in ``/tmp``. Raises ``StudyError`` where neither can be used."""
    bases = dict.fromkeys([get_default_system_temp_dir(), SYSTEMS_OWN])
    for base in bases:
        folder = Path(base).absolute() / f"ray-{os.getuid()}"
        if len(os.fsencode(folder / SOCKET)) <= LONGEST_SOCKET:
            with suppress(OSError):
                return str(_own(folder) / "s")
    raise StudyError(
        f"{', '.join(bases)}: no folder for Ray's sockets; set RAY_TMPDIR to one that this user may write to, of at "
        f"most {LONGEST_SOCKET - len(SOCKET) - len(folder.name) - 2} characters"
    )


def _own(folder: Path) -> Path:
    """The folder, or another beside it where somebody else has made that."""
    with suppress(FileExistsError):
        folder.mkdir(ONLY_USER, parents=True)
    if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix="ray-", dir=folder.parent))
    folder.chmod(ONLY_USER)
    return folder


def keep_token() -> None:
    """Have a token that no other user can read, before Ray makes one. Where it cannot be kept in ``~/.ray``, this
    process and those that it starts have it in their environment."""
    if os.environ.get("RAY_AUTH_MODE") != "token" or {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys():
        return
    try:
        _keep(Path.home() / ".ray" / "auth_token")
    except (OSError, RuntimeError):  # of a home that is read-only, another's, or not known
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)


def _keep(token: Path) -> None:
    token.parent.mkdir(ONLY_USER, parents=True, exist_ok=True)
    token.parent.chmod(ONLY_USER)
    if not token.exists() or not token.stat().st_size:
        descriptor, temporary = tempfile.mkstemp(dir=token.parent)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        if token.exists():  # and is empty
            Path(temporary).replace(token)
        else:
            place_once(Path(temporary), token)
            Path(temporary).unlink(missing_ok=True)
    token.chmod(0o600)
