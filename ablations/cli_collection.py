"""The commands on a study, for a collection of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ablations.cli_base import console, errors, open_store
from ablations.errors import StudyError
from core.remote import AnyPath

if TYPE_CHECKING:
    from ablations.collection.load import ScaledCollection
    from ablations.collection.plan import CollectionPlan
    from ablations.collection.run import CollectionOutcome
    from reports.claims import Verdict


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


def refuse(path: Path, options: Mapping[str, bool]) -> None:
    """Raises ``StudyError`` for an option that only a single study has."""
    for option, given in options.items():
        if given:
            raise StudyError(
                f"{option}: {path.stem} is a collection of studies, and {option} is of one; name one of them"
            )


def show_plan(plan: "CollectionPlan", storage: AnyPath, price: float | None = None, probed: bool = False) -> None:
    """What would run, and what it costs."""
    if probed:
        from ablations.probe import probe

        for group in plan.groups:
            probe(group, storage, console)
    show_status(plan)
    from ablations.collection.tables import cost_text

    console.print(cost_text(plan, storage, price), highlight=False)
    _print_warnings(plan)


def show_status(plan: "CollectionPlan") -> None:
    """How far each study has come."""
    from ablations.collection.tables import collection_heading, collection_table

    console.print(collection_heading(plan), highlight=False)
    console.print(collection_table(plan))


def run(
    plan: "CollectionPlan", storage: AnyPath, data_dir: AnyPath, address: str, inline: bool, most_seeds: int | None
) -> bool:
    """Run what is left of all studies; whether all of it is done."""
    from ablations.collection.run import run_collection
    from ablations.run import Where

    show_plan(plan, storage)
    outcome = run_collection(plan, Where(storage, data_dir, address, inline), console, most_seeds)
    _print_outcome(outcome)
    return outcome.complete


def report(scaled: "ScaledCollection", storage: AnyPath) -> None:
    """Draw what MLflow has of each study, and the page of all."""
    from ablations.collection.report import report_collection

    drawn, page = report_collection(scaled, storage)
    for name, one in drawn.items():
        console.print(f"{name}: {_held(one.verdicts)}; {one.page}", highlight=False)
    console.print(f"page    {page}", highlight=False)


def _print_outcome(outcome: "CollectionOutcome") -> None:
    for name, one in outcome.outcomes.items():
        held = f"; {_held(one.drawn.verdicts)}" if one.drawn else ""
        console.print(f"{name}: {one}{held}", highlight=False)
    for name, problem in outcome.unable.items():
        errors.print(f"{name}: not run: {problem}", style="red", highlight=False)
    if outcome.page:
        console.print(f"page    {outcome.page}", highlight=False)


def _held(verdicts: "Sequence[Verdict]") -> str:
    counts = {word: sum(verdict.word == word for verdict in verdicts) for word in ("SUPPORTED", "REFUTED", "UNDECIDED")}
    return ", ".join(f"{count} {word.lower()}" for word, count in counts.items() if count) or "no claims"


def _print_warnings(plan: "CollectionPlan") -> None:
    from ablations.lint import warnings

    notes: dict[str, list[str]] = {}
    for one in plan.plans:
        for warning in warnings(one):
            notes.setdefault(warning, []).append(one.scaled.study.name)
    for warning, names in notes.items():
        errors.print(f"note: {', '.join(names)}: {warning}", style="yellow", highlight=False)
