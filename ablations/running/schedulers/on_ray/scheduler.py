"""The scheduler on Ray: on this machine, on a cluster that this machine is part of, or on one that it only reaches."""

import signal
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from ablations.running.job import Job
from ablations.running.schedulers.scheduler import Batch
from ablations.types.events import Listen

CLIENT = "ray://"


class RayScheduler:
    """Runs units wherever there is room for them.

    Ray starts in the background, since it takes seconds in which the driver has other things to do. The thread that
    starts it also ends it: on Linux the processes that Ray starts die with the thread that started them.
    """

    def __init__(self, address: str, job: Job) -> None:
        """``address`` is that of a Ray cluster; ``local`` starts one on this machine. Nodes are checked for ``job``."""
        self._address, self._job = address, job
        self._started: Future[None] = Future()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._hold, name="ray")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def run(self, batch: Batch, listen: Listen) -> None:
        """See ``Scheduler.run``. Raises ``StudyError`` too if there is no cluster, if it will never have room for a
        unit, or if a node lacks what a unit needs."""
        self._started.result()
        _take_sigterm_back()
        if self._address.startswith(CLIENT):
            from ablations.running.schedulers.on_ray.outside import fit_from_outside as fit
        else:
            from ablations.running.schedulers.on_ray.tune import fit
        fit(batch, listen)

    def _hold(self) -> None:
        """Start Ray or connect to a cluster, and stay connected until the block ends."""
        from ablations.running.schedulers.on_ray.connect import connected  # here, beside the driver's own imports

        try:
            with connected(self._address, self._job):
                from ablations.running.schedulers.on_ray import tune  # noqa: F401 - imported while nobody waits for it

                self._started.set_result(None)
                self._over.wait()
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)


def _take_sigterm_back() -> None:
    """Install this process's handler again: Ray has put its own in its place, which aborts, and Python cannot see it.

    Only the main thread can, and Ray starts in another one.
    """
    handler = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is threading.main_thread() and handler is not None:
        signal.signal(signal.SIGTERM, handler)
