"""The command that checks a storage."""

import typer

from ablations.cli.options import StorageOption, console, told
from ablations.store.locations import DEFAULT_STORAGE
from ablations.types.errors import StudyError

DAMAGED = 1
"""Exit code for a storage with files that are not what was written."""


def verify(storage: StorageOption = DEFAULT_STORAGE) -> None:
    """Check that every file of the storage still is what was written; reads each encoder whole."""
    with told():
        from ablations.store.trial_store import TrialStore
        from ablations.store.verification import Verification

        if not storage.exists():
            raise StudyError(f"{storage}: there is no such storage")
        verification, count = Verification(TrialStore(storage)), 0
        for problem in verification.problems():
            console.print(str(problem), style="red")
            count += 1
        looked = f"{verification.trials} trials and {verification.encoders} encoders"
        left = f"{count} files are not" if count else "all files are"
        console.print(f"{looked}: {left} as they were written")
    if count:
        raise typer.Exit(DAMAGED)
