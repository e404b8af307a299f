"""The command that takes an encoder out of a storage."""

from typing import TYPE_CHECKING, Annotated

import typer

from ablations.cli import completion
from ablations.cli.options import (
    NoCodeOption,
    ScaleOption,
    SetOption,
    StorageOption,
    UseOption,
    code_options,
    console,
    open_store,
    told,
)
from ablations.store.locations import DEFAULT_STORAGE
from ablations.types.errors import StudyError

if TYPE_CHECKING:
    from ablations.store.trial_store import StoredTrial, TrialStore
    from ablations.study.own_code.uses import CodeOptions

TrialArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[TRIAL]", help="The id of a trial, or the beginning of one.", autocompletion=completion.trials
    ),
]


def export(
    trial: TrialArgument = None,
    to: Annotated[
        str, typer.Option("--to", metavar="FILE", help="The safetensors file to write.")
    ] = "encoder.safetensors",
    best: Annotated[
        str | None,
        typer.Option(
            "--best",
            metavar="STUDY",
            help="Take the best cell of a study, and its first seed.",
            autocompletion=completion.studies,
        ),
    ] = None,
    scale: ScaleOption = None,
    assignments: SetOption = None,
    storage: StorageOption = DEFAULT_STORAGE,
    use: UseOption = None,
    no_code: NoCodeOption = False,
) -> None:
    """Write the encoder of a trial, or of a study's best cell, to a safetensors file with its configuration.

    An encoder of your own code needs --use for a TRIAL. core.load_encoder reads the file.
    """
    with told():
        if (trial is None) == (best is None):
            raise StudyError("say whose encoder: TRIAL, or --best STUDY; 'ablate plan STUDY' shows ids")
        store, code = open_store(storage), code_options(use, no_code, storage)
        found = _best(store, best, scale, assignments or [], code) if best else _trial(store, str(trial), code)
        from ablations.store.encoders import trained_encoder
        from core import export_encoder

        pretrained = trained_encoder(store, found, "cpu")
        export_encoder(pretrained, to)
        encoder = pretrained.config.encoder
        console.print(f"wrote {to}: encoder {found.pretrain_id} of trial {found.id}, {encoder.output} features")
        if not pretrained.encoder.unlike_torchvision():
            console.print("its tensors have the names of torchvision's model, which lacks only the fc")
        console.print(f"read it with core.load_encoder({to!r}); views are in [0, 1], without a mean and deviation")


def _trial(store: "TrialStore", start: str, code: "CodeOptions") -> "StoredTrial":
    from ablations.cli.trial_view import find_trial
    from ablations.study.own_code.uses import used_by_command

    list(used_by_command(code))
    return find_trial(store, start)


def _best(
    store: "TrialStore", study: str, scale: str | None, assignments: list[str], code: "CodeOptions"
) -> "StoredTrial":
    from ablations.planning.best import best_stored
    from ablations.study.load import load_study

    cell = best_stored(load_study(study, scale, assignments, code=code), store)
    console.print(f"the best cell: {cell}")
    return store.recorded(cell.trial_ids[0])
