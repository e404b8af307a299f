"""Units of work over Ray: on this machine, on a cluster of which it is a node, or on one that it only reaches."""

from collections.abc import Callable, Sequence

from ablations.planning.stopping import Judging
from ablations.running.schedulers.on_ray.client import fit_from_outside
from ablations.running.schedulers.on_ray.connect import CLIENT, connected
from ablations.running.schedulers.on_ray.tune import fit
from ablations.running.worker import Job
from ablations.study.study import Resources
from ablations.types.events import Event
from ablations.types.trial import Unit


def run_on_ray(
    units: Sequence[Unit],
    job: Job,
    listen: Callable[[Event], None],
    resources: Resources,
    address: str,
    judging: Judging | None = None,
    alone: bool = False,
) -> None:
    """Run the units wherever there is room for them, or each ``alone``: with a whole GPU, and all cores of the
    largest node. With ``judging``, those that fall behind are stopped. Raises ``StudyError`` where there never will be
    room, where there is no cluster, or where a node of it lacks what a trial needs.

    KeyboardInterrupt passes through, after Ray and its workers are gone.
    """
    with connected(address, job):
        run = fit_from_outside if address.startswith(CLIENT) else fit
        run(units, job, listen, resources, judging, alone)
