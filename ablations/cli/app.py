"""The commands. Nothing heavy is imported before the arguments and the study are known to be good."""

import os
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ablations.cli import check_data, completion, encoder_commands, file_commands, storage_commands
from ablations.cli.doctor import doctor
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
    UseOption,
    WithoutOption,
    code_options,
    console,
    errors,
    open_store,
    print_document,
    print_without,
    told,
)
from ablations.cli.printing import (
    print_beginning,
    print_drawn,
    print_outcomes,
    print_plan,
    print_status,
    print_trouble,
)
from ablations.cli.verify import verify
from ablations.store.locations import DEFAULT_DATA, DEFAULT_STORAGE
from ablations.types.failures import Kind
from core.remote import AnyPath

if TYPE_CHECKING:
    from ablations.planning.collection_plan import CollectionPlan
    from ablations.study.own_code.uses import CodeOptions

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def print_version(wanted: bool) -> None:
    """Print the version and end, if ``--version`` is given."""
    if wanted:
        from ablations.tracking.provenance import package_version

        console.print(f"ablate {package_version()}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and exit.")
]


@app.callback()
def options(version: VersionOption = False) -> None:
    """Ablations of contrastive learning: studies in, the paper's figures out."""


Retry = Literal["failed", Kind]
"""Trials with a result that are run again: all failed ones, or those of one kind of failure."""


StudyArgument = Annotated[
    str,
    typer.Argument(
        metavar="STUDY",
        help="A study file, or the name of a study; see list. Or a collection of studies, such as paper.",
        autocompletion=completion.studies,
    ),
]


@app.command()
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
        plan = _plan(study, scale, assignments, without, seeds, data_dir, storage, code, retry)
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
            plan = _plan(study, scale, assignments, without, seeds, data_dir, storage, code, retry)
        if taken := take_over(plan, TrialStore(storage), data_dir, retrain_old):
            errors.print(f"note: {taken}", style="yellow", highlight=False)
            plan = _plan(study, scale, assignments, without, seeds, data_dir, storage, code, retry)
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


@app.command()
def plan(
    study: StudyArgument,
    scale: ScaleOption = None,
    assignments: SetOption = None,
    without: WithoutOption = None,
    seeds: SeedsOption = None,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    price: Annotated[
        float | None, typer.Option("--price", min=0, help="Price of an hour of a GPU, or of one trial's cores.")
    ] = None,
    probed: Annotated[bool, typer.Option("--probe", help="Time a few steps of what was never measured here.")] = False,
    use: UseOption = None,
    no_code: NoCodeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show a study's trials and what they cost, without running any."""
    with told():
        code = code_options(use, no_code)
        plan = _plan(study, scale, assignments, without, seeds, data_dir, storage, code)
        if probed:
            from ablations.running.probe import probe

            for group in plan.groups:
                probe(group, storage, errors if as_json else console)
            # again, since ``resources.pack`` goes by the probe
            plan = _plan(study, scale, assignments, without, seeds, data_dir, storage, code)
        print_plan(plan, storage, price, as_json)


@app.command()
def status(
    study: StudyArgument,
    scale: ScaleOption = None,
    assignments: SetOption = None,
    without: WithoutOption = None,
    seeds: SeedsOption = None,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    use: UseOption = None,
    no_code: NoCodeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show how far a study has come: failures, best cell and verdicts."""
    with told():
        code = code_options(use, no_code, storage)
        print_status(_plan(study, scale, assignments, without, seeds, data_dir, storage, code), storage, as_json)


@app.command()
def report(
    study: StudyArgument,
    scale: ScaleOption = None,
    assignments: SetOption = None,
    without: WithoutOption = None,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    use: UseOption = None,
    no_code: NoCodeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Draw what MLflow has of a study, finished or not. Give the scale and the overrides that it was run with."""
    with told():
        from ablations.study.collection import load_studies
        from ablations.tracking.collection_report import draw_studies

        code = code_options(use, no_code, storage)
        scaled = load_studies(study, scale, assignments or (), code=code, without=without or ())
        open_store(storage)
        drawn = draw_studies(scaled, storage, errors, data_dir)
        if as_json:
            from ablations.cli.json_documents.report import report_document

            print_document(report_document(scaled, drawn))
        else:
            print_drawn(drawn, scaled.is_one_study)


@app.command()
def ui(
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 5000,
    host: Annotated[str, typer.Option("--host", help="Address to serve on; loopback by default.")] = "127.0.0.1",
) -> None:
    """Open the MLflow UI on the runs of this folder. Or on those of MLFLOW_TRACKING_URI, if that is set."""
    with told():
        from ablations.tracking.connection.ui import serve

        serve(host, port, console)


@app.command(name="list")
def list_studies(
    scale: ScaleOption = None,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    as_json: JsonOption = False,
) -> None:
    """List all studies, how far they have come and what is left. The shipped ones, and those in ./studies."""
    with told():
        from ablations.cli.overview import overview
        from ablations.cli.tables import studies_table

        open_store(storage)
        listed = overview(scale, storage, data_dir)
        if as_json:
            print_document(listed)
        else:
            console.print(studies_table(listed))
            console.print(f"several studies together: {', '.join(listed.collections)}", style="dim")


for command in (
    file_commands.new,
    check_data.data,
    storage_commands.show,
    storage_commands.look,
    encoder_commands.export,
    encoder_commands.rescore,
    storage_commands.diff,
    storage_commands.rm,
    storage_commands.gc,
    verify,
    doctor,
    file_commands.schema,
):
    app.command()(command)


def main() -> None:
    """The entry point of ``ablate``."""
    os.environ["MPLBACKEND"] = "agg"  # figures are files here, whatever a shell or a notebook has set
    app()


def _plan(
    study: str,
    scale: str | None,
    assignments: list[str] | None,
    without: list[str] | None,
    seeds: int | None,
    data_dir: AnyPath,
    storage: AnyPath,
    code: "CodeOptions",
    retry: str | None = None,
) -> "CollectionPlan":
    from ablations.planning.collection_plan import plan_studies
    from ablations.study.collection import load_studies

    scaled = load_studies(study, scale, assignments or (), seeds, code, without or ())
    return plan_studies(scaled, open_store(storage), data_dir, retry)
