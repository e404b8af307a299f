"""Commands on trained encoders: one is taken out of a storage, or all of a study are scored by another protocol."""

from typing import TYPE_CHECKING, Annotated

import typer

from ablations.cli import completion
from ablations.cli.invocation import interrupt_on_sigterm
from ablations.cli.options import (
    FAILED_TRIALS,
    AddressOption,
    DataOption,
    InlineOption,
    JsonOption,
    NoCodeOption,
    ScaleOption,
    SeedsOption,
    SetOption,
    StorageOption,
    UseOption,
    code_options,
    console,
    errors,
    open_store,
    print_document,
    told,
)
from ablations.cli.printing import print_beginning, print_exported, print_outcomes
from ablations.store.locations import DEFAULT_DATA, DEFAULT_STORAGE
from ablations.types.errors import StudyError
from ablations.types.wording import counted

if TYPE_CHECKING:
    from ablations.planning.best import BestCell
    from ablations.planning.collection_plan import CollectionPlan
    from ablations.store.trial_store import StoredTrial, TrialStore
    from ablations.study.own_code.uses import CodeOptions

TrialArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[TRIAL]",
        help="Id of a trial or of its encoder, or its beginning.",
        autocompletion=completion.trials,
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
    as_json: JsonOption = False,
) -> None:
    """Write the encoder of a trial, or of a study's best cell, to a safetensors file with its configuration.

    An encoder of your own code needs --use for a TRIAL. core.load_encoder reads the file, and so does timm or
    torchvision if the encoder is a model of theirs.
    """
    with told():
        if (trial is None) == (best is None):
            raise StudyError("say whose encoder: TRIAL, or --best STUDY; 'ablate plan STUDY' shows ids")
        store, code = open_store(storage), code_options(use, no_code, storage)
        cell = _best(store, best, scale, assignments or [], code) if best else None
        found = store.recorded(cell.trial_ids[0]) if cell else _trial(store, str(trial), code)
        from ablations.cli.json_documents.export import export_document
        from ablations.store.find_trial import trained_encoder
        from core import export_encoder

        pretrained = trained_encoder(store, found, "cpu")
        export_encoder(pretrained, to)
        written = export_document(found, pretrained, to, str(cell) if cell else None)
        if as_json:
            print_document(written)
        else:
            print_exported(written)


def _trial(store: "TrialStore", start: str, code: "CodeOptions") -> "StoredTrial":
    from ablations.store.find_trial import find_trial
    from ablations.study.own_code.uses import used_by_command

    list(used_by_command(code))
    return find_trial(store, start)


def _best(
    store: "TrialStore", study: str, scale: str | None, assignments: list[str], code: "CodeOptions"
) -> "BestCell":
    from ablations.planning.best import best_stored
    from ablations.study.load import load_study

    return best_stored(load_study(study, scale, assignments, code=code), store)


def rescore(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="A study that was run.", autocompletion=completion.studies)
    ],
    protocol: Annotated[
        str, typer.Option("--protocol", metavar="NAME", help="The evaluation, such as linear_sgd or finetune.")
    ],
    scale: ScaleOption = None,
    assignments: SetOption = None,
    seeds: SeedsOption = None,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    inline: InlineOption = False,
    address: AddressOption = "local",
    use: UseOption = None,
    no_code: NoCodeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Score the encoders of a study by another protocol, and draw the figure. Nothing is trained.

    It is 'ablate run STUDY --set evaluate.protocol=NAME', refused if an encoder is not there. Give the options that the
    study was run with; --set evaluate... sets fields of the protocol.
    """
    with told():
        from ablations.planning.collection_plan import plan_studies
        from ablations.running.run import run_studies
        from ablations.running.schedule import Where
        from ablations.study.collection import load_studies

        settings = [*(assignments or []), f"evaluate.protocol={protocol}"]
        scaled = load_studies(study, scale, settings, seeds, code_options(use, no_code))
        plan = plan_studies(scaled, open_store(storage), data_dir)
        _check_trained(plan, study)
        interrupt_on_sigterm()
        to = errors if as_json else console
        print_beginning(plan, to)
        outcomes = run_studies(plan, Where(storage, data_dir, address, inline), to)
        if as_json:
            from ablations.cli.json_documents.run import run_document

            print_document(run_document(plan.scaled, outcomes))
        else:
            print_outcomes(plan, outcomes, to)
    if not outcomes.complete:
        raise typer.Exit(FAILED_TRIALS)


def _check_trained(plan: "CollectionPlan", study: str) -> None:
    """Raises ``StudyError`` unless all encoders that are left to score are in the storage."""
    left = {unit.pretrain_id: one.trained for one in plan.plans for unit in one.units}
    if lacking := [encoder for encoder, trained in left.items() if encoder not in trained]:
        told = f"{counted(len(lacking), 'encoder')} of {len(left)} to score, such as {lacking[0]}"
        isnt = "is" if len(lacking) == 1 else "are"
        raise StudyError(
            f"{study}: {told}, {isnt} not trained; 'ablate run {study}' with the options that it was run with trains "
            f"{'it' if len(lacking) == 1 else 'them'}"
        )
