"""The page of several studies, from what was drawn of each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from ablations.collection.load import ScaledCollection
from ablations.errors import AblateError, NotRecordedError
from ablations.load import ScaledStudy
from ablations.no_answer import no_answer
from ablations.places import reports_folder
from ablations.report import DrawnReport, draw_report
from ablations.tracking import save_collection, tracking_uri
from core.remote import AnyPath
from reports.pages.collection_page import Entry, write_collection

NOT_RUN = "Not run yet at this scale, or not yet in MLflow."


@dataclass(frozen=True)
class DrawnCollection:
    """What was drawn of a collection."""

    studies: dict[str, DrawnReport]
    """By their names."""
    problems: dict[str, str]
    """Why others could not be drawn."""
    page: Path


def report_collection(scaled: ScaledCollection, storage: AnyPath, console: Console) -> DrawnCollection:
    """Draw what MLflow has of each study, and the page of all, which MLflow gets too. Raises ``AblateError`` where
    MLflow does not answer, or has none of them."""
    drawn: dict[str, DrawnReport] = {}
    problems: dict[str, str] = {}
    for study in scaled.studies:
        name = study.study.name
        try:
            drawn[name] = draw_report(name, study.label, storage)
        except NotRecordedError:
            problems[name] = NOT_RUN
        except AblateError:
            raise
        except Exception as error:  # one figure that cannot be drawn must not cost the others
            problems[name] = cannot_be_drawn(error)
    if not drawn:
        raise NotRecordedError("\n".join(f"{name}: {problem}" for name, problem in problems.items()))
    return DrawnCollection(drawn, problems, draw_collection(scaled, drawn, problems, storage, console))


def cannot_be_drawn(error: Exception) -> str:
    return f"It cannot be drawn: {type(error).__name__}: {error}"


def draw_collection(
    scaled: ScaledCollection,
    drawn: Mapping[str, DrawnReport],
    problems: Mapping[str, str],
    storage: AnyPath,
    console: Console,
) -> Path:
    """``reports_folder(storage)/<collection>/<label>/report.html``, which MLflow gets too. ``problems`` says by the
    name of a study why it was not run, or not to its end."""
    path = reports_folder(storage) / scaled.collection.name / scaled.label / "report.html"
    entries = [
        _entry(study, drawn.get(study.study.name), problems.get(study.study.name, "")) for study in scaled.studies
    ]
    name = scaled.collection.name
    title = scaled.collection.title or name
    write_collection(path, title, name, scaled.scale, entries)
    try:
        save_collection(name, scaled.label, title, path.parent, storage)
    except Exception as error:  # whatever its database and its artifact storage raise
        told = f"{no_answer(tracking_uri(), error)}. The page of all is not there; 'ablate report' puts it there."
        console.print(told, style="yellow", highlight=False, soft_wrap=True)
    return path


def _entry(scaled: ScaledStudy, drawn: DrawnReport | None, problem: str) -> Entry:
    study = scaled.study
    entry = Entry(study.name, study.title or study.name, study.reproduces, problem=problem)
    if drawn is None:
        return replace(entry, problem=problem or NOT_RUN)
    page = f"../../{study.name}/{scaled.label}/{drawn.page.name}"
    return replace(entry, report=drawn.report, verdicts=drawn.verdicts, figure=drawn.figure, page=page)
