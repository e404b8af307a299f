"""The command that checks a storage."""

import typer

from ablations.cli.options import StorageOption, console, told
from ablations.store.locations import DEFAULT_STORAGE
from ablations.types.errors import StudyError
from ablations.types.wording import counted

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
        looked = f"{counted(verification.trials, 'trial')} and {counted(verification.encoders, 'encoder')}"
        left = f"{counted(count, 'file')} changed since written" if count else "all files are as they were written"
        console.print(f"{looked}: {left}")
    if count:
        raise typer.Exit(DAMAGED)
