"""The commands that show a study or a collection, and the one that lists them."""

from typing import TYPE_CHECKING, Annotated

import typer

from ablations.cli.options import (
    DataOption,
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
    open_store,
    print_document,
    told,
)
from ablations.cli.printing import print_drawn, print_plan, print_status
from ablations.store.locations import DEFAULT_DATA, DEFAULT_STORAGE
from core.remote import AnyPath

if TYPE_CHECKING:
    from ablations.planning.collection_plan import CollectionPlan
    from ablations.study.own_code.uses import CodeOptions


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
        plan = plan_of(study, scale, assignments, without, seeds, data_dir, storage, code)
        if probed:
            from ablations.running.probe import probe

            for group in plan.groups:
                probe(group, storage, errors if as_json else console)
            # again, since ``resources.pack`` goes by the probe
            plan = plan_of(study, scale, assignments, without, seeds, data_dir, storage, code)
        print_plan(plan, storage, price, as_json)


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
        print_status(plan_of(study, scale, assignments, without, seeds, data_dir, storage, code), storage, as_json)


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


def plan_of(
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
    """The plan of a study or a collection, from the options that all commands on one have in common."""
    from ablations.planning.collection_plan import plan_studies
    from ablations.study.collection import load_studies

    scaled = load_studies(study, scale, assignments or (), seeds, code, without or ())
    return plan_studies(scaled, open_store(storage), data_dir, retry)
