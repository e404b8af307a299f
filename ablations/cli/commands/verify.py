"""The command that checks a storage."""

import typer

from ablations.cli.options import StorageOption, UseOption, check_there, code_options, console, errors, told
from ablations.store.locations import DEFAULT_STORAGE
from ablations.types.wording import counted

DAMAGED = 1
"""Exit code for a storage with files that are not what was written."""


def verify(storage: StorageOption = DEFAULT_STORAGE, use: UseOption = None) -> None:
    """Check that every file of the storage still is what was written; reads each encoder whole. An encoder of your own
    code is read with --use alone: nothing that the storage keeps is run."""
    with told():
        from ablations.store.kept_code import FOLDER
        from ablations.store.trial_store import TrialStore
        from ablations.store.upkeep.verification import Verification
        from ablations.study.own_code.uses import used_by_command

        check_there(storage)
        list(used_by_command(code_options(use, no_code=False)))
        verification, count = Verification(TrialStore(storage)), 0
        for problem in verification.problems():
            console.print(str(problem), style="red")
            count += 1
        looked = f"{counted(verification.trials, 'trial')} and {counted(verification.encoders, 'encoder')}"
        left = f"{counted(count, 'file')} changed since written" if count else "all files are as they were written"
        console.print(f"{looked}: {left}")
        for hash_, encoders in verification.lacking.items():
            told_of = f"{counted(encoders, 'encoder')} not read: the code {hash_} is needed"
            errors.print(f"note: {told_of}, which --use FILE gives; {storage / FOLDER} has its text", style="yellow")
    if count:
        raise typer.Exit(DAMAGED)
