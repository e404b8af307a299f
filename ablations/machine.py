"""From plans, trials and reports to the documents of ``--json``."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from ablations.documents import (
    Cost,
    Counts,
    DiffDocument,
    Difference,
    PlanDocument,
    ReportDocument,
    RunDocument,
    ShowDocument,
    State,
    StatusDocument,
    TrialEntry,
    VerdictEntry,
)
from ablations.estimate import estimate, price_of
from ablations.folders import each
from ablations.inspection import config_differences, result_differences
from ablations.lint import warnings
from ablations.load import ScaledStudy
from ablations.plan import Plan
from ablations.speeds import load_speeds
from ablations.store import StoredTrial, TrialStore
from ablations.trial import Result, Trial
from core.remote import AnyPath

if TYPE_CHECKING:
    from ablations.report import DrawnReport
    from ablations.run import Outcome


def plan_document(plan: Plan, storage: AnyPath, price: float | None) -> PlanDocument:
    return PlanDocument(
        **_study(plan.scaled),
        counts=counts(plan.trials, plan.results),
        workers=plan.scaled.resources.workers,
        cost=cost(plan, storage, price),
        notes=warnings(plan),
        trials=_entries(plan),
    )


def status_document(plan: Plan, storage: AnyPath) -> StatusDocument:
    return StatusDocument(
        **_study(plan.scaled),
        counts=counts(plan.trials, plan.results),
        begun=begun_trainings(plan, TrialStore(storage)),
        trials=_entries(plan),
    )


def show_document(store: TrialStore, trial: StoredTrial) -> ShowDocument:
    result = trial.result
    return ShowDocument(
        id=trial.id,
        encoder=trial.pretrain_id,
        state=state_of(result),
        config=trial.config,
        metrics=result.metrics if result else {},
        facts=result.facts if result else {},
        seconds=result.seconds if result else None,
        finished_at=result.finished_at if result else None,
        epochs=[epoch.numbers() for epoch in store.history(trial.pretrain_id)],
        stopped_at=result.stopped_at if result else None,
        failure=_told(result, "failure"),
        error=_told(result, "error"),
        traceback=_told(result, "traceback"),
    )


def diff_document(one: StoredTrial, other: StoredTrial) -> DiffDocument:
    return DiffDocument(
        one=one.id,
        other=other.id,
        config=[Difference(name=name, one=a, other=b) for name, a, b in config_differences(one, other)],
        result=[Difference(name=name, one=a, other=b) for name, a, b in result_differences(one, other)],
    )


def report_document(scaled: ScaledStudy, drawn: "DrawnReport") -> ReportDocument:
    return ReportDocument(
        study=scaled.study.name,
        label=scaled.label,
        folder=str(drawn.folder),
        page=str(drawn.page),
        figure=str(drawn.figure),
        pictures=[str(picture) for picture in drawn.pictures],
        verdicts=[
            VerdictEntry(verdict=v.word, says=v.claim.says, source=v.claim.source, reason=v.reason)
            for v in drawn.verdicts
        ],
    )


def run_document(scaled: ScaledStudy, outcome: "Outcome") -> RunDocument:
    return RunDocument(
        study=scaled.study.name,
        scale=scaled.scale,
        label=scaled.label,
        done=outcome.done,
        failed=outcome.failed,
        stopped=outcome.stopped,
        left=outcome.left,
        trials=dict(outcome.states),
        report=report_document(scaled, outcome.drawn) if outcome.drawn else None,
    )


def counts(trials: list[Trial], results: dict[str, Result]) -> Counts:
    """``results`` by trial id, of those that have one."""
    states = Counter(state_of(results.get(trial.id)) for trial in trials)
    return Counts(
        trials=len(trials),
        trainings=len({trial.pretrain_id for trial in trials}),
        finished=states["finished"],
        failed=states["failed"],
        stopped=states["stopped"],
        waiting=states["waiting"],
    )


def begun_trainings(plan: Plan, store: TrialStore) -> int:
    """That go on from a checkpoint."""
    return sum(each(store.root, store.has_checkpoint, [unit.pretrain_id for unit in plan.units]))


def state_of(result: Result | None) -> State:
    return result.status if result else "waiting"


def _study(scaled: ScaledStudy) -> dict[str, Any]:
    study = scaled.study
    return {
        "study": study.name,
        "title": study.title,
        "reproduces": study.reproduces,
        "scale": scaled.scale,
        "label": scaled.label,
    }


def cost(plan: Plan, storage: AnyPath, price: float | None) -> Cost | None:
    """Of what is left; None where that is nothing."""
    if not plan.units:
        return None
    left = estimate(plan, load_speeds(storage))
    return Cost(
        images=left.images,
        flops=left.flops,
        memory_bytes=left.memory,
        too_large=left.too_large,
        hardware=left.hardware.name if left.hardware else None,
        seconds=left.seconds,
        unmeasured=left.unmeasured,
        price=price_of(left, plan.scaled.resources, price),
    )


def _entries(plan: Plan) -> list[TrialEntry]:
    return [_entry(trial, plan.results.get(trial.id)) for trial in plan.trials]


def _entry(trial: Trial, result: Result | None) -> TrialEntry:
    return TrialEntry(
        id=trial.id,
        encoder=trial.pretrain_id,
        name=trial.name,
        seed=trial.seed,
        baseline=trial.baseline,
        coordinates=trial.coordinates,
        state=state_of(result),
        metrics=result.metrics if result else {},
        seconds=result.seconds if result else None,
        stopped_at=result.stopped_at if result else None,
        failure=_told(result, "failure"),
        error=_told(result, "error"),
    )


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _told(result: Result | None, field: str) -> str | None:
    return (getattr(result, field) or None) if result else None
