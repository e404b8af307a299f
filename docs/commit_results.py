"""Copies the finished studies of a storage into results/<name>-<scale>/, and draws them there.

    python docs/commit_results.py paper --scale laptop --seeds 3 --set data.name=cifar10-images --storage runs

The options are those that the studies were run with. Neither the storage nor MLflow is written to, so that it can be
done while a run goes on: a study that is not finished is named with what is left, and comes with a later call. The
copies have no image and no weight (``reports.saved``). ``results/<name>-<scale>/notes.md`` is for a person to write.
"""

from pathlib import Path
from shutil import rmtree
from typing import Annotated

import typer
from redraw_results import RESULTS, redraw_folder

from ablations.cli.options import DataOption, ScaleOption, SeedsOption, SetOption, StorageOption
from ablations.planning.collection_plan import CollectionPlan, plan_studies, together
from ablations.planning.cost.estimate import estimate
from ablations.planning.looks import known_looks
from ablations.planning.plan import Plan
from ablations.store.locations import DEFAULT_DATA, DEFAULT_STORAGE
from ablations.store.speeds import load_speeds
from ablations.store.trial_store import TrialStore
from ablations.study.collection import load_studies
from ablations.study.load import load_study
from ablations.study.scaled_study import ScaledStudy
from ablations.tracking.content.description import describe
from ablations.tracking.report import recorded_report
from core.remote import AnyPath
from reports.cells.summary import STATES
from reports.saved.claims import PaperEffects, paper_effects
from reports.saved.collection import SavedCollection, SavedStudy
from reports.saved.study import save_report

PAPER_SCALE = "imagenet"
NO_PROVENANCE = ("compute", "host", "stopped early")
"""Facts that are told elsewhere, or are of one study only."""
NO_DATA = "its data is not here"
HOUR = 3600.0
HardwareOption = Annotated[str, typer.Option("--hardware", help="What it was computed on, in words.")]


def main(
    reference: Annotated[str, typer.Argument(metavar="STUDY")],
    scale: ScaleOption = None,
    assignments: SetOption = None,
    seeds: SeedsOption = None,
    data_dir: DataOption = DEFAULT_DATA,
    storage: StorageOption = DEFAULT_STORAGE,
    hardware: HardwareOption = "",
) -> None:
    """Copy the finished studies of a storage into docs/results, and draw them."""
    scaled = load_studies(reference, scale, assignments or (), seeds)
    plan = plan_studies(scaled, TrialStore(storage), data_dir)
    folder = RESULTS / f"{scaled.name}-{scaled.scale}"
    facts: dict[str, dict[str, None]] = {"hardware": {hardware: None}} if hardware else {}
    folder.mkdir(parents=True, exist_ok=True)
    plans = {one.scaled.study.name: one for one in plan.plans}
    studies = [_study(one, plans.get(one.study.name)) for one in scaled.studies]
    for study in studies:
        target = folder / study.name
        if study.is_whole:
            for name, value in _save(plans[study.name], storage, target).items():
                facts.setdefault(name, {})[value] = None
        elif target.exists():
            rmtree(target)
    results = {trial_id: result for one in plan.plans for trial_id, result in one.results.items()}
    SavedCollection(
        name=scaled.name,
        title=scaled.title or scaled.name,
        scale=scaled.scale,
        scale_description=scaled.studies[0].scale_description,
        command=scaled.command,
        facts={name: "; ".join(values) for name, values in facts.items()},
        hours=sum(result.seconds for result in results.values()) / HOUR,
        hours_left=_hours_left(plan, storage),
        studies=studies,
    ).write(folder)
    redraw_folder(folder)


def _study(scaled: ScaledStudy, plan: Plan | None) -> SavedStudy:
    """How far a study is; without a plan it cannot be run here."""
    study, states = scaled.study, dict.fromkeys(STATES, 0)
    trials, results = (plan.trials, plan.results) if plan else ([], {})
    for trial in trials:
        states[results[trial.id].state if trial.id in results else "waiting"] += 1
    return SavedStudy(
        name=study.name,
        title=study.title or study.name,
        reproduces=study.reproduces,
        states=states,
        hours=sum(results[trial.id].seconds for trial in trials if trial.id in results) / HOUR,
        problem="" if plan else NO_DATA,
        paper_effects=_paper_effects(scaled),
    )


def _paper_effects(scaled: ScaledStudy) -> list[PaperEffects]:
    """The paper's effects of the study's claims, as they are at the paper's own scale."""
    paper = load_study(str(scaled.source.name), PAPER_SCALE)
    return paper_effects(paper.claims, paper.axis_names, paper.report.metric, paper.study.reproduces)


def _save(plan: Plan, storage: AnyPath, target: Path) -> dict[str, str]:
    """Write the values of a study; return its provenance."""
    description = describe(plan.scaled, plan.trials, known_looks(plan.scaled, plan.trials, storage))
    report = recorded_report(plan.scaled.study.name, plan.scaled.label, storage, description)
    save_report(report, target)
    return {name: value for name, value in report.facts.items() if name not in NO_PROVENANCE}


def _hours_left(plan: CollectionPlan, storage: AnyPath) -> float | None:
    speeds = load_speeds(storage)
    seconds = [estimate(group, speeds).seconds for group in together(plan.plans, plan.scaled.name)]
    known = [one for one in seconds if one is not None]
    return sum(known) / HOUR if len(known) == len(seconds) else None


if __name__ == "__main__":
    typer.run(main)
