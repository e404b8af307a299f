"""Units that several runs want: one of them runs each, and the others find its results in the store."""

import time
from collections.abc import Callable, Sequence

from rich.console import Console

from ablations.store.leases.lease import holder
from ablations.store.trial_store import TrialStore
from ablations.types.events import Event, Held, Listen, TrialEnded
from ablations.types.trial import Unit

POLL_SECONDS = 2.0

RunUnits = Callable[[Sequence[Unit], Listen], None]
"""A function that runs units and reports their events."""


def run_shared(
    units: Sequence[Unit], run_units: RunUnits, store: TrialStore, owner: str, listen: Listen, console: Console
) -> None:
    """Run the units; those that other runs hold come last.

    A unit that another run has ended is only reported. A unit that its run has given up, or whose run is dead, is run.
    """
    left = list(units)
    while left:
        if held := _run(left, run_units, listen):
            console.print(f"waiting for {len(held)} trainings that other runs on {store.root} have begun", style="dim")
        left = _wait(held, store, owner, listen)


def _run(units: list[Unit], run_units: RunUnits, listen: Listen) -> list[Unit]:
    """Run the units; returns those that another run holds."""
    held: set[str] = set()

    def hear(event: Event) -> None:
        if isinstance(event, Held):
            held.add(event.pretrain_id)
        listen(event)

    run_units(units, hear)
    return [unit for unit in units if unit.pretrain_id in held]


def _wait(held: list[Unit], store: TrialStore, owner: str, listen: Listen) -> list[Unit]:
    """Wait until all have ended, or one is left that no other run holds; returns the units that have not ended.

    Results are only read once a unit is let go: to read those of all units costs an object store many requests.
    """
    while held:
        free = [unit for unit in held if holder(store, unit.pretrain_id) in (None, owner)]
        ended = {unit.pretrain_id for unit in free if _tell_ended(unit, store, listen)}
        held = [unit for unit in held if unit.pretrain_id not in ended]
        if len(ended) < len(free):
            break
        if held:
            time.sleep(POLL_SECONDS)
    return held


def _tell_ended(unit: Unit, store: TrialStore, listen: Listen) -> bool:
    ended = store.ended(unit)
    if len(ended) < len(unit.trials):
        return False
    for result in ended:
        listen(TrialEnded(unit.pretrain_id, result))
    return True
