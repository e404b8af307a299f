"""Checks that every node of a cluster has what it needs: the package, the storage and, if it trains, the data, at the
same paths."""

import uuid
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ablations.running.job import Job
from ablations.running.schedulers.on_ray.package import code_hash
from ablations.types.errors import StudyError

PACKAGE = "simclr-ablations"
NEEDED = ("filelock", "pydantic", "ruamel", "safetensors", "sklearn", "torch", "torchvision")
"""Modules that workers import, beside the package."""
PATIENCE = 60.0
"""Seconds within which all nodes must answer."""


def alive_nodes() -> list[dict[str, Any]]:
    """Ray's description of each node that is there."""
    return [node for node in ray.nodes() if node["Alive"]]


class LacksPackage(StudyError):
    """A node without the package, or with another version of it."""


def check_nodes(job: Job) -> None:
    """Ask all nodes at once what they lack.

    Raises ``StudyError`` with what is missing on which node, or ``LacksPackage`` if the package is missing somewhere.
    """
    marker = job.storage / f"marker-{uuid.uuid4().hex}"
    marker.touch()
    try:
        data = str(job.data_dir) if job.data_dir.exists() else None
        problems = list(_problems(str(marker), data))
    finally:
        marker.unlink()
    if problems:
        lacks_package = any(PACKAGE in problem for problem in problems)
        raise (LacksPackage if lacks_package else StudyError)("\n".join(problems))


def looks_for(marker: str, data: str | None, code: str) -> Callable[[], list[str]]:
    """The function that a node runs.

    It is made inside another function and keeps only texts, so that Ray sends its code along: the node may not have the
    package.
    """

    def look() -> list[str]:
        missing = [f"{name} is not installed" for name in NEEDED if not find_spec(name)]
        try:
            from ablations.running.schedulers.on_ray.package import code_hash
            from ablations.store.locations import location
        except ImportError as error:
            return [*missing, f"{PACKAGE} is not installed ({error})"]
        if code_hash() != code:
            missing.append(f"{PACKAGE} is not the code with which the run was started")
        if not (there := location(marker)).exists():
            missing.append(f"--storage {there.parent} is not the folder of that path here; share it between all nodes")
        if data is not None and not location(data).exists():
            missing.append(f"--data-dir {data} is not there; share it, or copy it to the same path")
        return missing

    return look


def _problems(marker: str, data: str | None) -> Iterator[str]:
    """Sentences on what is missing, each with its node.

    A node without cores trains nothing, so it needs no data. It needs all else: with ``ray://`` Tune runs on the head,
    and a trial that waits for several workers may run anywhere.
    """
    asked, code = {}, code_hash()
    for node in alive_nodes():
        needed = data if node["Resources"].get("CPU") else None
        asked[_name(node)] = _ask(node, looks_for(marker, needed, code))
    _, late = ray.wait(list(asked.values()), num_returns=len(asked), timeout=PATIENCE)
    for name, answer in asked.items():
        if answer in late:
            yield f"{name}: no answer within {PATIENCE:g} s"
            continue
        try:
            yield from (f"{name}: {missing}" for missing in ray.get(answer, timeout=PATIENCE))
        except (RayError, GetTimeoutError) as error:
            yield f"{name}: {str(error).strip().splitlines()[-1]}"


def _ask(node: dict[str, Any], look: Callable[[], list[str]]) -> "ray.ObjectRef[list[str]]":
    there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
    return ray.remote(look).options(num_cpus=0, max_retries=0, scheduling_strategy=there).remote()


def _name(node: dict[str, Any]) -> str:
    return f"node {node['NodeManagerHostname']} ({node['NodeManagerAddress']}, {node['NodeID'][:8]})"
