"""Commands on a storage rather than on a study."""

from typing import TYPE_CHECKING, Annotated

import typer

from ablations import completion
from ablations.cli_base import (
    DEFAULT_STORAGE,
    JsonOption,
    StorageOption,
    console,
    errors,
    open_store,
    print_document,
    told,
)

if TYPE_CHECKING:
    from ablations.cleaning import Cleaning
    from ablations.turns import Still

TrialArgument = Annotated[
    str,
    typer.Argument(
        metavar="TRIAL", help="The id of a trial, or the beginning of one.", autocompletion=completion.trials
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Remove without asking.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")]
MEGABYTE = 1e6


def show(trial: TrialArgument, storage: StorageOption = DEFAULT_STORAGE, as_json: JsonOption = False) -> None:
    """A trial's configuration, curve, result and, where it failed, its traceback."""
    with told():
        from ablations import inspection

        store = open_store(storage)
        stored = inspection.find_trial(store, trial)
        if as_json:
            from ablations.machine import show_document

            print_document(show_document(store, stored))
        else:
            console.print(inspection.show(store, stored))


def diff(
    one: TrialArgument,
    other: TrialArgument,
    storage: StorageOption = DEFAULT_STORAGE,
    as_json: JsonOption = False,
) -> None:
    """What differs between two trials, in configuration and in result."""
    with told():
        from ablations import inspection

        store = open_store(storage)
        first, second = (inspection.find_trial(store, start) for start in (one, other))
        if as_json:
            from ablations.machine import diff_document

            print_document(diff_document(first, second))
        else:
            console.print(inspection.compare(first, second))


def rm(
    trial: TrialArgument,
    storage: StorageOption = DEFAULT_STORAGE,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Remove a trial from the storage, and its encoder where no other trial is of it. MLflow keeps its run."""
    with told():
        from ablations.cleaning import of_trial
        from ablations.inspection import find_trial
        from ablations.live import alone

        store = open_store(storage)
        with alone(storage) as still:
            _clean(of_trial(store, find_trial(store, trial)), yes, dry_run, still)


def gc(storage: StorageOption = DEFAULT_STORAGE, yes: YesOption = False, dry_run: DryRunOption = False) -> None:
    """Remove what no trial needs: encoders of none, checkpoints of trainings that are done, unfinished files. While the
    configuration of a trial cannot be read, every encoder stays."""
    with told():
        from ablations.cleaning import unneeded
        from ablations.live import alone

        store = open_store(storage)
        with alone(storage) as still:
            _clean(unneeded(store), yes, dry_run, still)


def _clean(cleaning: "Cleaning", yes: bool, dry_run: bool, still: "Still") -> None:
    rubbish = cleaning.rubbish
    for sentence in cleaning.kept:
        errors.print(sentence, style="yellow", highlight=False)
    if not rubbish:
        console.print("nothing to remove")
        return
    for piece in rubbish:
        console.print(f"{piece.size / MEGABYTE:10.1f} MB  {piece.path}  ({piece.reason})", highlight=False)
    total = sum(piece.size for piece in rubbish) / MEGABYTE
    if dry_run or (not yes and not typer.confirm(f"Remove {total:,.1f} MB?")):
        console.print("nothing was removed")
        return
    for piece in rubbish:
        still()  # the answer may have taken its time
        piece.remove()
    console.print(f"removed {total:,.1f} MB", highlight=False)
