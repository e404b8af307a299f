"""The command that runs a study or a collection."""

from typing import Annotated, Literal

import typer

from ablations.cli.commands.studies import plan_of
from ablations.cli.invocation import interrupt_on_sigterm
from ablations.cli.options import (
    FAILED_TRIALS,
    SILENT,
    AddressOption,
    DataOption,
    InlineOption,
    JsonOption,
    NoCodeOption,
    ScaleOption,
    SeedsOption,
    SetOption,
    StorageOption,
    StudyArgument,
    UseOption,
    WithoutOption,
    code_options,
    console,
    errors,
    print_document,
    print_without,
    told,
)
from ablations.cli.printing import print_beginning, print_outcomes, print_plan, print_trouble
from ablations.store.locations import DEFAULT_DATA, DEFAULT_STORAGE
from ablations.types.failures import Kind

Retry = Literal["failed", Kind]
"""Trials with a result that are run again: all failed ones, or those of one kind of failure."""


def run(
    study: StudyArgument,
    scale: ScaleOption = None,
    assignments: SetOption = None,
    without: WithoutOption = None,
    seeds: SeedsOption = None,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and stop.")] = False,
    inline: InlineOption = False,
    address: AddressOption = "local",
    until_decided: Annotated[
        bool,
        typer.Option(
            "--until-decided",
            help="Look at the claims after 3, 5 and --max-seeds seeds; those that are not decided get more.",
        ),
    ] = False,
    most_seeds: Annotated[
        int, typer.Option("--max-seeds", min=3, max=1000, help="Seeds of the last look with --until-decided.")
    ] = 10,
    retry: Annotated[
        Retry | None, typer.Option("--retry", help="Run failed trials again: all, or those of one kind.")
    ] = None,
    retrain_old: Annotated[
        bool,
        typer.Option("--retrain-old", help="Train again what is older than fingerprints of images, on image folders."),
    ] = False,
    log_models: Annotated[
        bool, typer.Option("--log-models", help="Write encoders to MLflow as logged models, weights included.")
    ] = False,
    system_metrics: Annotated[
        bool, typer.Option("--system-metrics", help="Write processor, memory, network and GPU to MLflow.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but what went wrong, on stderr.")] = False,
    use: UseOption = None,
    no_code: NoCodeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run what is left of a study, log it to MLflow and draw its figure. Run it again to continue."""
    with told():
        code = code_options(use, no_code)
        plan = plan_of(study, scale, assignments, without, seeds, data_dir, storage, code, retry)
        if dry_run:
            print_plan(plan, storage, None, as_json)
            return
        from ablations.running.own_images.copy_unknown import copy_unknown
        from ablations.running.own_images.old_results import take_over
        from ablations.running.run import run_studies
        from ablations.running.schedule import Where
        from ablations.store.trial_store import TrialStore
        from ablations.tracking.on_request import Extras

        interrupt_on_sigterm()
        to = SILENT if quiet else errors if as_json else console
        if copy_unknown(plan, data_dir, lambda text: to.print(text, style="dim")):
            plan = plan_of(study, scale, assignments, without, seeds, data_dir, storage, code, retry)
        if taken := take_over(plan, TrialStore(storage), data_dir, retrain_old):
            errors.print(f"note: {taken}", style="yellow", highlight=False)
            plan = plan_of(study, scale, assignments, without, seeds, data_dir, storage, code, retry)
        if not quiet:
            print_beginning(plan, to)
        where = Where(storage, data_dir, address, inline)
        extras = Extras(log_models, system_metrics)
        outcomes = run_studies(plan, where, to, most_seeds if until_decided else None, extras)
        if as_json:
            from ablations.cli.json_documents.run import run_document

            print_document(run_document(plan.scaled, outcomes))
        else:
            print_outcomes(plan, outcomes, to)
        for name, outcome in outcomes.by_study.items():
            if outcome.unlogged:
                errors.print(f"{name}: not logged: {outcome.unlogged}", style="red", highlight=False)
        for name, problem in outcomes.unable.items():
            errors.print(f"{name}: not completed: {problem}", style="red")
        if outcomes.unable and not plan.scaled.is_one_study:
            print_without(outcomes.unable)
        if quiet:
            print_trouble(outcomes, storage)
    if not outcomes.complete:
        raise typer.Exit(FAILED_TRIALS)
