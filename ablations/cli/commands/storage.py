"""Commands on a storage rather than on a study."""

from typing import TYPE_CHECKING, Annotated

import typer

from ablations.cli import completion
from ablations.cli.options import (
    DataOption,
    JsonOption,
    NoCodeOption,
    ScaleOption,
    SetOption,
    StorageOption,
    UseOption,
    check_there,
    code_options,
    console,
    errors,
    open_store,
    print_document,
    told,
)
from ablations.store.locations import DEFAULT_DATA, DEFAULT_STORAGE

if TYPE_CHECKING:
    from ablations.store.leases.lock import StillAlone
    from ablations.store.upkeep.cleaning import Cleaning

TrialArgument = Annotated[
    str,
    typer.Argument(
        metavar="TRIAL",
        help="Id of a trial or of its encoder, or its beginning.",
        autocompletion=completion.trials,
    ),
]
StudyOption = Annotated[
    str | None,
    typer.Option("--study", metavar="STUDY", help="Study that has the trial.", autocompletion=completion.studies),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Remove without asking.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")]
MEGABYTE = 1e6


def show(
    trial: TrialArgument,
    study: StudyOption = None,
    scale: ScaleOption = None,
    assignments: SetOption = None,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    use: UseOption = None,
    no_code: NoCodeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show a trial's configuration, curve, result and, if it failed, its traceback.

    A trial that never ran is shown as its study plans it, with where each value comes from; so is any with --study.
    """
    with told():
        from ablations.cli import trial_view as inspection
        from ablations.planning.own_images.fingerprints import Folders

        store = open_store(storage)
        code = code_options(use, no_code, storage)
        folders = Folders(data_dir, storage)
        stored, planned = inspection.stored_or_planned(store, trial, study, scale, assignments or (), code, folders)
        if as_json:
            from ablations.cli.json_documents.show import show_document

            print_document(show_document(store, stored, planned))
        else:
            console.print(inspection.show(store, stored, planned))


def look(
    trial: TrialArgument,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    use: UseOption = None,
) -> None:
    """Draw h and z of a trial: a t-SNE of test images, and the nearest training images of some. Nothing is trained. An
    encoder of your own code needs --use."""
    with told():
        from ablations.store.find_trial import find_trial
        from ablations.store.locations import reports_folder
        from ablations.study.own_code.uses import used_by_command
        from ablations.tracking.training.representations import draw_representations

        store = open_store(storage)
        list(used_by_command(code_options(use, no_code=False, storage=storage)))
        found = find_trial(store, trial)
        folder = reports_folder(storage) / "trials" / found.id
        for path in draw_representations(store, found, data_dir, folder, errors.print):
            console.print(str(path), highlight=False, soft_wrap=True)


def diff(
    one: TrialArgument,
    other: TrialArgument,
    storage: StorageOption = DEFAULT_STORAGE,
    as_json: JsonOption = False,
) -> None:
    """Show the differences of two trials, in configuration and in result."""
    with told():
        from ablations.cli import trial_view as inspection
        from ablations.store.find_trial import find_trial

        store = open_store(storage)
        first, second = (find_trial(store, start) for start in (one, other))
        if as_json:
            from ablations.cli.json_documents.diff import diff_document

            print_document(diff_document(first, second))
        else:
            console.print(inspection.compare(first, second))


def rm(
    trial: TrialArgument,
    storage: StorageOption = DEFAULT_STORAGE,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Remove a trial from the storage, and its encoder if no other trial needs it. MLflow keeps its run."""
    with told():
        from ablations.store.find_trial import find_trial
        from ablations.store.leases.live_run import alone
        from ablations.store.upkeep.cleaning import of_trial

        check_there(storage)
        store = open_store(storage)
        with alone(storage) as still:
            _clean(of_trial(store, find_trial(store, trial)), yes, dry_run, still)


def gc(storage: StorageOption = DEFAULT_STORAGE, yes: YesOption = False, dry_run: DryRunOption = False) -> None:
    """Remove what no trial needs: encoders without a trial, checkpoints of trainings that are done, unfinished files.
    While the configuration of a trial cannot be read, every encoder stays."""
    with told():
        from ablations.store.leases.live_run import alone
        from ablations.store.upkeep.cleaning import unneeded

        check_there(storage)
        store = open_store(storage)
        with alone(storage) as still:
            _clean(unneeded(store), yes, dry_run, still)


def _clean(cleaning: "Cleaning", yes: bool, dry_run: bool, still: "StillAlone") -> None:
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
