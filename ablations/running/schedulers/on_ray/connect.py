"""Connects to Ray and disconnects: to one that is started for the run, or to a cluster."""

import logging
import re
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import ray
from ray.exceptions import RayError

from ablations.running.job import Job
from ablations.running.schedulers.on_ray.nodes import LacksPackage, check_nodes
from ablations.running.schedulers.on_ray.package import OwnCode, travelling
from ablations.running.schedulers.on_ray.private import keep_token, on_loopback, session_folder
from ablations.types.errors import AblateError, StudyError

LOCAL = "local"
CLIENT = "ray://"
NO_CLIENT = "no Ray Client answers; is it the port of --ray-client-server-port, and the token the cluster's?"
NO_TOKEN = "put its token into ~/.ray/auth_token or RAY_AUTH_TOKEN; where it has none, set RAY_AUTH_MODE=disabled"
NO_NODE = (
    "nobody there takes this machine for a node; is it the port of ray start --port, and the token the cluster's? From "
    "a machine that is no node: --address ray://{host}:10001, the port of --ray-client-server-port"
)
VERSIONS = re.compile(r"Version mismatch:.*Ray: (\S+)\s+Python: (\S+).*Ray: (\S+)\s+Python: (\S+)", re.DOTALL)
"""Pattern of Ray's message if the cluster's versions are not those of this process."""
OTHER_VERSION = (
    "the cluster has Ray {0} and Python {1}, and this environment has Ray {2} and Python {3}; run from one with the "
    "cluster's: that Python, and pip install 'ray=={0}'"
)
CONNECT_SECONDS = 10
OBJECT_STORE_BYTES = 100 * 2**20
"""Nothing of size goes through Ray's object store."""


@contextmanager
def connected(address: str, job: Job) -> Iterator[None]:
    """Every node of a cluster has what the job needs. One that lacks this version of the package gets it for the time
    of the run. Raises ``StudyError`` where there is no cluster, or a node lacks something else."""
    _start(address)
    try:
        if address != LOCAL:
            _check(address, job)
        yield
    finally:
        ray.shutdown()


def _check(address: str, job: Job) -> None:
    try:
        check_nodes(job)
    except LacksPackage:
        ray.shutdown()
        with travelling() as modules:
            _start(address, runtime_env={"py_modules": modules})
        check_nodes(job)


def _start(address: str, **options: Any) -> None:
    if address == LOCAL:
        keep_token()
        options |= {"include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}
        options |= {"_temp_dir": session_folder()}
    _check_reachable(address)
    try:
        among_whom = on_loopback() if address == LOCAL else nullcontext()
        with among_whom, warnings.catch_warnings(action="ignore"):  # what they say is said below
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **_code(address, **options))
    except ImportError as error:
        raise StudyError(f"--address {address}: Ray Client is not installed; pip install 'ray[client]'") from error
    except ConnectionError as error:
        raise StudyError(f"--address {address}: {_why_not(address)} ({error})") from error
    except RayError as error:  # such as a token that is missing
        raise StudyError(f"--address {address}: the cluster does not let this run in; {NO_TOKEN} ({error})") from error
    except Exception as error:  # a bare one, where its raylet dies while it starts
        if versions := VERSIONS.search(str(error)):
            raise StudyError(f"--address {address}: {OTHER_VERSION.format(*versions.groups())}") from error
        raise AblateError(f"Ray did not start ({error}); run the same command again") from error
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)


def _code(address: str, **options: Any) -> dict[str, Any]:
    """The options, with those that say where workers find this package. Through Ray Client they find their own."""
    if address.startswith(CLIENT):
        return options
    return options | {"job_config": OwnCode(travels="runtime_env" in options)}


def _why_not(address: str) -> str:
    """No connection came about, although the port answers."""
    if address.startswith(CLIENT):
        return NO_CLIENT
    host, colon, _ = address.rpartition(":")
    return NO_NODE.format(host=host) if colon else "there is no Ray cluster"


def _check_reachable(address: str) -> None:
    """Ray itself tries for minutes where nobody answers."""
    host, colon, port = address.removeprefix(CLIENT).rpartition(":")
    if not colon and address.startswith(CLIENT):
        raise StudyError(f"--address {address}: the port is missing; write {address}:10001, unless it is another")
    if not colon:
        return  # local or auto
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise StudyError(f"--address {address}: there is no Ray cluster ({error})") from error
