"""A run from a machine that is no node of the cluster, through Ray Client.

Tune runs in an actor on the cluster's head, and this machine fetches the events from there. If this machine goes away,
Ray ends what it has begun.
"""

from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from ablations.running.schedulers.on_ray.tune import fit
from ablations.running.schedulers.scheduler import Batch
from ablations.types.errors import AblateError, storage_error
from ablations.types.events import Event, Listen

POLL_SECONDS = 0.5
HEAD = {"node:__internal_head__": 0.001}
"""A resource that only the head has: it is the last node to go away."""


class TuneActor:
    """Runs Tune on the cluster, and keeps the events until they are fetched."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def fit(self, batch: Batch) -> None:
        """Run the batch. Raises ``AblateError`` if the storage cannot be used: Ray's copy of an ``OSError`` names no
        file."""
        try:
            fit(batch, self._events.append)
        except OSError as error:
            raise storage_error(error, batch.job.storage) or error from None

    def events(self, after: int) -> list[Event]:
        """All events except the first ``after``."""
        return self._events[after:]


def fit_from_outside(batch: Batch, listen: Listen) -> None:
    """Run the batch as ``tune.fit`` does, but on the cluster. Raises ``AblateError`` if the cluster is lost."""
    actor: Any = ray.remote(TuneActor).options(num_cpus=0, resources=HEAD, max_concurrency=2).remote()
    try:
        fitting = actor.fit.remote(batch)
        _follow(actor, fitting, listen)
        ray.get(fitting)
    except RayTaskError as error:
        if isinstance(error.cause, AblateError):
            raise error.cause from None
        raise
    except (RayActorError, ConnectionError) as error:
        raise AblateError(
            f"the cluster was lost ({error}). Finished results are kept; run the same command again"
        ) from error


def _follow(actor: Any, fitting: "ray.ObjectRef[None]", listen: Listen) -> None:
    known, ended = 0, False
    while not ended:
        ended = bool(ray.wait([fitting], timeout=POLL_SECONDS)[0])
        events = ray.get(actor.events.remote(known))
        for event in events:
            listen(event)
        known += len(events)
