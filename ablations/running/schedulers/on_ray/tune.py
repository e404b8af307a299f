"""Units of work as Ray Tune trials: several at a time, on this machine or on a cluster."""

import pickle
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune import Callback, FailureConfig, ProgressReporter, RunConfig, TuneConfig
from ray.tune.execution.placement_groups import PlacementGroupFactory
from ray.tune.experiment import Trial as TuneTrial
from ray.tune.search import BasicVariantGenerator

from ablations.planning.cost.packing import spread
from ablations.running.job import Job
from ablations.running.schedulers.on_ray.asha import StopsEarly
from ablations.running.schedulers.on_ray.capacity import Capacity, check_capacity, gpus, trials_at_once, whole_device
from ablations.running.schedulers.on_ray.endings import WORKER_DEATHS, Endings
from ablations.running.schedulers.on_ray.forget import NothingPrinted
from ablations.running.schedulers.on_ray.memory_kills import survive_memory_kills
from ablations.running.schedulers.on_ray.order import InOrder
from ablations.running.schedulers.on_ray.private import send_no_secrets
from ablations.running.schedulers.scheduler import Batch
from ablations.store.trial_store import TrialStore
from ablations.study.study import Resources
from ablations.types.events import EpochEnded, Event, Listen
from ablations.types.trial import Unit

EPOCH_SECONDS = 0.5
"""Shortest time between two reported epochs: a report waits for the driver."""
WORK = "work"
"""Key of the pickled work in a Tune trial's configuration, which Tune sends back with every report."""
HEAD: dict[str, float] = {"CPU": 0, "memory": 256 * 2**20}
"""Resources of a trial that waits for several workers: Tune refuses a trial that asks for nothing."""


def fit(batch: Batch, listen: Listen) -> None:
    """Run the batch on the Ray that this process is connected to; see ``Scheduler.run``.

    Raises ``StudyError`` if there will never be room for a unit.
    """
    resources = batch.resources
    resources = whole_device(resources) if batch.alone else spread(resources, len(batch.units), gpus())
    check_capacity(resources)
    survive_memory_kills()
    send_no_secrets()
    batch = replace(batch, job=replace(batch.job, share=resources.share), resources=resources)
    folder = Path(tempfile.mkdtemp(prefix="ablate-ray-"))
    try:
        _tuner(batch, listen, folder).fit()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tuner(batch: Batch, listen: Listen, folder: Path) -> tune.Tuner:
    resources, several = batch.resources, batch.resources.workers > 1
    bundle = HEAD if several else {"CPU": resources.cpu, "GPU": resources.gpu}
    search = BasicVariantGenerator(max_concurrent=1 if batch.alone else trials_at_once(resources) if several else 0)
    callbacks: list[Callback] = [Endings(listen, work_of), NothingPrinted()]
    if several and not batch.alone:
        callbacks.append(Capacity(search, resources))
    return tune.Tuner(
        tune.with_resources(run_on_worker, PlacementGroupFactory([bundle])),
        param_space={WORK: tune.sample_from(work_in_order(batch))},  # type: ignore[arg-type]
        tune_config=TuneConfig(
            num_samples=len(batch.units),
            reuse_actors=True,
            scheduler=StopsEarly(batch.judging) if batch.judging else InOrder(),  # type: ignore[no-untyped-call]
            search_alg=search,
        ),
        run_config=RunConfig(
            name=uuid.uuid4().hex,
            storage_path=str(folder),
            failure_config=FailureConfig(max_failures=WORKER_DEATHS),
            callbacks=callbacks,
            progress_reporter=_Silent(),
            verbose=0,
        ),
    )


def work_in_order(batch: Batch) -> Callable[[], bytes]:
    """A function that returns the work of one unit after the other, each recorded in the store.

    Tune calls it when it makes a trial, some hundreds ahead of those that run. Given a grid, it would make all trials
    before the first runs, and copy the whole grid for each.
    """
    left, store = iter(batch.units), TrialStore(batch.job.storage)

    def next_work() -> bytes:
        unit = next(left)
        store.record(unit)
        return pickle.dumps((unit, batch.job, batch.resources))

    return next_work


def run_on_worker(config: dict[str, Any]) -> None:
    """Run a unit on a worker, and report its events to the driver."""
    from ablations.running.worker import run_unit  # here, since PyTorch comes with it, which the driver does not need
    from core.hardware import cap_memory, hide_gpus

    unit, job, resources = work_of(config)
    if not resources.gpu:
        hide_gpus()  # Ray itself leaves all GPUs of a node visible
    cap_memory(resources.gpu)
    last_epoch = 0.0

    def emit(event: Event) -> None:
        nonlocal last_epoch
        if isinstance(event, EpochEnded):
            if time.monotonic() - last_epoch < EPOCH_SECONDS:
                return
            last_epoch = time.monotonic()
        tune.report({"event": event})

    if resources.workers > 1:
        from ablations.running.schedulers.on_ray.train import run_over_workers

        run_over_workers(unit, job, resources, emit)
    else:
        run_unit(unit, job, emit)


def work_of(config: dict[str, Any]) -> tuple[Unit, Job, Resources]:
    """Unpack the work from a Tune trial\'s configuration."""
    work: tuple[Unit, Job, Resources] = pickle.loads(config[WORK])
    return work


class _Silent(ProgressReporter):
    def should_report(self, trials: list[TuneTrial], done: bool = False) -> bool:
        return False

    def report(self, trials: list[TuneTrial], done: bool, *sys_info: str) -> None:
        pass
