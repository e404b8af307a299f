"""A unit over several workers: a process group of Ray Train that a Tune trial starts and waits for.

The first worker runs the unit as a single one would, and the others take part in its training. Its events go through a
queue, since a report of Ray Train waits for all workers. If a worker fails or dies, Ray Train ends the others and
starts none again: the Tune trial fails, and is started again like any trial whose worker died.
"""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from ray.train import RunConfig, ScalingConfig, TrainingFailedError
from ray.train.torch import TorchTrainer
from ray.util.queue import Empty, Queue

from ablations.running.job import Job
from ablations.running.schedulers.on_ray.interface import TorchOverNodes
from ablations.running.worker import assist, disk_full, ends_unit, failures, keep_failures, run_unit
from ablations.store.trial_store import TrialStore
from ablations.study.study import Resources
from ablations.types.events import Event
from ablations.types.trial import Result, Unit
from core import ProcessLost
from core.distributed import own_share
from core.errors import is_full

POLL_SECONDS = 0.2
SETTINGS = {
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": str(POLL_SECONDS),
    "RAY_TRAIN_METRICS_ENABLED": "0",
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
}
"""Settings that Ray Train reads from the environment: it notices ends quickly, and leaves out what is not used here."""

Told = Event | list[Result] | Exception | None
"""An item of the queue: an event, the failures that a worker other than the first has met, an error of the
storage, or None at the end of the unit."""


def run_over_workers(unit: Unit, job: Job, resources: Resources, emit: Callable[[Event], None]) -> None:
    """Run a unit over ``resources.workers`` workers.

    Raises ``ProcessLost`` if a worker died; run again, the training continues from its last checkpoint. Raises
    ``OSError`` if the storage cannot be used.
    """
    os.environ.update(SETTINGS)
    queue = Queue(actor_options={"num_cpus": 0})
    over, failed, problem = False, list[Result](), None
    with tempfile.TemporaryDirectory(prefix="ablate-ray-train-") as folder, ThreadPoolExecutor(1) as thread:
        fit = thread.submit(trainer_of(unit, job, resources, queue, folder).fit)
        for told in _told(queue, fit):
            match told:
                case None:
                    over = True
                case list():
                    failed = told
                case Exception():
                    problem = told
                case _:
                    emit(told)
    queue.shutdown()
    if failed and not over:
        keep_failures(unit, job, emit, failed)
    elif not over:
        raise problem or ProcessLost(f"one of {resources.workers} workers died: {fit.exception()}")


def trainer_of(unit: Unit, job: Job, resources: Resources, queue: Queue, folder: str) -> TorchTrainer:
    """The trainer, of a single worker if only evaluations are left."""
    trained = TrialStore(job.storage).encoder_path(unit.pretrain_id).exists()
    nothing = trained or not unit.trials[0].config.pretrain.epochs
    each = {"CPU": resources.cpu} | ({"GPU": resources.gpu} if resources.gpu else {})
    return TorchTrainer(
        work_on,
        train_loop_config={"unit": unit, "job": job, "queue": queue},
        torch_config=TorchOverNodes(),
        scaling_config=ScalingConfig(
            num_workers=1 if nothing else resources.workers, resources_per_worker=each, use_gpu=resources.gpu > 0
        ),
        run_config=RunConfig(name=uuid.uuid4().hex, storage_path=folder),
    )


def _told(queue: Queue, fit: "Future[Any]") -> Iterator[Told]:
    """The items of the queue, until the training has ended or failed."""
    ended = False
    while not ended:
        ended = fit.done()
        with suppress(Empty):
            while True:
                yield queue.get(timeout=POLL_SECONDS)


def work_on(config: dict[str, Any]) -> None:
    """The function that every worker runs."""
    unit, job, queue = config["unit"], config["job"], config["queue"]
    try:
        run_unit(unit, job, queue.put) if own_share().leads else assist(unit, job)
    except ProcessLost:
        raise
    except Exception as error:
        queue.put(_told_of(error, unit, job))
        raise
    if own_share().leads:
        queue.put(None)
        if own_share().processes > 1:
            raise TrainingFailedError("the unit is over, and workers that wait for this one are to end")


def _told_of(error: Exception, unit: Unit, job: Job) -> Told:
    """A worker's report on its error: failures of the trials, or the error itself if it ends the unit."""
    if isinstance(error, OSError) and is_full(error):
        return disk_full(unit, job, error)
    return error if own_share().leads or ends_unit(error) else failures(unit, error)
