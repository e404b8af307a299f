"""A Ray that only its user reaches: it listens on loopback, and its token, its session and the environment are private.

Unless told otherwise, Ray 2.60 listens on all interfaces, makes a token that everybody on the machine can read and a
session folder in which everybody can write, and sends the values of secret variables to its workers.
"""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ray._common.utils import get_default_system_temp_dir
from ray._private import ray_constants
from ray.tune.execution import class_cache

from ablations.types.errors import StudyError
from core.files import place_once

LOOPBACK = "127.0.0.1"
LONGEST_SOCKET = 103
"""Most bytes of a socket's path: macOS's limit, 4 fewer than Linux's."""
SOCKET = "s/session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store"
"""The longest path of a socket in the user's folder. Ray opens its own folder, ``s``, to everybody."""
ONLY_USER = 0o700
SYSTEMS_OWN = "/tmp"
HARMLESS = ("RAY_", "NCCL_", "TORCHFT_")
"""Beginnings of the names of variables that hold no secret."""


def send_no_secrets() -> None:
    """Keep secrets out of the variables that Ray Tune sends to its workers; does nothing if Ray has no such list.

    Ray writes them into the log of every node's runtime environment agent, and into the command line of a worker, which
    other users of the machine can read. Its own list has AWS's keys. Workers on this machine inherit the environment of
    the driver, and those of a cluster the environment of their ``ray start``.
    """
    if names := getattr(class_cache, "ENV_VARS_TO_PROPAGATE", None):
        class_cache.ENV_VARS_TO_PROPAGATE = {name for name in names if name.startswith(HARMLESS)}


@contextmanager
def on_loopback() -> Iterator[None]:
    """Let a Ray that starts in the block use 127.0.0.1 as its node's address and listen only there, as on macOS.

    Ray's option for the address does not take 127.0.0.1, and with any other address Ray listens on all interfaces.
    """
    before = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before


def session_folder() -> str:
    """A folder for Ray's sessions that only this user can open.

    It is in the temporary folder, or in ``/tmp`` if the temporary folder cannot be used or its name is too long for a
    socket. Raises ``StudyError`` if neither can be used.
    """
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
    """The folder, or another one beside it if somebody else has made the folder."""
    with suppress(FileExistsError):
        folder.mkdir(ONLY_USER, parents=True)
    if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix="ray-", dir=folder.parent))
    folder.chmod(ONLY_USER)
    return folder


def keep_token() -> None:
    """Make a token that no other user can read, before Ray makes one.

    If it cannot be kept in ``~/.ray``, this process and those that it starts have it in their environment.
    """
    if os.environ.get("RAY_AUTH_MODE") != "token" or {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys():
        return
    try:
        _keep(Path.home() / ".ray" / "auth_token")
    except (OSError, RuntimeError):  # the home is read-only, another user's, or not known
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
