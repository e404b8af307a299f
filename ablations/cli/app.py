"""The command line. Nothing heavy is imported before the arguments and the study are known to be good."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer
from rich.console import Console

from ablations.cli import collection_commands as cli_collection
from ablations.cli import completion
from ablations.cli import file_commands as cli_files
from ablations.cli import storage_commands as cli_store
from ablations.cli.collection_commands import Asked
from ablations.cli.invocation import again
from ablations.cli.options import (
    DEFAULT_DATA,
    DEFAULT_STORAGE,
    SILENT,
    DataOption,
    JsonOption,
    StorageOption,
    console,
    errors,
    open_store,
    print_document,
    print_trouble,
    told,
)
from ablations.study.library import find_collection
from ablations.types.failures import Kind
from core.remote import AnyPath

if TYPE_CHECKING:
    from ablations.planning.plan import Plan
    from ablations.running.run import Outcome

FAILED_TRIALS = 1

app = typer.Typer(
    help="Ablations of contrastive learning: studies in, the paper's figures out.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Retry = Literal["failed", Kind]
"""Which trials with a result are run again."""


StudyArgument = Annotated[
    str,
    typer.Argument(
        metavar="STUDY",
        help="A study file, or the name of a study; see list. Or a collection of studies, such as paper.",
        autocompletion=completion.studies,
    ),
]
ScaleOption = Annotated[
    str | None,
    typer.Option("--scale", help="quick (default), laptop, cifar10 or imagenet.", autocompletion=completion.scales),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Override a setting, an axis' values or what a trial occupies (resources.gpu=0.25); repeatable.",
        autocompletion=completion.assignments,
    ),
]
SeedsOption = Annotated[int | None, typer.Option("--seeds", min=1, max=1000, help="How many seeds, from 0.")]


@app.command()
def run(
    study: StudyArgument,
    scale: ScaleOption = None,
    assignments: SetOption = None,
    seeds: SeedsOption = None,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and stop.")] = False,
    inline: Annotated[bool, typer.Option("--inline", help="In this process, without Ray.")] = False,
    address: Annotated[
        str, typer.Option("--address", help="Of a running Ray cluster: auto, host:port or ray://host:port.")
    ] = "local",
    until_decided: Annotated[
        bool, typer.Option("--until-decided", help="Add seeds to the cells of claims that are not decided.")
    ] = False,
    most_seeds: Annotated[int, typer.Option("--max-seeds", min=2, max=1000, help="Where --until-decided ends.")] = 10,
    retry: Annotated[
        Retry | None, typer.Option("--retry", help="Run failed trials again: all, or those of one kind.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but what went wrong, on stderr.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run what is left of a study, log it to MLflow and draw its figure. Run it again to continue."""
    with told():
        if path := find_collection(study):
            plans = Asked(path, scale, assignments or (), seeds).plan(storage, data_dir, retry)
            if dry_run:
                cli_collection.show_plan(plans, storage, as_json=as_json)
                return
            from ablations.running.run import Where

            signal.signal(signal.SIGTERM, _interrupt)
            most, where = most_seeds if until_decided else None, Where(storage, data_dir, address, inline)
            if not cli_collection.run(plans, where, most, quiet, as_json):
                raise typer.Exit(FAILED_TRIALS)
            return
        plan = _plan(study, scale, assignments, seeds, data_dir, storage, retry)
        if dry_run:
            _print_plan(plan, storage, None, as_json)
            return
        from ablations.running.run import Where, run_plan
        from ablations.running.until_decided import run_until_decided

        signal.signal(signal.SIGTERM, _interrupt)
        told_to = SILENT if quiet else errors if as_json else console
        _print_heading(plan, told_to)
        if not quiet:
            _print_warnings(plan)
        where = Where(storage, data_dir, address, inline)
        outcome = (
            run_until_decided(plan, where, told_to, most_seeds) if until_decided else run_plan(plan, where, told_to)
        )
        if as_json:
            from ablations.cli.to_documents import run_document

            print_document(run_document(plan.scaled, outcome))
        else:
            _print_outcome(outcome, told_to)
        if quiet:
            print_trouble([outcome], storage)
    if outcome.failed or outcome.left:
        raise typer.Exit(FAILED_TRIALS)


@app.command()
def plan(
    study: StudyArgument,
    scale: ScaleOption = None,
    assignments: SetOption = None,
    seeds: SeedsOption = None,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    price: Annotated[
        float | None, typer.Option("--price", min=0, help="Of an hour of a GPU, or of one trial's cores.")
    ] = None,
    probed: Annotated[bool, typer.Option("--probe", help="Time a few steps of what was never measured here.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a study and show its trials and what they cost, without running any."""
    with told():
        if path := find_collection(study):
            asked = Asked(path, scale, assignments or (), seeds)
            if probed:
                cli_collection.probe_groups(asked.plan(storage, data_dir), storage, as_json)
            cli_collection.show_plan(asked.plan(storage, data_dir), storage, price, as_json)
            return
        plan = _plan(study, scale, assignments, seeds, data_dir, storage)
        if probed:
            from ablations.running.probe import probe

            probe(plan, storage, errors if as_json else console)
            plan = _plan(study, scale, assignments, seeds, data_dir, storage)  # ``resources.pack`` goes by it
        _print_plan(plan, storage, price, as_json)


@app.command()
def status(
    study: StudyArgument,
    scale: ScaleOption = None,
    assignments: SetOption = None,
    seeds: SeedsOption = None,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    as_json: JsonOption = False,
) -> None:
    """How far a study has come, and why trials failed."""
    with told():
        if path := find_collection(study):
            plans = Asked(path, scale, assignments or (), seeds).plan(storage, data_dir)
            cli_collection.show_status(plans, storage, as_json)
            return
        from ablations.cli.tables import status_table
        from ablations.cli.to_documents import status_document

        plan = _plan(study, scale, assignments, seeds, data_dir, storage)
        if as_json:
            print_document(status_document(plan, storage))
            return
        _print_heading(plan, console)
        console.print(status_table(plan, storage))


@app.command()
def report(
    study: StudyArgument,
    scale: ScaleOption = None,
    assignments: SetOption = None,
    storage: StorageOption = DEFAULT_STORAGE,
    as_json: JsonOption = False,
) -> None:
    """Draw what MLflow has of a study, finished or not. Scale and overrides as it was run with."""
    with told():
        if path := find_collection(study):
            cli_collection.report(Asked(path, scale, assignments or ()).load(), storage, as_json)
            return
        from ablations.cli.to_documents import report_document
        from ablations.study.load import load_study
        from ablations.tracking.report import draw_report

        scaled = load_study(study, scale, assignments or ())
        open_store(storage)
        drawn = draw_report(scaled.study.name, scaled.label, storage)
        if as_json:
            print_document(report_document(scaled, drawn))
            return
    _print_files(console, drawn.figure, drawn.page, *drawn.pictures)


@app.command()
def ui(
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 5000,
    host: Annotated[str, typer.Option("--host", help="Loopback unless told otherwise.")] = "127.0.0.1",
) -> None:
    """Open the MLflow UI on the runs of this folder, or of MLFLOW_TRACKING_URI."""
    with told():
        from ablations.tracking.ui import serve

        serve(host, port, console)


@app.command(name="list")
def list_studies(
    scale: ScaleOption = None,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    as_json: JsonOption = False,
) -> None:
    """The shipped studies and those in ./studies: what they reproduce, how far they have come, what is left."""
    with told():
        from ablations.cli.overview import overview
        from ablations.cli.tables import studies_table

        open_store(storage)
        listed = overview(scale, storage, data_dir)
        if as_json:
            print_document(listed)
        else:
            console.print(studies_table(listed))
            console.print(f"several studies together: {', '.join(listed.collections)}", style="dim", highlight=False)


for command in (cli_files.new, cli_store.show, cli_store.diff, cli_store.rm, cli_store.gc, cli_files.schema):
    app.command()(command)


def main() -> None:
    app()


def _plan(
    study: str,
    scale: str | None,
    assignments: list[str] | None,
    seeds: int | None,
    data_dir: AnyPath,
    storage: AnyPath,
    retry: str | None = None,
) -> "Plan":
    from ablations.planning.plan import make_plan
    from ablations.study.load import load_study

    scaled = load_study(study, scale, assignments or (), seeds)
    return make_plan(scaled, open_store(storage), data_dir, retry)


def _print_heading(plan: "Plan", told_to: Console) -> None:
    from ablations.cli.tables import heading

    told_to.print(heading(plan), highlight=False)


def _print_plan(plan: "Plan", storage: AnyPath, price: float | None, as_json: bool) -> None:
    from ablations.cli.tables import plan_table
    from ablations.cli.to_documents import plan_document
    from ablations.planning.estimate_text import estimate_text

    if as_json:
        print_document(plan_document(plan, storage, price))
        return
    _print_heading(plan, console)
    console.print(plan_table(plan))
    console.print(estimate_text(plan, storage, price), highlight=False)
    _print_warnings(plan)


def _print_warnings(plan: "Plan") -> None:
    from ablations.planning.lint import warnings

    for warning in warnings(plan):
        errors.print(f"note: {warning}", style="yellow", highlight=False)


def _print_outcome(outcome: "Outcome", told_to: Console) -> None:
    told_to.print(str(outcome), highlight=False)
    if outcome.drawn:
        for verdict in outcome.drawn.verdicts:
            told_to.print(f"{verdict.word:9}  {verdict.claim.says} ({verdict.reason})", highlight=False)
        _print_files(told_to, outcome.drawn.figure, outcome.drawn.page, *outcome.drawn.pictures)
        told_to.print(f"MLflow  {again('ui')}", highlight=False)


def _print_files(told_to: Console, figure: Path, page: Path, *pictures: Path) -> None:
    lines = [f"figure  {figure}", *(f"picture {picture}" for picture in pictures), f"page    {page}"]
    told_to.print("\n".join(lines), highlight=False)


def _interrupt(signum: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
