"""How many trials the nodes of a cluster have room for."""

import math
import time
from typing import Any

from ray.tune import Callback
from ray.tune.search import BasicVariantGenerator

from ablations.running.schedulers.on_ray.nodes import alive_nodes
from ablations.study.study import Resources
from ablations.types.errors import StudyError

LOOK_SECONDS = 5.0
"""Seconds between two looks at the nodes."""


def check_capacity(resources: Resources) -> None:
    """Raises ``StudyError`` if no node of the cluster could ever run one trial."""
    if _workers(resources) < resources.workers:
        largest = " or ".join(f"{node.get('CPU', 0):g} CPU and {node.get('GPU', 0):g} GPU" for node in _nodes())
        many = f" for each of {resources.workers} workers" if resources.workers > 1 else ""
        raise StudyError(
            f"resources: a trial asks for {resources.cpu:g} CPU and {resources.gpu:g} GPU on one node{many}, and Ray "
            f"has nodes of {largest}; lower 'resources' in the study or its scale"
        )


def trials_at_once(resources: Resources) -> int:
    """Number of trials over several workers that all nodes hold together."""
    return _workers(resources) // resources.workers


def gpus() -> int:
    """Number of GPUs of all nodes together."""
    return int(sum(node.get("GPU", 0) for node in _nodes()))


def whole_device(resources: Resources) -> Resources:
    """A whole GPU and all cores of the largest node that has one.

    Each of several workers has its own already, and has it alone if no other trial runs.
    """
    if resources.workers > 1:
        return resources
    gpu = math.ceil(resources.gpu)
    cores = max((node.get("CPU", 0) for node in _nodes() if node.get("GPU", 0) >= gpu), default=0)
    return Resources(cpu=max(cores, resources.cpu), gpu=gpu)


class Capacity(Callback):
    """Tells Tune again and again how many trials over several workers there is room for: nodes come and go.

    Ray Train places the workers of a trial, so Tune cannot know it by itself.
    """

    def __init__(self, search: BasicVariantGenerator, resources: Resources) -> None:
        self._search, self._resources = search, resources
        self._looked = time.monotonic()

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its callbacks for a resume that is never used."""
        return {}

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Called by Tune before every step."""
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked = time.monotonic()
            self._search.max_concurrent = max(1, trials_at_once(self._resources))


def _workers(resources: Resources) -> int:
    """Number of workers that all nodes hold together."""
    asked = {"CPU": resources.cpu, "GPU": resources.gpu}
    return sum(min(int(node.get(what, 0) / much) for what, much in asked.items() if much) for node in _nodes())


def _nodes() -> list[dict[str, float]]:
    return [node["Resources"] for node in alive_nodes()]
