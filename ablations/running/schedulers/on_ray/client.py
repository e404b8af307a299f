"""A run from a machine that is no node of the cluster, through Ray Client: Tune runs on the cluster's head, and what it
hears is fetched from there. Where this machine goes away, Ray ends what it has begun."""

from collections.abc import Callable, Sequence
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from ablations.planning.stopping import Judging
from ablations.running.schedulers.on_ray.tune import fit
from ablations.running.worker import Job
from ablations.study.study import Resources
from ablations.types.errors import AblateError, of_storage
from ablations.types.events import Event
from ablations.types.trial import Unit

POLL_SECONDS = 0.5
HEAD = {"node:__internal_head__": 0.001}
"""A resource that Ray gives to the head alone, the last node to go away."""


class Outpost:
    """On the cluster: runs Tune, and keeps what it hears until that is fetched."""

    def __init__(self) -> None:
        self._heard: list[Event] = []

    def fit(self, units: Sequence[Unit], job: Job, resources: Resources, judging: Judging | None, alone: bool) -> None:
        """Raises ``AblateError`` where the storage cannot be used: Ray's likeness of an ``OSError`` names no file."""
        try:
            fit(units, job, self._heard.append, resources, judging, alone)
        except OSError as error:
            raise of_storage(error, job.storage) or error from None

    def heard(self, after: int) -> list[Event]:
        """All but the first ``after`` events."""
        return self._heard[after:]


def fit_from_outside(
    units: Sequence[Unit],
    job: Job,
    listen: Callable[[Event], None],
    resources: Resources,
    judging: Judging | None,
    alone: bool,
) -> None:
    """As ``ray_tune.fit``. Raises ``AblateError`` where the cluster is lost."""
    outpost: Any = ray.remote(Outpost).options(num_cpus=0, resources=HEAD, max_concurrency=2).remote()
    try:
        fitting = outpost.fit.remote(units, job, resources, judging, alone)
        _follow(outpost, fitting, listen)
        ray.get(fitting)
    except RayTaskError as error:
        if isinstance(error.cause, AblateError):
            raise error.cause from None
        raise
    except (RayActorError, ConnectionError) as error:
        raise AblateError(
            f"the cluster was lost ({error}). What is finished is kept; run the same command again"
        ) from error


def _follow(outpost: Any, fitting: "ray.ObjectRef[None]", listen: Callable[[Event], None]) -> None:
    known, ended = 0, False
    while not ended:
        ended = bool(ray.wait([fitting], timeout=POLL_SECONDS)[0])
        heard = ray.get(outpost.heard.remote(known))
        for event in heard:
            listen(event)
        known += len(heard)
