"""Units that several runs want: each is run by one of them and found in the store by the others."""

import time
from collections.abc import Callable, Sequence

from rich.console import Console

from ablations.store.leases.lease import holder
from ablations.store.trial_store import TrialStore
from ablations.types.events import Ended, Event, Held
from ablations.types.trial import Unit

POLL_SECONDS = 2.0

Listen = Callable[[Event], None]
RunUnits = Callable[[Sequence[Unit], Listen], None]


def share(
    units: Sequence[Unit], run_units: RunUnits, store: TrialStore, owner: str, listen: Listen, console: Console
) -> None:
    """Run the units, those that other runs hold last; by then these have ended them, which ``listen`` is told, have
    left them, or are dead."""
    left = list(units)
    while left:
        if held := _run(left, run_units, listen):
            console.print(f"waiting for {len(held)} trainings that other runs on {store.root} have begun", style="dim")
        left = _wait(held, store, owner, listen)


def _run(units: list[Unit], run_units: RunUnits, listen: Listen) -> list[Unit]:
    """Those that another run holds."""
    held: set[str] = set()

    def hear(event: Event) -> None:
        if isinstance(event, Held):
            held.add(event.pretrain_id)
        listen(event)

    run_units(units, hear)
    return [unit for unit in units if unit.pretrain_id in held]


def _wait(held: list[Unit], store: TrialStore, owner: str, listen: Listen) -> list[Unit]:
    """Until all have ended, or there is one that has not and that no other run holds."""
    while held := [unit for unit in held if not _tell_ended(unit, store, listen)]:
        if any(holder(store, unit.pretrain_id) in (None, owner) for unit in held):
            break
        time.sleep(POLL_SECONDS)
    return held


def _tell_ended(unit: Unit, store: TrialStore, listen: Listen) -> bool:
    ended = store.ended(unit)
    if len(ended) < len(unit.trials):
        return False
    for result in ended:
        listen(Ended(unit.pretrain_id, result))
    return True
