"""Prints the results of commands on studies, for people (text) and for machines (one JSON document)."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ablations.cli.invocation import again
from ablations.cli.options import console, errors, print_document, print_without
from ablations.types.wording import listed
from core.remote import AnyPath

if TYPE_CHECKING:
    from ablations.cli.json_documents.export import ExportDocument
    from ablations.planning.collection_plan import CollectionPlan
    from ablations.planning.plan import Plan
    from ablations.running.outcome import Outcome, Outcomes
    from ablations.tracking.collection_report import DrawnStudies, DrawnTogether
    from ablations.tracking.report import DrawnReport

WORD = 13
"""Characters of the longest verdict, NO DIFFERENCE."""
FEW_NAMES = 3
"""Studies that a note names; more are counted."""


def print_plan(plan: "CollectionPlan", storage: AnyPath, price: float | None, as_json: bool) -> None:
    """Print a plan: the trials that would run, their cost, and a reviewer's questions."""
    if as_json:
        from ablations.cli.json_documents.plan import plan_document

        print_document(plan_document(plan, storage, price))
        return
    from ablations.cli.tables import heading, plan_table
    from ablations.planning.cost.estimate_text import cost_text

    console.print(heading(plan))
    console.print(plan_table(plan))
    console.print(cost_text(plan.groups, storage, price))
    print_warnings(plan)
    if plan.unable:
        print_without(plan.unable)


def print_exported(written: "ExportDocument") -> None:
    """Print which encoder was exported, and how to read it."""
    if written.cell:
        console.print(f"the best cell: {written.cell}")
    features = f"{written.features} features"
    console.print(f"wrote {written.file}: encoder {written.encoder} of trial {written.trial}, {features}")
    console.print(
        f"read it with core.load_encoder({written.file!r}); it takes images (N, 3, H, W), uint8 or float in [0, 1]"
    )
    if written.library_call:
        takes = f"views normalised by {written.mean} and {written.deviation}" if written.mean else "the same views"
        console.print(f"or, for {takes}, with\n    {written.library_call}", highlight=False, soft_wrap=True)


def print_status(plan: "CollectionPlan", storage: AnyPath, as_json: bool) -> None:
    """How far each study has come, why trials failed, what is best so far, and what was drawn."""
    if as_json:
        from ablations.cli.json_documents.status import status_document

        print_document(status_document(plan, storage))
        return
    from ablations.cli.json_documents.verdicts import together_entries
    from ablations.cli.tables import collection_table, heading
    from ablations.store.drawn import drawn_page

    console.print(heading(plan))
    if plan.scaled.is_one_study:
        _print_study_status(plan.plans[0], storage)
    else:
        console.print(collection_table(plan))
        if verdicts := together_entries(plan.scaled, storage):
            console.print(_claims_line((one.verdict, one.calibration) for one in verdicts))
    if page := drawn_page(storage, plan.scaled.name, plan.scaled.label):
        console.print(f"page    {page}")


def print_beginning(plan: "CollectionPlan", to: Console) -> None:
    """The heading of a run, and what a reviewer would ask."""
    from ablations.cli.tables import collection_table, heading

    to.print(heading(plan))
    if not plan.scaled.is_one_study:
        to.print(collection_table(plan))
    print_warnings(plan)


def print_warnings(plan: "CollectionPlan") -> None:
    """Each warning once, with the names of its studies in a collection, or their number if they are many."""
    from ablations.planning.review.lint import warnings

    notes: dict[str, list[str]] = {}
    for one in plan.plans:
        for warning in warnings(one):
            notes.setdefault(warning, []).append(one.scaled.study.name)
    for warning, names in notes.items():
        told = f"{len(names)} studies" if len(names) > FEW_NAMES else ", ".join(names)
        about = "" if plan.scaled.is_one_study else f"{told}: "
        errors.print(f"note: {about}{warning}", style="yellow")


def print_outcomes(plan: "CollectionPlan", outcomes: "Outcomes", to: Console) -> None:
    """How a run ended: verdicts and files of a study, or a line for each study of a collection."""
    for name, outcome in outcomes.by_study.items():
        if plan.scaled.is_one_study:
            _print_outcome(outcome, to)
        else:
            held = f"; {_counts_of(outcomes.together, name)}" if outcomes.together and outcome.drawn else ""
            to.print(f"{name}: {outcome}{held}")
    _print_together(outcomes.together, to)


def print_drawn(drawn: "DrawnStudies", is_one_study: bool) -> None:
    """The files of a report, or a line for each study of a collection."""
    for name, one in drawn.by_study.items():
        if is_one_study:
            _print_files(console, one)
        else:
            console.print(f"{name}: {_counts_of(drawn.together, name)}; {one.page}")
    _print_together(drawn.together, console)


def print_trouble(outcomes: "Outcomes", storage: AnyPath) -> None:
    """Print what went wrong in a run that prints nothing else, each trial once."""
    from ablations.store.trial_store import TrialStore

    store = TrialStore(storage)
    states = {key: state for one in outcomes.by_study.values() for key, state in one.states.items()}
    for trial_id, state in states.items():
        if state == "failed" and (result := store.result(trial_id)):
            errors.print(f"{trial_id}: failed: {result.error}")
        elif state in ("waiting", "running"):
            errors.print(f"{trial_id}: did not end; run it again")
    studies = outcomes.by_study.items()
    if any(one.drawn is None and not one.unlogged for name, one in studies if name not in outcomes.unable):
        errors.print("MLflow does not answer, so nothing was drawn; running it again logs and draws")


def _print_study_status(plan: "Plan", storage: AnyPath) -> None:
    from ablations.cli.json_documents.verdicts import verdict_entries
    from ablations.cli.tables import states_lines
    from ablations.planning.best import best_of
    from ablations.store.drawn import drawn_verdicts

    for line, style in states_lines(plan, storage):
        console.print(line, style=style)
    if best := best_of(plan):
        console.print(f"best    {best}")
    if plan.looks:
        console.print(f"looks   after {listed(plan.looks)} seeds")
    for one in verdict_entries(drawn_verdicts(storage, plan.scaled.study.name, plan.scaled.label)):
        console.print(f"{one.verdict:{WORD}}  {one.says} ({one.reason})")


def _print_outcome(outcome: "Outcome", to: Console) -> None:
    to.print(str(outcome))
    if outcome.drawn:
        for verdict in outcome.drawn.verdicts:
            to.print(f"{verdict.word:{WORD}}  {verdict.claim.says} ({verdict.reason})")
        _print_files(to, outcome.drawn)
        to.print(f"MLflow  {again('ui')}")


def _print_files(to: Console, drawn: "DrawnReport") -> None:
    files: list[tuple[str, Path]] = [("figure ", drawn.figure), *(("picture", one) for one in drawn.pictures)]
    to.print("\n".join(f"{name} {path}" for name, path in [*files, ("page   ", drawn.page)]))


def _print_together(together: "DrawnTogether | None", to: Console) -> None:
    """The verdicts and the page of a collection."""
    if together:
        if verdicts := [(one.word, one.calibration) for ones in together.verdicts.values() for one in ones]:
            to.print(_claims_line(verdicts))
        to.print(f"page    {together.page}")


def _claims_line(verdicts: Iterable[tuple[str, bool]]) -> str:
    return f"claims  {_verdict_counts(verdicts)}; judged together, so that a study's own page may differ"


def _counts_of(together: "DrawnTogether | None", study: str) -> str:
    """The verdicts on a study's claims, as they are judged on the page of its collection."""
    return _verdict_counts((one.word, one.calibration) for one in together.verdicts[study]) if together else ""


def _verdict_counts(verdicts: Iterable[tuple[str, bool]]) -> str:
    """See ``counts_text``; its module is slow to import."""
    from reports.statistics.ruling import counts_text

    return counts_text(verdicts)
