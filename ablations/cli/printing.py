"""What the commands on studies print, for people (text) and for machines (one JSON document)."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ablations.cli.invocation import again
from ablations.cli.options import console, errors, print_document
from core.remote import AnyPath

if TYPE_CHECKING:
    from ablations.planning.collection_plan import CollectionPlan
    from ablations.running.outcome import Outcome, Outcomes
    from ablations.tracking.collection_report import DrawnStudies
    from ablations.tracking.report import DrawnReport
    from reports.statistics.verdicts import Verdict


def print_plan(plan: "CollectionPlan", storage: AnyPath, price: float | None, as_json: bool) -> None:
    """What would run, what it costs, and what a reviewer would ask."""
    if as_json:
        from ablations.cli.to_documents import plan_document

        print_document(plan_document(plan, storage, price))
        return
    from ablations.cli.tables import heading, plan_table
    from ablations.planning.estimate_text import cost_text

    console.print(heading(plan), highlight=False)
    console.print(plan_table(plan))
    console.print(cost_text(plan.groups, storage, price), highlight=False)
    print_warnings(plan)


def print_status(plan: "CollectionPlan", storage: AnyPath, as_json: bool) -> None:
    """How far each study has come, and why trials failed."""
    if as_json:
        from ablations.cli.to_documents import status_document

        print_document(status_document(plan, storage))
        return
    from ablations.cli.tables import heading, status_table

    console.print(heading(plan), highlight=False)
    console.print(status_table(plan, storage))


def print_beginning(plan: "CollectionPlan", to: Console) -> None:
    """The heading of a run, and what a reviewer would ask."""
    from ablations.cli.tables import heading, plan_table

    to.print(heading(plan), highlight=False)
    if not plan.scaled.is_one_study:
        to.print(plan_table(plan))
    print_warnings(plan)


def print_warnings(plan: "CollectionPlan") -> None:
    """Each warning once, with the names of its studies in a collection."""
    from ablations.planning.review.lint import warnings

    notes: dict[str, list[str]] = {}
    for one in plan.plans:
        for warning in warnings(one):
            notes.setdefault(warning, []).append(one.scaled.study.name)
    for warning, names in notes.items():
        about = "" if plan.scaled.is_one_study else f"{', '.join(names)}: "
        errors.print(f"note: {about}{warning}", style="yellow", highlight=False)


def print_outcomes(plan: "CollectionPlan", outcomes: "Outcomes", to: Console) -> None:
    """How a run ended: verdicts and files of a study, or a line for each study of a collection."""
    for name, outcome in outcomes.by_study.items():
        if plan.scaled.is_one_study:
            _print_outcome(outcome, to)
        else:
            held = f"; {_verdict_counts(outcome.drawn.verdicts)}" if outcome.drawn else ""
            to.print(f"{name}: {outcome}{held}", highlight=False)
    if outcomes.page:
        to.print(f"page    {outcomes.page}", highlight=False)


def print_drawn(drawn: "DrawnStudies", is_one_study: bool) -> None:
    """The files of a report, or a line for each study of a collection."""
    for name, one in drawn.by_study.items():
        if is_one_study:
            _print_files(console, one)
        else:
            console.print(f"{name}: {_verdict_counts(one.verdicts)}; {one.page}", highlight=False)
    if drawn.page:
        console.print(f"page    {drawn.page}", highlight=False)


def print_trouble(outcomes: "Outcomes", storage: AnyPath) -> None:
    """What went wrong, for a run that prints nothing else; each trial once."""
    from ablations.store.trial_store import TrialStore

    store = TrialStore(storage)
    states = {key: state for one in outcomes.by_study.values() for key, state in one.states.items()}
    for trial_id, state in states.items():
        if state == "failed" and (result := store.result(trial_id)):
            errors.print(f"{trial_id}: failed: {result.error}", highlight=False)
        elif state in ("waiting", "running"):
            errors.print(f"{trial_id}: did not end; run it again", highlight=False)
    studies = outcomes.by_study.items()
    if any(one.drawn is None and not one.unlogged for name, one in studies if name not in outcomes.unable):
        errors.print("MLflow does not answer, so nothing was drawn; running it again logs and draws", highlight=False)


def _print_outcome(outcome: "Outcome", to: Console) -> None:
    to.print(str(outcome), highlight=False)
    if outcome.drawn:
        for verdict in outcome.drawn.verdicts:
            to.print(f"{verdict.word:9}  {verdict.claim.says} ({verdict.reason})", highlight=False)
        _print_files(to, outcome.drawn)
        to.print(f"MLflow  {again('ui')}", highlight=False)


def _print_files(to: Console, drawn: "DrawnReport") -> None:
    files: list[tuple[str, Path]] = [("figure ", drawn.figure), *(("picture", one) for one in drawn.pictures)]
    to.print("\n".join(f"{name} {path}" for name, path in [*files, ("page   ", drawn.page)]), highlight=False)


def _verdict_counts(verdicts: "Sequence[Verdict]") -> str:
    counts = Counter(verdict.word.lower() for verdict in verdicts)
    words = ("supported", "refuted", "undecided")
    return ", ".join(f"{counts[word]} {word}" for word in words if counts[word]) or "no claims"
