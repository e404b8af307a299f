"""The page of several studies, from what was drawn of each."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ablations.collection.load import ScaledCollection
from ablations.errors import AblateError, NotRecordedError
from ablations.load import ScaledStudy
from ablations.places import reports_folder
from ablations.report import DrawnReport, draw_report
from core.remote import AnyPath
from reports.collection_page import Entry, write_collection

NOT_RUN = "Not run yet at this scale, or not yet in MLflow."


def report_collection(scaled: ScaledCollection, storage: AnyPath) -> tuple[dict[str, DrawnReport], Path]:
    """Draw what MLflow has of each study, and the page of all. Raises ``AblateError`` where MLflow does not answer, or
    has none of them."""
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
    return drawn, draw_collection(scaled, drawn, problems, storage)


def cannot_be_drawn(error: Exception) -> str:
    return f"It cannot be drawn: {type(error).__name__}: {error}"


def draw_collection(
    scaled: ScaledCollection, drawn: Mapping[str, DrawnReport], problems: Mapping[str, str], storage: AnyPath
) -> Path:
    """``reports_folder(storage)/<collection>/<label>/report.html``. ``problems`` says by the name of a study why it was
    not run, or not to its end."""
    path = reports_folder(storage) / scaled.collection.name / scaled.label / "report.html"
    entries = [
        _entry(study, drawn.get(study.study.name), problems.get(study.study.name, "")) for study in scaled.studies
    ]
    title = scaled.collection.title or scaled.collection.name
    return write_collection(path, title, scaled.collection.name, scaled.scale, entries)


def _entry(scaled: ScaledStudy, drawn: DrawnReport | None, problem: str) -> Entry:
    study = scaled.study
    entry = Entry(study.name, study.title or study.name, study.reproduces, problem=problem)
    if drawn is None:
        return replace(entry, problem=problem or NOT_RUN)
    page = f"../../{study.name}/{scaled.label}/{drawn.page.name}"
    return replace(entry, report=drawn.report, verdicts=drawn.verdicts, figure=drawn.figure, page=page)
