"""All studies: what they reproduce, how far they have come, what is left of them."""

from pathlib import Path

from ablations.cli.json_documents.counts import Counts, counts
from ablations.cli.json_documents.studies import ListDocument, StudyEntry
from ablations.planning.cost.estimate import Estimate, estimate
from ablations.planning.own_images.fingerprints import Folders
from ablations.planning.plan import known_trials, plan_trials
from ablations.store.speeds import Speed, load_speeds
from ablations.store.trial_store import TrialStore
from ablations.study.library import all_collections, all_studies
from ablations.study.load import load_study
from ablations.study.own_code.uses import NO_CODE
from ablations.study.scales import DEFAULT_SCALE
from ablations.study.study import Study
from ablations.types.errors import StudyError
from core.remote import AnyPath


def overview(scale: str | None, storage: AnyPath, data_dir: AnyPath) -> ListDocument:
    """The shipped studies and those in ``./studies``. One that cannot be run has a ``problem``, and hides no other."""
    store, speeds = TrialStore(storage), load_speeds(storage)
    folders = Folders(data_dir, storage)
    entries = [_entry(path, scale, store, data_dir, folders, speeds) for path in all_studies().values()]
    return ListDocument(scale=scale or DEFAULT_SCALE, studies=entries, collections=list(all_collections()))


def _entry(
    path: Path, scale: str | None, store: TrialStore, data_dir: AnyPath, folders: Folders, speeds: list[Speed]
) -> StudyEntry:
    try:
        scaled = load_study(str(path), scale, code=NO_CODE)
        trials = known_trials(scaled, store, folders)
    except StudyError as error:
        return _study_entry(path, Study.model_construct(name=path.stem), None, problem=error)
    try:
        plan = plan_trials(scaled, trials, store, data_dir)
    except StudyError as error:
        return _study_entry(path, scaled.study, counts(trials, store.results(trials)), problem=error)
    return _study_entry(path, scaled.study, counts(trials, plan.results), estimate(plan, speeds))


def _study_entry(
    path: Path,
    study: Study,
    counted: Counts | None,
    left: Estimate | None = None,
    problem: StudyError | None = None,
) -> StudyEntry:
    return StudyEntry(
        name=study.name,
        path=str(path),
        title=study.title,
        reproduces=study.reproduces,
        counts=counted,
        seconds_left=left.seconds if left else None,
        least_seconds_left=left.least if left else None,
        flops_left=left.flops if left else None,
        problem=str(problem).splitlines()[0] if problem else None,
    )
