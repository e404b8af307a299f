"""Turns plans, trials, outcomes and reports into the JSON documents of ``--json``."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ablations.cli.json_documents.collection_documents import (
    CollectionPlanDocument,
    CollectionReportDocument,
    CollectionRunDocument,
    CollectionStatusDocument,
    VerdictCounts,
)
from ablations.cli.json_documents.documents import (
    BestEntry,
    Cost,
    Counts,
    DiffDocument,
    Difference,
    ExportDocument,
    PlanDocument,
    PlannedTrial,
    ReportDocument,
    RunDocument,
    SettingEntry,
    ShowDocument,
    StatusDocument,
    TrialEntry,
    TuneEntry,
    VerdictEntry,
)
from ablations.cli.trial_view import config_differences, result_differences, whole_config
from ablations.planning.best import BestCell, best_of
from ablations.planning.collection_plan import CollectionPlan
from ablations.planning.configuration.find_planned import FoundTrial
from ablations.planning.configuration.resolved import ResolvedSetting, Resolver, alike
from ablations.planning.estimate import estimate, price_of
from ablations.planning.plan import Plan, begun_trainings
from ablations.planning.review.lint import warnings
from ablations.planning.search import chosen, search_cost
from ablations.store.drawn import Verdicts, drawn_page, drawn_together, drawn_verdicts
from ablations.store.speeds import load_speeds
from ablations.store.trial_store import StoredTrial, TrialStore
from ablations.study.collection import ScaledCollection
from ablations.study.scaled_study import ScaledStudy
from ablations.types.trial import Result, Trial
from core.remote import AnyPath

if TYPE_CHECKING:
    from ablations.running.outcome import Outcome, Outcomes
    from ablations.tracking.collection_report import DrawnStudies, DrawnTogether
    from ablations.tracking.report import DrawnReport
    from core import Pretrained


def plan_document(plan: CollectionPlan, storage: AnyPath, price: float | None) -> PlanDocument | CollectionPlanDocument:
    """The document of ``ablate plan``."""
    documents = [_study_plan(one, storage, price) for one in plan.plans]
    if plan.scaled.is_one_study:
        return documents[0]
    costs = [_cost(group, storage, price) for group in plan.groups]
    return CollectionPlanDocument(
        **_collection(plan.scaled, plan.unable),
        counts=_collection_counts(plan),
        cost=[one for one in costs if one],
        studies=documents,
    )


def status_document(plan: CollectionPlan, storage: AnyPath) -> StatusDocument | CollectionStatusDocument:
    """The document of ``ablate status``."""
    documents = [_study_status(one, storage) for one in plan.plans]
    if plan.scaled.is_one_study:
        return documents[0]
    return CollectionStatusDocument(
        **_collection(plan.scaled, plan.unable),
        counts=_collection_counts(plan),
        verdicts=_verdict_counts((one.verdict, one.calibration) for one in together_entries(plan.scaled, storage)),
        studies=documents,
    )


def report_document(scaled: ScaledCollection, drawn: "DrawnStudies") -> ReportDocument | CollectionReportDocument:
    """The document of ``ablate report``."""
    documents = [_report(study, drawn.by_study[study.study.name]) for study in _there(scaled, drawn.by_study)]
    if scaled.is_one_study:
        return documents[0]
    return CollectionReportDocument(
        **_collection(scaled, drawn.problems),
        page=str(drawn.page),
        verdicts=_counts_of(drawn.together),
        studies=documents,
    )


def run_document(scaled: ScaledCollection, outcomes: "Outcomes") -> RunDocument | CollectionRunDocument:
    """The document of ``ablate run``."""
    by_study = outcomes.by_study
    documents = [_study_run(study, by_study[study.study.name]) for study in _there(scaled, by_study)]
    if scaled.is_one_study:
        return documents[0]
    return CollectionRunDocument(
        **_collection(scaled, outcomes.unable),
        page=str(outcomes.page) if outcomes.page else None,
        verdicts=_counts_of(outcomes.together),
        studies=documents,
    )


def show_document(store: TrialStore, trial: StoredTrial, planned: FoundTrial | None = None) -> ShowDocument:
    """The document of ``ablate show``; ``planned`` is the trial as its study plans it, if that is known."""
    result = trial.result
    return ShowDocument(
        id=trial.id,
        encoder=trial.pretrain_id or "",
        state=result.state if result else "waiting",
        config=whole_config(trial),
        study=planned.scaled.study.name if planned else None,
        settings=setting_entries(planned.settings()) if planned else None,
        metrics=result.metrics if result else {},
        facts=result.facts if result else {},
        seconds=result.seconds if result else None,
        finished_at=result.finished_at if result else None,
        epochs=[epoch.numbers() for epoch in (store.history(trial.pretrain_id) if trial.pretrain_id else ())],
        stopped_at=result.stopped_at if result else None,
        failure=result.failure if result else None,
        error=(result.error or None) if result else None,
        traceback=(result.traceback or None) if result else None,
    )


def export_document(trial: StoredTrial, pretrained: "Pretrained", file: str, cell: str | None) -> ExportDocument:
    """The document of ``ablate export``; ``cell`` is the best one, if that was asked for."""
    from core.trained.export import library_call, moments  # here, since PyTorch comes with it

    config = pretrained.config
    mean, deviation = moments(pretrained) or (None, None)
    return ExportDocument(
        file=file,
        trial=trial.id,
        encoder=trial.pretrain_id or "",
        cell=cell,
        kind=config.encoder.kind,
        features=pretrained.encoder.width,
        image_size=config.data.image_size,
        library_call=library_call(pretrained, file),
        mean=mean,
        deviation=deviation,
    )


def diff_document(one: StoredTrial, other: StoredTrial) -> DiffDocument:
    """The document of ``ablate diff``."""
    return DiffDocument(
        one=one.id,
        other=other.id,
        config=[Difference(name=name, one=a, other=b) for name, a, b in config_differences(one, other)],
        result=[Difference(name=name, one=a, other=b) for name, a, b in result_differences(one, other)],
    )


def counts(trials: list[Trial], results: dict[str, Result]) -> Counts:
    """Numbers of trials by their state; ``results`` are keyed by trial id."""
    states = Counter(results[trial.id].state if trial.id in results else "waiting" for trial in trials)
    return Counts(
        trials=len(trials),
        trainings=len({trial.pretrain_id for trial in trials}),
        done=states["done"],
        failed=states["failed"],
        stopped=states["stopped"],
        waiting=states["waiting"],
    )


def _study_plan(plan: Plan, storage: AnyPath, price: float | None) -> PlanDocument:
    return PlanDocument(
        **_study(plan.scaled),
        counts=counts(plan.trials, plan.results),
        workers=plan.scaled.resources.workers,
        cost=_cost(plan, storage, price),
        tune=_tune(plan),
        notes=warnings(plan),
        **_planned(plan),
    )


def _planned(plan: Plan) -> dict[str, Any]:
    """The settings that all trials share, and the trials with the others."""
    resolver = Resolver(plan.scaled)
    resolved = {trial.id: resolver.settings(trial) for trial in plan.trials}
    shared = alike(resolved.values())
    paths = {setting.path for setting in shared}
    own = {key: [one for one in settings if one.path not in paths] for key, settings in resolved.items()}
    entries = [(entry, own[entry.id]) for entry in _entries(plan)]
    return {
        "settings": setting_entries(shared),
        "trials": [PlannedTrial(**dict(entry), settings=setting_entries(settings)) for entry, settings in entries],
    }


def setting_entries(settings: Iterable[ResolvedSetting]) -> list[SettingEntry]:
    """Resolved settings as parts of a document."""
    return [SettingEntry(**asdict(setting)) for setting in settings]


def _best(best: BestCell) -> BestEntry:
    return BestEntry(cell=best.name, metric=best.metric, mean=best.value, seeds=best.seeds, validation=best.validation)


def _study_status(plan: Plan, storage: AnyPath) -> StatusDocument:
    best, drawn_as = best_of(plan), (plan.scaled.study.name, plan.scaled.label)
    page = drawn_page(storage, *drawn_as)
    return StatusDocument(
        **_study(plan.scaled),
        counts=counts(plan.trials, plan.results),
        begun=begun_trainings(plan, TrialStore(storage)),
        best=_best(best) if best else None,
        looks=list(plan.looks),
        verdicts=verdict_entries(drawn_verdicts(storage, *drawn_as)),
        page=str(page) if page else None,
        trials=_entries(plan),
    )


def _report(scaled: ScaledStudy, drawn: "DrawnReport") -> ReportDocument:
    from reports.statistics.record import verdict_values  # here, since pandas comes with it

    return ReportDocument(
        study=scaled.study.name,
        label=scaled.label,
        folder=str(drawn.folder),
        page=str(drawn.page),
        figure=str(drawn.figure),
        warnings=drawn.report.warnings,
        tuned={str(cell): dict(values) for cell, values in drawn.report.chosen_texts.iterrows()},
        pictures=[str(picture) for picture in drawn.pictures],
        looks=list(drawn.report.looks),
        verdicts=verdict_entries(list(map(verdict_values, drawn.verdicts))),
    )


def _study_run(scaled: ScaledStudy, outcome: "Outcome") -> RunDocument:
    return RunDocument(
        study=scaled.study.name,
        scale=scaled.scale,
        label=scaled.label,
        done=outcome.done,
        failed=outcome.failed,
        stopped=outcome.stopped,
        left=outcome.left,
        trials=dict(outcome.states),
        report=_report(scaled, outcome.drawn) if outcome.drawn else None,
    )


def _study(scaled: ScaledStudy) -> dict[str, Any]:
    study = scaled.study
    return {
        "study": study.name,
        "title": study.title,
        "reproduces": study.reproduces,
        "scale": scaled.scale,
        "label": scaled.label,
    }


def _collection(scaled: ScaledCollection, unable: Mapping[str, str]) -> dict[str, Any]:
    return {
        "collection": scaled.name,
        "title": scaled.title,
        "scale": scaled.scale,
        "label": scaled.label,
        "unable": dict(unable),
        "left_out": list(scaled.left_out),
    }


def _there(scaled: ScaledCollection, by_study: Mapping[str, object]) -> list[ScaledStudy]:
    """The studies that have an outcome, in the collection's order."""
    return [study for study in scaled.studies if study.study.name in by_study]


def _collection_counts(plan: CollectionPlan) -> Counts:
    trials = {trial.id: trial for one in plan.plans for trial in one.trials}
    results = {trial_id: result for one in plan.plans for trial_id, result in one.results.items()}
    return counts(list(trials.values()), results)


def verdict_entries(values: Verdicts) -> list[VerdictEntry]:
    """Verdicts as parts of a document; none if they were written by another version: the next report writes them."""
    try:
        return [VerdictEntry.model_validate(one) for one in values]
    except ValidationError:
        return []


def together_entries(scaled: ScaledCollection, storage: AnyPath) -> list[VerdictEntry]:
    """The verdicts on all claims of a collection when it was last drawn, judged together."""
    drawn = drawn_together(storage, scaled.name, scaled.label)
    return [entry for verdicts in drawn.values() for entry in verdict_entries(verdicts)]


def _counts_of(together: "DrawnTogether | None") -> VerdictCounts:
    verdicts = together.verdicts.values() if together else ()
    return _verdict_counts((verdict.word, verdict.calibration) for of_study in verdicts for verdict in of_study)


def _verdict_counts(verdicts: Iterable[tuple[str, bool]]) -> VerdictCounts:
    """Counts of verdicts, each given by its word and whether it is calibration."""
    found = list(verdicts)
    words = Counter(word for word, _ in found)
    return VerdictCounts(
        supported=words["SUPPORTED"],
        refuted=words["REFUTED"],
        no_difference=words["NO DIFFERENCE"],
        undecided=words["UNDECIDED"],
        calibration=sum(calibration for _, calibration in found),
    )


def _cost(plan: Plan, storage: AnyPath, price: float | None) -> Cost | None:
    """The cost of what is left; None if nothing is."""
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
    best = set(chosen(plan.trials, plan.results))
    known = {(trial.cell, trial.seed) for trial in plan.trials if trial.id in best}
    return [
        _entry(trial, plan.results.get(trial.id), trial.id in best if (trial.cell, trial.seed) in known else None)
        for trial in plan.trials
    ]


def _tune(plan: Plan) -> TuneEntry | None:
    if plan.scaled.tune is None:
        return None
    return TuneEntry(values=plan.scaled.tune.values, **asdict(search_cost(plan.trials)))


def _entry(trial: Trial, result: Result | None, is_chosen: bool | None) -> TrialEntry:
    return TrialEntry(
        id=trial.id,
        encoder=trial.pretrain_id,
        name=trial.name,
        seed=trial.seed,
        baseline=trial.baseline,
        coordinates=trial.coordinates,
        tuned=trial.tuned,
        chosen=is_chosen,
        state=result.state if result else "waiting",
        metrics=result.metrics if result else {},
        seconds=result.seconds if result else None,
        stopped_at=result.stopped_at if result else None,
        failure=result.failure if result else None,
        error=(result.error or None) if result else None,
    )


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
