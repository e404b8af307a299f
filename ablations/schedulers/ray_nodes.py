"""Whether every node of a cluster has what a trial needs: the package, the storage and the data, at the same paths."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ablations.errors import StudyError
from ablations.provenance import package_version
from ablations.worker import Job
from core.remote import AnyPath

PATIENCE = 60.0
"""Seconds in which all nodes are to answer."""


def alive_nodes() -> list[dict[str, Any]]:
    """What Ray says of each node that has not gone away."""
    return [node for node in ray.nodes() if node["Alive"]]


def check_nodes(job: Job) -> None:
    """Asks all nodes at once, before any trial. Raises ``StudyError`` with what is missing, by node."""
    marker = job.storage / f"marker-{uuid.uuid4().hex}"
    marker.touch()
    try:
        data = job.data_dir if job.data_dir.exists() else None
        problems = list(_problems(looks_for(marker, data, package_version())))
    finally:
        marker.unlink()
    if problems:
        raise StudyError("\n".join(problems))


def looks_for(marker: AnyPath, data: AnyPath | None, version: str) -> Callable[[], list[str]]:
    """What a node is asked. As a function of a function it travels whole: the node may not have the package."""

    def look() -> list[str]:
        missing = []
        try:
            from ablations.provenance import package_version

            if (found := package_version()) != version:
                missing.append(f"simclr-ablations is {found}, and {version} where the run was started")
        except ImportError:
            missing.append(f"simclr-ablations {version} is not installed")
        if not marker.exists():
            missing.append(f"--storage {marker.parent} is not the folder of that path here; share it between all nodes")
        if data is not None and not data.exists():
            missing.append(f"--data-dir {data} is not there; share it, or copy it to the same path")
        return missing

    return look


def _problems(look: Callable[[], list[str]]) -> Iterator[str]:
    asked = {_name(node): _ask(node, look) for node in alive_nodes() if node["Resources"].get("CPU")}
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
    return f"node {node['NodeManagerAddress']} ({node['NodeID'][:8]})"
