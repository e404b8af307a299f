"""A unit over several workers: a process group of Ray Train, begun from inside a Tune trial.

The first worker runs the unit as a single one would, and the others take part in its training. What it tells goes
through a queue, since a report of Ray Train waits for all workers. Ray Train ends the others when one fails or dies; it
starts none again: the Tune trial fails, and is started again as any other whose worker died.
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
"""Of Ray Train, which takes them from the environment: quick to see an end, and nothing that is not used here."""

Told = Event | list[Result] | Exception | None
"""An event, the failures that another than the first worker has to tell, an error of the storage, or None: the unit has
come to its end."""


def run_over_workers(unit: Unit, job: Job, resources: Resources, emit: Callable[[Event], None]) -> None:
    """Raises ``ProcessLost`` where a worker died: what it was at goes on from its last checkpoint when run again.
    Raises ``OSError`` where the storage cannot be used."""
    os.environ.update(SETTINGS)
    queue = Queue(actor_options={"num_cpus": 0})
    over, failed, problem = False, list[Result](), None
    with tempfile.TemporaryDirectory(prefix="ablate-ray-train-") as folder, ThreadPoolExecutor(1) as thread:
        fit = thread.submit(_trainer(unit, job, resources, queue, folder).fit)
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


def _trainer(unit: Unit, job: Job, resources: Resources, queue: Queue, folder: str) -> TorchTrainer:
    """Where nothing is to be trained only evaluations are left, which are one worker's."""
    trained = TrialStore(job.storage).encoder_path(unit.pretrain_id).exists()
    nothing = trained or not unit.trials[0].config.pretrain.epochs
    each = {"CPU": resources.cpu} | ({"GPU": resources.gpu} if resources.gpu else {})
    return TorchTrainer(
        _work,
        train_loop_config={"unit": unit, "job": job, "queue": queue},
        torch_config=TorchOverNodes(),
        scaling_config=ScalingConfig(
            num_workers=1 if nothing else resources.workers, resources_per_worker=each, use_gpu=resources.gpu > 0
        ),
        run_config=RunConfig(name=uuid.uuid4().hex, storage_path=folder),
    )


def _told(queue: Queue, fit: "Future[Any]") -> Iterator[Told]:
    """Until the training has ended, whether well or not."""
    ended = False
    while not ended:
        ended = fit.done()
        with suppress(Empty):
            while True:
                yield queue.get(timeout=POLL_SECONDS)


def _work(config: dict[str, Any]) -> None:
    """What every worker does."""
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
    """What ends the first worker's unit is no trial's failure where another worker meets it."""
    if isinstance(error, OSError) and is_full(error):
        return disk_full(unit, job, error)
    return error if own_share().leads or ends_unit(error) else failures(unit, error)
