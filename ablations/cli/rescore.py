"""The command that scores trained encoders by another protocol."""

from typing import TYPE_CHECKING, Annotated

import typer

from ablations.cli import completion
from ablations.cli.invocation import interrupt_on_sigterm
from ablations.cli.options import (
    FAILED_TRIALS,
    DataOption,
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
from ablations.cli.printing import print_beginning, print_outcomes
from ablations.store.locations import DEFAULT_DATA, DEFAULT_STORAGE
from ablations.types.errors import StudyError
from ablations.types.wording import counted

if TYPE_CHECKING:
    from ablations.planning.collection_plan import CollectionPlan


def rescore(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="A study that was run.", autocompletion=completion.studies)
    ],
    protocol: Annotated[
        str, typer.Option("--protocol", metavar="NAME", help="The evaluation, such as linear_sgd or finetune.")
    ],
    scale: ScaleOption = None,
    assignments: SetOption = None,
    seeds: Annotated[int | None, typer.Option("--seeds", min=1, max=1000, help="Number of seeds, from 0.")] = None,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    inline: Annotated[bool, typer.Option("--inline", help="Run in this process, without Ray.")] = False,
    address: Annotated[
        str, typer.Option("--address", help="Address of a running Ray cluster: auto, host:port or ray://host:port.")
    ] = "local",
    use: UseOption = None,
    no_code: NoCodeOption = False,
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
        print_beginning(plan, console)
        outcomes = run_studies(plan, Where(storage, data_dir, address, inline), console)
        print_outcomes(plan, outcomes, console)
    if not outcomes.complete:
        raise typer.Exit(FAILED_TRIALS)


def _check_trained(plan: "CollectionPlan", study: str) -> None:
    """Raises ``StudyError`` unless all encoders that are left to score are in the storage."""
    left = {unit.pretrain_id: one.trained for one in plan.plans for unit in one.units}
    if lacking := [encoder for encoder, trained in left.items() if encoder not in trained]:
        told = f"{counted(len(lacking), 'encoder')} of {len(left)} to score, such as {lacking[0]}"
        raise StudyError(f"{study}: {told}, is not trained; 'ablate run {study}' with the same options trains it")
