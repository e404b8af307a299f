"""The scheduler on Ray: on this machine, on a cluster that this machine is part of, or on one that it only reaches."""

from dataclasses import dataclass

from ablations.running.schedulers.on_ray.connect import CLIENT, connected
from ablations.running.schedulers.on_ray.outside import fit_from_outside
from ablations.running.schedulers.on_ray.tune import fit
from ablations.running.schedulers.scheduler import Batch
from ablations.types.events import Listen


@dataclass(frozen=True)
class RayScheduler:
    """Runs units wherever there is room for them."""

    address: str = "local"
    """Address of a Ray cluster; ``local`` starts one on this machine for the time of the run."""

    def run(self, batch: Batch, listen: Listen) -> None:
        """See ``Scheduler.run``. Raises ``StudyError`` too if there is no cluster, if it will never have room for a
        unit, or if a node lacks what a unit needs."""
        with connected(self.address, batch.job):
            run = fit_from_outside if self.address.startswith(CLIENT) else fit
            run(batch, listen)
