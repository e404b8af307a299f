"""Reports of one or several studies, and the page that shows all studies of a collection."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ablations.planning.looks import known_looks
from ablations.planning.own_images.fingerprints import last_run
from ablations.planning.plan import known_trials
from ablations.store.drawn import save_judged_together
from ablations.store.locations import DEFAULT_DATA, reports_folder
from ablations.store.trial_store import TrialStore
from ablations.study.collection import ScaledCollection
from ablations.study.scaled_study import ScaledStudy
from ablations.tracking.connection.client import tracking_uri
from ablations.tracking.connection.unreachable import trouble
from ablations.tracking.content.collection import LEFT_OUT, NOT_RUN, CollectionFindings, StudyFindings
from ablations.tracking.content.description import describe
from ablations.tracking.content.summary import summary
from ablations.tracking.report import DrawnReport, draw_report
from ablations.tracking.save_reports import save_collection, save_study
from ablations.types.console import counting
from ablations.types.errors import AblateError, NotRecordedError
from core.remote import AnyPath
from reports.statistics.record import verdict_values
from reports.statistics.verdicts import Verdict

if TYPE_CHECKING:
    from reports.pages.collection_page import Entry


@dataclass(frozen=True)
class DrawnTogether:
    """The page of a collection."""

    page: Path
    verdicts: dict[str, list[Verdict]]
    """Verdicts by the name of the study, all claims judged together. A study's own page has fewer claims, so that a
    verdict may differ there."""


@dataclass(frozen=True)
class DrawnStudies:
    """The reports that were drawn of one or several studies."""

    by_study: dict[str, DrawnReport]
    """Reports by the name of the study."""
    problems: dict[str, str]
    """Reasons why other studies could not be drawn, by name."""
    together: DrawnTogether | None = None
    """The page of a collection; None for a single study."""

    @property
    def page(self) -> Path | None:
        """The path of the collection's page."""
        return self.together.page if self.together else None


def draw_studies(
    scaled: ScaledCollection, storage: AnyPath, console: Console, data_dir: AnyPath = DEFAULT_DATA
) -> DrawnStudies:
    """Draw what MLflow has of each study as it is now, and for a collection the page of all. MLflow gets both.

    Raises ``AblateError`` if MLflow does not answer, if it has none of the studies, and for a single study also if its
    figure cannot be drawn.
    """
    drawn: dict[str, DrawnReport] = {}
    problems: dict[str, str] = {}
    with counting(console, "drawing", len(scaled.studies)) as begin:
        for study in scaled.studies:
            name = study.study.name
            begin(name)
            try:
                trials = known_trials(study, TrialStore(storage), last_run(storage, study))
                now = describe(study, trials, known_looks(study, trials, storage))
                drawn[name] = draw_report(name, study.label, storage, description=now, data_dir=data_dir)
                for note in drawn[name].notes:
                    console.print(note, style="yellow")
                save = partial(save_study, name, drawn[name], now, storage)
                _save(save, "this report", console)
            except NotRecordedError as error:
                problems[name] = str(error) if scaled.is_one_study else NOT_RUN
            except AblateError:
                raise
            except Exception as error:  # a figure that cannot be drawn must not cost the others
                problems[name] = cannot_be_drawn(error)
    if not drawn:
        raise NotRecordedError("\n".join(f"{name}: {problem}" for name, problem in problems.items()))
    if scaled.is_one_study:
        return DrawnStudies(drawn, problems)
    return DrawnStudies(drawn, problems, draw_collection(scaled, drawn, problems, storage, console))


def cannot_be_drawn(error: Exception) -> str:
    """A sentence for an error that a figure or a page has raised."""
    return f"It cannot be drawn: {type(error).__name__}: {error}"


def draw_collection(
    scaled: ScaledCollection,
    drawn: Mapping[str, DrawnReport],
    problems: Mapping[str, str],
    storage: AnyPath,
    console: Console,
) -> DrawnTogether:
    """Write ``reports_folder(storage)/<collection>/<label>/report.html``, to MLflow as well.

    ``problems`` are the reasons why studies were not run, or not to their end, by name.
    """
    from reports.pages.collection_page import (  # here, since figures come with it
        Entry,
        judged_together,
        write_collection,
    )

    path = reports_folder(storage) / scaled.name / scaled.label / "report.html"
    there = [_entry(study, drawn.get(study.study.name), problems.get(study.study.name, "")) for study in scaled.studies]
    entries = judged_together(
        [*there, *(Entry(name, name, problem=LEFT_OUT, left_out=True) for name in scaled.left_out)]
    )
    title = scaled.title or scaled.name
    write_collection(path, title, scaled.name, scaled.scale, entries)
    verdicts = {entry.name: entry.verdicts for entry in entries if entry.report}
    save_judged_together(path.parent, {name: list(map(verdict_values, ones)) for name, ones in verdicts.items()})
    studies = [_findings(entry, drawn.get(entry.name)) for entry in entries]
    found = CollectionFindings(scaled.name, title, scaled.scale, scaled.label, scaled.command, studies)
    _save(partial(save_collection, scaled, found, path.parent, storage), "the page of all", console)
    return DrawnTogether(path, verdicts)


def _save(save: Callable[[], None], what: str, console: Console) -> None:
    """Write what was drawn to MLflow. It is told if that cannot be, and costs nothing that was drawn."""
    try:
        save()
    except Exception as error:  # its database and its artifact storage have exceptions of their own
        told = f"{trouble(tracking_uri(), error).text}. It does not have {what}; 'ablate report' writes it there."
        console.print(told, style="yellow", highlight=False, soft_wrap=True)


def _findings(entry: "Entry", drawn: DrawnReport | None) -> StudyFindings:
    if drawn is None:
        return StudyFindings(entry.name, entry.title, problem=entry.problem)
    best = summary(drawn.report).best
    ids = drawn.experiment_id, drawn.run_id
    return StudyFindings(entry.name, entry.title, entry.verdicts, best, entry.problem, *ids)


def _entry(scaled: ScaledStudy, drawn: DrawnReport | None, problem: str) -> "Entry":
    from reports.pages.collection_page import Entry

    study = scaled.study
    entry = Entry(study.name, study.title or study.name, study.reproduces, problem=problem)
    if drawn is None:
        return replace(entry, problem=problem or NOT_RUN)
    page = f"../../{study.name}/{scaled.label}/{drawn.page.name}"
    return replace(entry, report=drawn.report, verdicts=drawn.verdicts, figure=drawn.figure, page=page)
