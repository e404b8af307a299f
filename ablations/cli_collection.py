"""The commands on a study, for a collection of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ablations.cli_base import SILENT, console, errors, open_store, print_document, print_trouble
from core.remote import AnyPath

if TYPE_CHECKING:
    from ablations.collection.load import ScaledCollection
    from ablations.collection.plan import CollectionPlan
    from ablations.collection.run import CollectionOutcome
    from ablations.run import Where
    from reports.statistics.verdicts import Verdict


@dataclass(frozen=True)
class Asked:
    """A collection as the command line asks for it."""

    path: Path
    scale: str | None
    assignments: Sequence[str]
    seeds: int | None = None

    def load(self) -> "ScaledCollection":
        from ablations.collection.load import load_collection

        return load_collection(self.path, self.scale, self.assignments, self.seeds)

    def plan(self, storage: AnyPath, data_dir: AnyPath, retry: str | None = None) -> "CollectionPlan":
        from ablations.collection.plan import plan_collection

        return plan_collection(self.load(), open_store(storage), data_dir, retry)


def probe_groups(plan: "CollectionPlan", storage: AnyPath, as_json: bool) -> None:
    """Time what was never measured here."""
    from ablations.probe import probe

    for group in plan.groups:
        probe(group, storage, errors if as_json else console)


def show_plan(plan: "CollectionPlan", storage: AnyPath, price: float | None = None, as_json: bool = False) -> None:
    """What would run, and what it costs."""
    if as_json:
        from ablations.collection.machine import collection_plan_document

        print_document(collection_plan_document(plan, storage, price))
    else:
        _tell_plan(plan, storage, console, price)


def show_status(plan: "CollectionPlan", storage: AnyPath, as_json: bool) -> None:
    """How far each study has come."""
    if as_json:
        from ablations.collection.machine import collection_status_document

        print_document(collection_status_document(plan, storage))
    else:
        _tell_status(plan, console)


def run(plan: "CollectionPlan", where: "Where", most_seeds: int | None, quiet: bool, as_json: bool) -> bool:
    """Run what is left of all studies; whether all of it is done."""
    from ablations.collection.machine import collection_run_document
    from ablations.collection.run import run_collection

    told_to = SILENT if quiet else errors if as_json else console
    if not quiet:
        _tell_plan(plan, where.storage, told_to)
    outcome = run_collection(plan, where, told_to, most_seeds)
    if as_json:
        print_document(collection_run_document(plan.scaled, outcome))
    else:
        _tell_outcome(outcome, told_to)
    for name, problem in outcome.unable.items():
        errors.print(f"{name}: not run: {problem}", style="red", highlight=False)
    if quiet:
        print_trouble(outcome.outcomes.values(), where.storage)
    return outcome.complete


def report(scaled: "ScaledCollection", storage: AnyPath, as_json: bool) -> None:
    """Draw what MLflow has of each study, and the page of all."""
    from ablations.collection.machine import collection_report_document
    from ablations.collection.report import report_collection

    drawn = report_collection(scaled, storage, errors)
    if as_json:
        print_document(collection_report_document(scaled, drawn))
        return
    for name, one in drawn.studies.items():
        console.print(f"{name}: {_held(one.verdicts)}; {one.page}", highlight=False)
    console.print(f"page    {drawn.page}", highlight=False)


def _tell_plan(plan: "CollectionPlan", storage: AnyPath, told_to: Console, price: float | None = None) -> None:
    from ablations.collection.tables import cost_text

    _tell_status(plan, told_to)
    told_to.print(cost_text(plan, storage, price), highlight=False)
    _print_warnings(plan)


def _tell_status(plan: "CollectionPlan", told_to: Console) -> None:
    from ablations.collection.tables import collection_heading, collection_table

    told_to.print(collection_heading(plan), highlight=False)
    told_to.print(collection_table(plan))


def _tell_outcome(outcome: "CollectionOutcome", told_to: Console) -> None:
    for name, one in outcome.outcomes.items():
        held = f"; {_held(one.drawn.verdicts)}" if one.drawn else ""
        told_to.print(f"{name}: {one}{held}", highlight=False)
    if outcome.page:
        told_to.print(f"page    {outcome.page}", highlight=False)


def _held(verdicts: "Sequence[Verdict]") -> str:
    from reports.statistics.ruling import WORDS

    counts = {word: sum(verdict.word == word for verdict in verdicts) for word in WORDS}
    return ", ".join(f"{count} {word.lower()}" for word, count in counts.items() if count) or "no claims"


def _print_warnings(plan: "CollectionPlan") -> None:
    from ablations.lint import warnings

    notes: dict[str, list[str]] = {}
    for one in plan.plans:
        for warning in warnings(one):
            notes.setdefault(warning, []).append(one.scaled.study.name)
    for warning, names in notes.items():
        errors.print(f"note: {', '.join(names)}: {warning}", style="yellow", highlight=False)
